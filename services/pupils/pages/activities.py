"""The school's activities: the list, one of them with what it counts for, putting it right, taking it out."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from contracts.vocabulary import ActivityId, EmployerId
from services.pupils.api import SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.activities import Id
from services.pupils.api.bodies import FactsBody, RetractionBody
from services.pupils.commands.activities import correct_activity, retract_activity
from services.pupils.model.activity import Activity
from services.pupils.model.attendance import Status
from services.pupils.model.draft import Draft, ListedPupil
from services.pupils.model.sheets import PupilRef
from services.pupils.pages import pages
from services.pupils.pages.forms import (
    PREFIX,
    Filled,
    day_typed,
    go_to,
    number_typed,
    once,
    read_body,
    refused,
)
from services.pupils.pages.record_activity import LABELS
from services.pupils.pages.words import (
    BENCHMARKS,
    RETRACTIONS,
    STATUSES,
    counted,
    groups_in_words,
    kind_label,
)
from services.pupils.rules import credit_rules
from services.pupils.store.reads import find_activities
from services.pupils.views.activities import activities_page, activity
from services.pupils.views.employers import employers_by_name, names_of_employers
from services.runtime.errors import InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

PAGE: Final = 25
"""Activities on a page: what fits a screen or two."""
DONE: Final = {
    "recorded": "The activity is recorded",
    "alike": "The activity is recorded, and looks like another that was recorded already",
    "unchanged": "This was recorded already, so nothing has changed",
    "merged": "This encounter was recorded already: what you sent was joined to it, and nothing counts twice",
    "corrected": "The activity is corrected",
    "absences": "The absences are recorded",
    "retracted": "The activity was taken out of every count",
    "evaluated": "Thank you: the evaluation is recorded",
    "separated": "The activity counts on its own again",
}


@router.get("/activities", Permission.READ_ACTIVITIES)
async def get_activities(
    caller: SchoolVisitor,
    academic_year: AcademicYearQuery = None,
    after: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """List an academic year's activities, newest first."""
    year = academic_year_asked(academic_year, caller.context)
    found = await activities_page(caller.context, caller.urn, year, after, PAGE)
    shown = found["activities"]
    employers = await names_of_employers(caller.context, {one["employer_id"] for one in shown})
    values: dict[str, Any] = {
        "academic_year": year,
        "activities": [
            {
                **one,
                "kind": kind_label(one["activity_type"]),
                "employer": employers.get(one["employer_id"]),
                "groups": groups_in_words([group["year_group"] for group in one["year_groups"]], ()),
                "counted": counted(one["year_groups"]),
            }
            for one in shown
        ],
        "statuses": STATUSES,
        "after": after,
        "next": found["next"],
        "may_record": Permission.RECORD_ACTIVITY in caller.granted,
        "may_correct": Permission.CORRECT_ACTIVITY in caller.granted,
    }
    return pages().page(caller.visit, "pupils/activities.html", values)


