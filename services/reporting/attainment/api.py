"""Attainment's routes: the Hub on a day, by criterion, its frozen snapshots; and a school's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query, Request

from contracts.audit import HubReader
from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    AcademicYear,
    academic_year_days,
    academic_year_of,
)
from services.areas import ATTRIBUTION
from services.reporting.attainment import snapshot_views, views
from services.reporting.attainment.model.position import Audience, audience_of
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.selection import DIMENSIONS, Dimension
from services.reporting.attainment.model.terms import FIRST_DAY, Counting, Term, today_in_england
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, SecuredRouter

hub = SecuredRouter("reporting", "/reporting/v1/attainment")
schools = SecuredRouter("reporting", "/reporting/v1/schools/{urn}/attainment")

READ_SCORES_AS: Final[Mapping[HubReader, Permission]] = {
    "hub_lead": Permission.READ_SCORES_AS_LEAD,
    "enterprise_coordinator": Permission.READ_SCORES_AS_COORDINATOR,
}

AsOf = Annotated[dt.date | None, Query(description="The day, such as 2025-12-31; today if left out.")]
CountingQuery = Annotated[
    Counting, Query(description="Evaluations of the day's term, or of its academic year.")
]
GroupBy = Annotated[Dimension | None, Query(description="Show the groups of a dimension beside each other.")]
YearQuery = Annotated[str | None, Query(pattern=ACADEMIC_YEAR_PATTERN)]
_OF_A_DAY: Final = frozenset({"as_of", "counting", "urn", *DIMENSIONS})


@hub.get("", Permission.READ_HUB_REPORT)
async def get_attainment(
    caller: AdmittedToHub,
    request: Request,
    as_of: AsOf = None,
    counting: CountingQuery = "term",
    group_by: GroupBy = None,
) -> dict[str, Any]:
    """Where the Hub's schools stand on a day; filters: setting, district, phase, post16, urn."""
    refuse_unknown(request, _OF_A_DAY | {"group_by"})
    question = Question(_day(caller.context, as_of), counting, _filters(request), group_by, _urn(request))
    answer = await views.read_attainment(caller.context, question, audience_of_caller(caller))
    return {**answer, "attribution": ATTRIBUTION}


@hub.get("/criteria", Permission.READ_HUB_REPORT)
async def get_criteria(
    caller: AdmittedToHub, request: Request, as_of: AsOf = None, counting: CountingQuery = "term"
) -> dict[str, Any]:
    """How the schools stand with each criterion on a day; the same filters."""
    refuse_unknown(request, _OF_A_DAY)
    question = Question(_day(caller.context, as_of), counting, _filters(request), None, _urn(request))
    answer = await views.read_criteria(caller.context, question, audience_of_caller(caller))
    return {**answer, "attribution": ATTRIBUTION}


@hub.get("/snapshots", Permission.READ_HUB_REPORT)
async def get_snapshots(
    caller: AdmittedToHub, request: Request, academic_year: YearQuery = None
) -> dict[str, Any]:
    """The three frozen snapshots of an academic year, with what restates them."""
    refuse_unknown(request, {"academic_year"})
    year = the_year(caller.context, academic_year)
    return await snapshot_views.read_snapshots(caller.context, year, audience_of_caller(caller))


@hub.get("/snapshots/proof", Permission.READ_HUB_REPORT)
async def get_proof(
    caller: AdmittedToHub, request: Request, term: Term, academic_year: YearQuery = None
) -> dict[str, Any]:
    """What proves that a frozen snapshot is what it was: hashes, and the entries that the caller may see."""
    refuse_unknown(request, {"academic_year", "term"})
    year = the_year(caller.context, academic_year)
    return await snapshot_views.read_proof(caller.context, year, term, audience_of_caller(caller))


@hub.get("/references", Permission.READ_HUB_REPORT)
async def get_references(caller: AdmittedToHub, request: Request) -> dict[str, Any]:
    """National and earlier reference figures, with source, year and framework."""
    refuse_unknown(request, set())
    return {"as_of": caller.context.clock().isoformat(timespec="seconds"), **views.national_of(set())}


@schools.get("", Permission.READ_SCHOOL_REPORT)
async def get_own_attainment(
    caller: AdmittedToSchool, request: Request, as_of: AsOf = None, counting: CountingQuery = "term"
) -> dict[str, Any]:
    """Where a school stands by what it shares, and what everybody may know of the Hub."""
    refuse_unknown(request, {"as_of", "counting"})
    question = Question(_day(caller.context, as_of), counting)
    own = await views.read_own_attainment(caller.context, caller.urn, caller.asked, question)
    return {**own, "hub": await snapshot_views.latest_told_to_everyone(caller.context)}


@schools.get("/snapshots", Permission.READ_SCHOOL_REPORT)
async def get_own_snapshots(
    caller: AdmittedToSchool, request: Request, academic_year: YearQuery = None
) -> dict[str, Any]:
    """What was frozen of a school in an academic year, and what restates it."""
    refuse_unknown(request, {"academic_year"})
    year = the_year(caller.context, academic_year)
    return await snapshot_views.read_own_snapshots(caller.context, caller.urn, year)


def audience_of_caller(caller: AdmittedToHub) -> Audience:
    """Say as which of the roles that schools share their scores with somebody reads."""
    return audience_of(
        frozenset(reader for reader, permission in READ_SCORES_AS.items() if permission in caller.granted)
    )


def refuse_unknown(request: Request, known: frozenset[str] | set[str]) -> None:
    """Raise InvalidError for a parameter that would be passed over in silence, and the wrong answer given."""
    names = [name for name, _ in request.query_params.multi_items()]
    problems = [
        FieldProblem(name, "is there more than once") for name in sorted(known) if names.count(name) > 1
    ]
    if unknown := len(set(names) - known):
        there_are = ", ".join(sorted(known)) or "none"
        reason = f"has {unknown} names that mean nothing here; there are: {there_are}"
        problems.append(FieldProblem("query", reason))
    if problems:
        raise InvalidError("This cannot be asked.", tuple(problems))


def _filters(request: Request) -> dict[Dimension, str]:
    return {name: request.query_params[name] for name in DIMENSIONS if name in request.query_params}


def _urn(request: Request) -> str | None:
    return request.query_params.get("urn")


def _day(context: ServiceContext, asked: dt.date | None) -> dt.date:
    today = today_in_england(context.clock())
    if asked is None:
        return today
    if asked > today:
        raise _no_such("as_of", f"is in the future; today is {today.isoformat()}")
    if asked < FIRST_DAY:
        reason = f"is before the benchmarks: the first framework is in use from {FIRST_DAY.isoformat()}"
        raise _no_such("as_of", reason)
    return asked


def the_year(context: ServiceContext, asked: str | None) -> AcademicYear:
    """Read an academic year; raises InvalidError for one that has not begun, or before the benchmarks."""
    present = academic_year_of(today_in_england(context.clock()))
    if asked is None:
        return present
    try:
        first, last = academic_year_days(AcademicYear(asked))
    except ValueError:
        raise _no_such("academic_year", "is not an academic year; write it like 2025/26") from None
    if first > academic_year_days(present)[0]:
        raise _no_such("academic_year", f"has not begun; the present one is {present}")
    if last < FIRST_DAY:
        earliest = academic_year_of(FIRST_DAY)
        raise _no_such("academic_year", f"is before the benchmarks; the first one is {earliest}")
    return AcademicYear(asked)


def _no_such(where: str, reason: str) -> InvalidError:
    return InvalidError("There are no figures of that time.", (FieldProblem(where, reason),))
