"""Recording an activity in three clicks: what it was, who was there, and the button.

Everything else has a default: today, in person, a title from the kind, everybody of the group, and all that
the kind's benchmarks ask for. Whoever was absent is marked afterwards, from the page that says what counted.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from contracts.vocabulary import ActivityId, academic_year_of
from services.pupils.api import SERVICE_NAME
from services.pupils.api.bodies import ActivityBody
from services.pupils.commands.activities import record_activities
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.pages import pages
from services.pupils.pages.forms import (
    PREFIX,
    Filled,
    Labels,
    day_typed,
    go_to,
    number_typed,
    once,
    read_body,
    refused,
    request_of,
    require,
)
from services.pupils.pages.words import BENCHMARKS, kinds_in_order, usual_tests
from services.pupils.rules import credit_rules
from services.pupils.store.reads import find_named
from services.pupils.views.employers import employers_by_name
from services.pupils.views.matches import matches_to_record
from services.pupils.views.today import groups_on_roll, kinds_used
from services.runtime.errors import FieldProblem, HubError, InvalidError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

TEMPLATE: Final = "pupils/record_activity.html"
WHAT: Final = b"page: record an activity"
MOST_CHOSEN: Final = 200
"""Pupils whom an address can name one by one; more than that is a group."""
MOST_MATCHES: Final = 200
"""As many as the API lists; a school has a dozen."""
MOST_COMMON: Final = 6
"""Kinds of activity that stand first, because this school records them most."""
_REFERENCE_DIGITS: Final = 32

LABELS: Final[Labels] = {
    "activity_type": ("activity_type", "What kind of activity"),
    "title": ("title", "Title"),
    "held_on": ("held_on-day", "The date"),
    "mode": ("mode", "How it was held"),
    "hours": ("hours", "Hours"),
    "employer_id": ("employer_id", "The employer"),
    "provider_type": ("provider_type", "The kind of provider"),
    "match_id": ("employer_id", "The match of the round"),
    "tests_met": ("tests_met", "What made it meaningful"),
    "attendance": ("year_groups", "Who it was for"),
}
ChosenPupils = Annotated[
    list[Annotated[str, Query(pattern=r"^[0-9a-f]{16}$")]], Query(max_length=MOST_CHOSEN)
]


@router.get("/activities/new", Permission.RECORD_ACTIVITY)
async def get_new_activity(
    caller: SchoolVisitor,
    activity_type: Annotated[str, Query(max_length=40)] = "",
    year_group: Annotated[str, Query(max_length=2)] = "",
    pupil: ChosenPupils = [],  # noqa: B006 - FastAPI copies a default
    match_id: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the form, with what a page that leads here knows already."""
    match = await _match(caller, match_id)
    if match is not None:
        activity_type = match["activity_type"]
    given = [
        ("activity_type", activity_type),
        ("year_groups", year_group),
        *(("pupil", ref) for ref in pupil),
        *(() if match is None else (("match_id", match["match_id"]), ("employer_id", match["employer_id"]))),
    ]
    return await _show(caller, Filled(), Form([(name, value) for name, value in given if value]))


@router.post("/activities/new", Permission.RECORD_ACTIVITY)
async def post_new_activity(request: Request, caller: SchoolVisitor) -> Response:
    """Record it, and show what it counted for; what cannot be recorded is asked again."""
    form = await form_of(request)
    today = today_in_england(caller.context.clock())
    try:
        draft = _body(form, today, request_of(form, WHAT)).draft()

        async def work(unit: UnitOfWork) -> Document:
            (outcome,) = await record_activities(unit, caller.context, [draft])
            if isinstance(outcome, HubError):
                raise outcome
            return outcome

        receipt = await once(caller, form, WHAT, work)
    except InvalidError as error:
        return await _show(caller, refused(form, error, LABELS), form, HTTPStatus.UNPROCESSABLE_ENTITY)
    identity = ActivityId(receipt.get("merged_into") or receipt["activity_id"])
    done = "alike" if receipt.get("possible_duplicates") else receipt["outcome"]
    return go_to(caller, f"/activities/{identity}", done=done)


