"""The composition root of `audit`."""

from __future__ import annotations

from typing import Final

from contracts.topics import AUDIT
from services.audit.api import (
    SERVICE_NAME,
    departments,
    drafts,
    evaluations,
    impact_reviews,
    plan,
    positions,
    resources,
    statutory,
    surveys,
)
from services.audit.pages import evaluation as evaluation_page
from services.audit.pages import governor_pack, survey
from services.audit.pages import overview as overview_page
from services.audit.pages import plan as plan_page
from services.audit.pages.site import pages
from services.audit.store.departments import DEPARTMENT_INDEXES
from services.audit.store.evaluations import SCHOOL_INDEXES
from services.audit.store.impact_reviews import IMPACT_INDEXES
from services.audit.store.plan import PLAN_INDEXES
from services.audit.store.resources import RESOURCE_INDEXES
from services.audit.store.sheets import SHEET_INDEXES
from services.audit.store.statutory import STATUTORY_INDEXES
from services.audit.store.surveys import SURVEY_INDEXES
from services.audit.stream import LISTED_SCHOOLS, SCHOOL_RECORDS
from services.runtime.service import Service
from services.web.pages import static_files
from services.web.routing import refusals

SERVICE: Final = Service(
    SERVICE_NAME,
    routers=(
        evaluations.router,
        drafts.router,
        positions.router,
        departments.router,
        surveys.router,
        resources.router,
        plan.router,
        statutory.router,
        impact_reviews.router,
        governor_pack.router,
        governor_pack.site,
        evaluation_page.router,
        plan_page.router,
        overview_page.router,
    ),
    linked_routers=(survey.links,),
    static_files=static_files,
    show_refusal=refusals(pages),
    topic=AUDIT,
    projections=(SCHOOL_RECORDS,),
    reactions=(LISTED_SCHOOLS,),
    school_indexes={
        **SCHOOL_INDEXES,
        **SHEET_INDEXES,
        **DEPARTMENT_INDEXES,
        **SURVEY_INDEXES,
        **RESOURCE_INDEXES,
        **PLAN_INDEXES,
        **STATUTORY_INDEXES,
        **IMPACT_INDEXES,
    },
)