@router.get("/activities/{identity}", Permission.READ_ACTIVITIES)
async def get_activity(
    caller: SchoolVisitor, identity: Id, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show one activity without names: who it was for, what it counts for and why."""
    await caller.context.read_logged(caller.actor, caller.urn, "activity.read", f"activities/{identity}")
    shown = await activity(caller.context, caller.urn, ActivityId(identity))
    rules = credit_rules()
    employers = await names_of_employers(caller.context, {shown["employer_id"]})
    attendance = shown["attendance"]
    named = [one for one in attendance["pupils"] if one["listed"]]
    in_groups = bool(attendance["year_groups"] or attendance["tutor_groups"])
    values: dict[str, Any] = {
        "activity": shown,
        "done": DONE.get(done),
        "alike": done == "alike",
        "just_recorded": done in {"recorded", "alike"} and shown["status"] == "recorded",
        "status": STATUSES[shown["status"]],
        "kind": kind_label(shown["activity_type"]),
        "employer": employers.get(shown["employer_id"]),
        "mode": rules.modes.get(shown["mode"], shown["mode"]),
        "provider": rules.provider_types.get(shown["provider_type"]),
        "tests": [label for code, label in rules.tests.items() if code in shown["tests_met"]],
        "missing_tests": _missing_tests(shown),
        "groups": groups_in_words(
            attendance["year_groups"], attendance["tutor_groups"], 0 if in_groups else len(named)
        ),
        "counted": counted(shown["year_groups"]),
        "benchmarks": BENCHMARKS,
        "retractions": RETRACTIONS,
        "form": Filled(),
        "may_correct": Permission.CORRECT_ACTIVITY in caller.granted,
        "may_evaluate": Permission.RECORD_ACTIVITY in caller.granted,
    }
    return pages().page(caller.visit, "pupils/activity.html", values)


@router.post("/activities/{identity}/undo", Permission.CORRECT_ACTIVITY)
async def post_undo(request: Request, caller: SchoolVisitor, identity: Id) -> Response:
    """Take an activity out of every count; what was recorded is kept."""
    form = await form_of(request)
    reason = read_body(RetractionBody, {"reason": form.text("reason")}).reason

    async def work(unit: UnitOfWork) -> Document:
        return await retract_activity(unit, caller.context, ActivityId(identity), reason)

    await once(caller, form, f"page: undo {identity}".encode(), work)
    return go_to(caller, f"/activities/{identity}", done="retracted")


@router.get("/activities/{identity}/correct", Permission.CORRECT_ACTIVITY)
async def get_correction(caller: SchoolVisitor, identity: Id) -> Response:
    """Show what can be put right."""
    await caller.context.read_logged(caller.actor, caller.urn, "activity.read", f"activities/{identity}")
    return await _show_correction(caller, await activity_of(caller, identity), Filled())


@router.post("/activities/{identity}/correct", Permission.CORRECT_ACTIVITY)
async def post_correction(request: Request, caller: SchoolVisitor, identity: Id) -> Response:
    """Put an activity right; who was there stays as it was."""
    form = await form_of(request)
    known = await activity_of(caller, identity)
    try:
        draft = _corrected(known, form)
        await correct(caller, form, ActivityId(identity), draft)
    except InvalidError as error:
        return await _show_correction(
            caller, known, refused(form, error, LABELS), HTTPStatus.UNPROCESSABLE_ENTITY
        )
    return go_to(caller, f"/activities/{identity}", done="corrected")


async def activity_of(caller: SchoolVisitor, identity: str) -> Activity:
    """Read an activity; raises NotFoundError if the school has none of this id."""
    found = await find_activities(caller.context.school(caller.urn), [ActivityId(identity)])
    if ActivityId(identity) not in found:
        raise NotFoundError("There is no such activity at this school.")
    return found[ActivityId(identity)]


async def correct(caller: SchoolVisitor, form: Form, identity: ActivityId, draft: Draft) -> None:
    """Correct an activity from a form that carries the version that was seen."""
    text = form.text("version")
    version = int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000000") else 0

    async def work(unit: UnitOfWork) -> Document:
        return await correct_activity(unit, caller.context, identity, version, draft)

    await once(caller, form, f"page: correct {identity}".encode(), work)


def listed_again(listed: Mapping[PupilRef, Status]) -> list[ListedPupil]:
    """Name listed pupils as a post names them."""
    return [ListedPupil(ref, None, status) for ref, status in listed.items()]


def _corrected(known: Activity, form: Form) -> Draft:
    """Read the form; what it does not ask stays as it was."""
    facts, given = known.facts, known.attendance.as_given()
    typed = read_body(
        FactsBody,
        {
            "reference": facts.reference,
            "activity_type": facts.activity_type,
            "title": form.text("title"),
            "held_on": day_typed(form, "held_on"),
            "mode": form.text("mode"),
            "hours": number_typed(form.text("hours")),
            "employer_id": EmployerId(form.text("employer_id")) if form.text("employer_id") else None,
            "provider_type": facts.provider_type,
            "in_school_day": facts.in_school_day,
            "tests_met": form.every("tests_met"),
            "learning_areas": list(facts.learning_areas),
            "learning_outcomes": list(facts.learning_outcomes),
            "preparation": facts.preparation,
            "reflection": facts.reflection,
        },
    )
    return Draft(typed.facts(), given.groups, listed_again(given.listed))


async def _show_correction(
    caller: SchoolVisitor, known: Activity, form: Filled, status: int = HTTPStatus.OK
) -> Response:
    values: dict[str, Any] = {
        "activity": known,
        "form": form,
        "rules": credit_rules(),
        "employers": await employers_by_name(caller.context),
        "kind": kind_label(known.facts.activity_type),
    }
    return pages().page(caller.visit, "pupils/correct_activity.html", values, status)


def _missing_tests(shown: Document) -> dict[str, list[str]]:
    """Say what each benchmark that a kind may count for still asks for; empty for one that it counts for."""
    rules = credit_rules()
    kind = rules.types.get(shown["activity_type"])
    if kind is None:
        return {}
    return {
        benchmark: [
            rules.tests[test]
            for test in rules.benchmarks[benchmark].requires
            if test not in shown["tests_met"]
        ]
        for benchmark in kind.permits
        if benchmark not in shown["counts_for"]["listed"]
    }