def _body(form: Form, today: dt.date, reference: str) -> ActivityBody:
    """Read the form as a program's post; raises InvalidError for what cannot be.

    The reference is made of the form's key, so that an activity that was taken out can be recorded again.
    """
    rules = credit_rules()
    kind = rules.types.get(form.text("activity_type"))
    problems = []
    if kind is None:
        problems.append(FieldProblem("activity_type", "is missing: choose one"))
    held_on = day_typed(form, "held_on") or today.isoformat()
    if not any(form.every(name) for name in ("year_groups", "tutor_groups", "pupil")):
        problems.append(FieldProblem("attendance", "choose a year group or a form"))
    if kind is None or problems:
        raise InvalidError("Something is missing.", tuple(problems))
    tests = usual_tests(rules, kind.code) if form.text("tests") != "some" else form.every("tests_met")
    return read_body(
        ActivityBody,
        {
            "reference": reference[:_REFERENCE_DIGITS],
            "activity_type": kind.code,
            "title": form.text("title") or kind.label,
            "held_on": held_on,
            "mode": form.text("mode"),
            "hours": number_typed(form.text("hours")),
            "employer_id": form.text("employer_id") or None,
            "match_id": form.text("match_id") or None,
            "provider_type": form.text("provider_type") or None,
            "in_school_day": "in_school_day" in form,
            "tests_met": list(tests),
            "attendance": {
                "year_groups": [_year_group(text) for text in form.every("year_groups")],
                "tutor_groups": form.every("tutor_groups"),
                "pupils": [{"pupil": ref} for ref in form.every("pupil")],
            },
        },
    )


def _year_group(text: str) -> int | str:
    """Read a year group; what is none is passed on, so that whoever reads them refuses it."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len("13") else text


async def _show(caller: SchoolVisitor, filled: Filled, given: Form, status: int = HTTPStatus.OK) -> Response:
    today = today_in_england(caller.context.clock())
    year = academic_year_of(today)
    rules = credit_rules()
    chosen = await _chosen(caller, given.every("pupil"))
    groups = await groups_on_roll(caller.context, caller.urn, year)
    common, others = kinds_in_order(await kinds_used(caller.context, caller.urn, year))
    common, others = common[:MOST_COMMON], [*common[MOST_COMMON:], *others]
    values: dict[str, Any] = {
        "form": filled,
        "today": today,
        "academic_year": year,
        "groups": groups,
        "common": [rules.types[code] for code in common],
        "others": [rules.types[code] for code in others],
        "kind": filled.text("activity_type", given.text("activity_type")),
        "employer_given": filled.text("employer_id", given.text("employer_id")),
        "match_id": filled.text("match_id", given.text("match_id")),
        "given_groups": given.every("year_groups"),
        "rules": rules,
        "usual": {code: usual_tests(rules, code) for code in rules.types},
        "benchmarks": BENCHMARKS,
        "employers": await employers_by_name(caller.context),
        "chosen": chosen,
    }
    return pages().page(caller.visit, TEMPLATE, values, status)


async def _match(caller: SchoolVisitor, match_id: str) -> Document | None:
    """Find a confirmed match that no activity names yet; None if there is none of this id."""
    if not match_id:
        return None
    waiting = await matches_to_record(caller.context, caller.urn, MOST_MATCHES)
    return next((match for match in waiting["matches"] if match["match_id"] == match_id), None)


async def _chosen(caller: SchoolVisitor, refs: list[str]) -> list[Pupil]:
    """Name the pupils who were chosen one by one, for those who may read pupils."""
    if not refs:
        return []
    require(caller, Permission.READ_PUPILS)
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", "activities/new")
    found = await find_named(caller.context.school(caller.urn), set(refs))
    named = [pupil for pupil in found.values() if pupil.restriction is None]
    return sorted(named, key=lambda pupil: (pupil.surname.casefold(), pupil.forename.casefold(), pupil.ref))
