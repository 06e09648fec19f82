"""Pages for people: a pupil's own record, for staff who may export it, and by a link for the pupil."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Final

from fastapi import Response

from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.model.conversation import Reader
from services.pupils.model.sheets import PupilRef
from services.pupils.pages import pages
from services.pupils.store.record_links import RECORD_LINK
from services.pupils.views.pages import View
from services.pupils.views.record_page import record_page
from services.runtime.errors import HubError
from services.runtime.linked_routes import LinkCaller, LinkedRouter
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter

RECORD_TEMPLATE: Final = "pupils/record.html"


def show_record(record: View) -> Response:
    """Make the page of a record: the same whoever looks, so it names nobody but the pupil."""
    # The latest come first, so those of one day stand together.
    days = [(day, list(found)) for day, found in groupby(record["accesses"], itemgetter("on"))]
    return pages().render(RECORD_TEMPLATE, {**record, "accesses": days})


def refusal(error: HubError) -> Response:
    """Say in plain words that a link opens nothing."""
    return pages().refusal(error)


router = SecuredRouter(SERVICE_NAME, PREFIX)
links = LinkedRouter(SERVICE_NAME, RECORD_LINK, refusal)


@router.get("/pupils/{ref}/record.html", Permission.EXPORT_RECORD)
async def get_record_page(caller: AdmittedToSchool, ref: Ref) -> Response:
    """Show a pupil's whole record as the pupil sees it."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.exported", f"pupils/{ref}/record")
    return show_record(await record_page(caller.context, caller.urn, PupilRef(ref), reader_of(caller)))


@links.get("")
async def get_own_record(caller: LinkCaller) -> Response:
    """Show a pupil's whole record to whoever holds the link, restricted or not: it is theirs to know."""
    reader = Reader(caller.actor.subject, reads_all=True, answers_for_rights=True)
    ref = PupilRef(caller.link.opens.identity)
    return show_record(await record_page(caller.context, caller.urn, ref, reader))
