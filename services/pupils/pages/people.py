"""Pupils: finding one, and what is recorded about one."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from contracts.vocabulary import AcademicYear, academic_year_of
from services.pupils.api import SERVICE_NAME
from services.pupils.api.pupils import Ref, YearGroupQuery, reader_of
from services.pupils.model.conversation import PUPIL
from services.pupils.model.facts import today_in_england
from services.pupils.model.roll import LONGEST_TUTOR_GROUP
from services.pupils.model.sheets import PupilRef
from services.pupils.pages import pages
from services.pupils.pages.forms import PREFIX, Filled
from services.pupils.pages.words import ATTENDANCE, BENCHMARKS, KINDS_OF_INTEREST, kind_label
from services.pupils.views.conversations import conversations_with
from services.pupils.views.employers import names_of_employers
from services.pupils.views.interests import interests_of
from services.pupils.views.pages import PupilsAsked, View
from services.pupils.views.pupils import pupil as pupil_view
from services.pupils.views.search import Search, pupils_found
from services.pupils.views.today import groups_on_roll
from services.runtime.permissions import Permission
from services.web.forms import form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

PAGE: Final = 50
MOST_FOUND: Final = 100
"""Who finds more of one name types more of it."""
LONGEST_NAME: Final = 100
DONE: Final = {
    "conversation": "The conversation is recorded",
    "known": "This conversation was recorded already, so nothing has changed",
    "done": "What was agreed is marked as done",
}


@router.get("/pupils", Permission.READ_PUPILS)
async def get_pupils(
    caller: SchoolVisitor,
    year_group: YearGroupQuery = None,
    tutor_group: Annotated[str | None, Query(max_length=LONGEST_TUTOR_GROUP)] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """List the pupils on roll, of a year group or a form."""
    year = academic_year_of(today_in_england(caller.context.clock()))
    asked = Search("", tutor_group, PupilsAsked(year, year_group, offset, PAGE))
    return await _show(caller, asked)


@router.post("/pupils", Permission.READ_PUPILS)
async def post_search(request: Request, caller: SchoolVisitor) -> Response:
    """Find pupils by name. It is posted, so that no name stands in an address, and so in no log."""
    form = await form_of(request)
    year = academic_year_of(today_in_england(caller.context.clock()))
    name = form.text("name")[:LONGEST_NAME]
    return await _show(caller, Search(name, None, PupilsAsked(year, None, 0, MOST_FOUND)))


@router.get("/pupils/{ref}", Permission.READ_PUPILS)
async def get_pupil(
    caller: SchoolVisitor, ref: Ref, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show a pupil's encounters, conversations with what was agreed, and interests."""
    shown = await pupil_view(caller.context, caller.urn, ref, reader_of(caller))
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.read", f"pupils/{ref}")
    employers = await names_of_employers(
        caller.context, {activity["employer_id"] for activity in shown["activities"]}
    )
    talks = await _talks(caller, PupilRef(ref))
    values: dict[str, Any] = {
        "pupil": shown,
        "now": shown["years"][-1],
        "activities": [
            {
                **activity,
                "kind": kind_label(activity["activity_type"]),
                "employer": employers.get(activity["employer_id"]),
                "attendance": ATTENDANCE[activity["status"]],
                "benchmarks": [BENCHMARKS[benchmark] for benchmark in activity["counts_for"]],
            }
            for activity in shown["activities"]
        ],
        **talks,
        "today": today_in_england(caller.context.clock()).isoformat(),
        "me": caller.actor.subject,
        "pupil_owner": PUPIL,
        "form": Filled(),
        "done": DONE.get(done),
        "may_talk": Permission.RECORD_CONVERSATION in caller.granted and shown["restriction"] is None,
        "may_record": Permission.RECORD_ACTIVITY in caller.granted and shown["restriction"] is None,
        "may_export": Permission.EXPORT_RECORD in caller.granted,
    }
    return pages().page(caller.visit, "pupils/pupil.html", values)


async def _talks(caller: SchoolVisitor, ref: PupilRef) -> View:
    """Show conversations and interests to whoever may read them."""
    if Permission.READ_CONVERSATIONS not in caller.granted:
        return {"conversations": None, "withheld": 0, "interests": []}
    reader = reader_of(caller)
    talks = await conversations_with(caller.context, caller.urn, ref, reader)
    said = await interests_of(caller.context, caller.urn, ref, reader)
    for action, part in (("conversations.listed", "conversations"), ("interests.listed", "interests")):
        await caller.context.read_logged(caller.actor, caller.urn, action, f"pupils/{ref}/{part}")
    return {
        "conversations": talks["conversations"],
        "withheld": talks["withheld"],
        "interests": [{**one, "kind": KINDS_OF_INTEREST[one["kind"]]} for one in said["interests"]],
    }


async def _show(caller: SchoolVisitor, asked: Search) -> Response:
    year: AcademicYear = asked.pupils.year
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", f"roll/{year}/pupils")
    groups = await groups_on_roll(caller.context, caller.urn, year)
    values: dict[str, Any] = {
        "academic_year": year,
        "groups": groups,
        "found": await pupils_found(caller.context, caller.urn, asked),
        "name": asked.name,
        "year_group": asked.pupils.year_group,
        "tutor_group": asked.tutor_group,
        "offset": asked.pupils.offset,
        "most": asked.pupils.limit,
    }
    return pages().page(caller.visit, "pupils/pupils.html", values)
