"""The composition root of `employers`."""

from __future__ import annotations

from contracts.topics import EMPLOYERS
from services.employers.accounts.store import ACCOUNT_INDEXES
from services.employers.advisers import api as advisers
from services.employers.advisers import match_api as adviser_matches
from services.employers.advisers.store import INDEXES as ADVISER_INDEXES
from services.employers.api import matches, needs, offers, rounds, router
from services.employers.contacts.api import router as contacts_router
from services.employers.contacts.store import CONTACT_INDEXES
from services.employers.details.api import router as details_router
from services.employers.imports.api import router as imports_router
from services.employers.merging.api import router as merging_router
from services.employers.own import access_api
from services.employers.own import api as own
from services.employers.own.store import OWN_INDEXES
from services.employers.own_adviser import access_api as adviser_access_api
from services.employers.own_adviser import api as own_adviser
from services.employers.pages import access as access_page
from services.employers.pages import advisers as advisers_page
from services.employers.pages import directory as directory_page
from services.employers.pages import line, map_page, questions, what_if
from services.employers.pages import needs as needs_page
from services.employers.pages import own as own_page
from services.employers.pages import own_adviser as own_adviser_page
from services.employers.pages import recommending as recommending_page
from services.employers.pages import rounds as rounds_page
from services.employers.pages.site import pages
from services.employers.recommending.api import router as recommending_router
from services.employers.recommending.store import RECOMMENDATION_INDEXES
from services.employers.store.needs import NEED_INDEXES
from services.employers.store.offers import OFFER_INDEXES
from services.employers.store.rounds import ROUND_INDEXES
from services.employers.stream import COMPLETED_MATCHES, ENGAGEMENT, SIGNALS
from services.employers.vetting.api import router as vetting_router
from services.employers.vetting.store import VETTING_INDEXES
from services.runtime.service import Service
from services.web.pages import static_files
from services.web.routing import refusals

SERVICE = Service(
    "employers",
    routers=(
        *(router, details_router, contacts_router, vetting_router, merging_router, imports_router),
        *(offers.router, needs.router, rounds.router, matches.router),
        # Before `/advisers/{adviser_id}`, which would take the matches' paths for an adviser's.
        *(adviser_matches.router, recommending_router, advisers.router),
        *(access_api.router, own.router, adviser_access_api.router, own_adviser.router),
        *(rounds_page.router, line.router, questions.router, what_if.router),
        *(needs_page.router, own_page.router, advisers_page.router, map_page.router),
        *(own_adviser_page.router, recommending_page.router),
        *(directory_page.router, directory_page.duplicates, access_page.router),
    ),
    static_files=static_files,
    show_refusal=refusals(pages),
    linked_routers=(own.linked, own_page.linked),
    topic=EMPLOYERS,
    projections=(ENGAGEMENT, SIGNALS),
    reactions=(COMPLETED_MATCHES,),
    indexes={
        **OFFER_INDEXES,
        **ROUND_INDEXES,
        **CONTACT_INDEXES,
        **VETTING_INDEXES,
        **ADVISER_INDEXES,
        **ACCOUNT_INDEXES,
        **OWN_INDEXES,
        **RECOMMENDATION_INDEXES,
    },
    school_indexes={**NEED_INDEXES},
)
