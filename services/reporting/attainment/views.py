"""Queries over the read model of attainment; they never write.

A request reads the chains of URNs, the directory and one document a school, whatever it asks for.
`snapshot_views.py` reads what is frozen besides.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

from contracts.vocabulary import Urn
from services.national import national_figures, source_titles
from services.reporting.attainment.model.aggregate import criteria_counts
from services.reporting.attainment.model.movement import hub_movement
from services.reporting.attainment.model.position import (
    Audience,
    Json,
    Position,
    School,
    position_alone,
    position_on,
    school_of,
)
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.rows import rows_of
from services.reporting.attainment.model.selection import DIMENSIONS, fits, may_be_shown, values_of
from services.reporting.attainment.model.terms import Counting, a_year_before, snapshot_before, window_on
from services.reporting.attainment.model.together import groups_of, plans_of, together_of
from services.reporting.attainment.projections import ATTAINMENT
from services.reporting.model.suppression import CONFIDENTIAL, NOT_APPLICABLE, NOT_AVAILABLE
from services.reporting.store import SCHOOLS
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError

NO_DATA_YET: Final = (
    "No data yet: no school had completed an evaluation by this day. That is not the same as nothing done."
)
NO_SINGLE_SCHOOL: Final = (
    "Schools share their scores with named roles of the Hub, and yours is none of them. What everybody may "
    "know is told of the term snapshots."
)
SYMBOLS: Final = {
    CONFIDENTIAL: "withheld: of one or two schools, or others could be worked out from it",
    NOT_APPLICABLE: "does not apply",
    NOT_AVAILABLE: "not available",
}
_WITHOUT_CRITERIA: Final = ("key", "sequence", "state.evaluations", "state.plans")
_WHOLE: Final = (*_WITHOUT_CRITERIA, "state.criteria")
_NEVER_BESIDE_A_SCORE: Final = (
    "Shares of institutions that achieve the benchmark fully. Compare them with the Hub's shares of the same "
    "framework, never with a school's score, which is a share of points."
)


async def schools_now(context: ServiceContext, *, with_criteria: bool = False) -> list[School]:
    """Read every school of the directory as it is known now, in order of name; one a chain of URNs."""
    fields = _WHOLE if with_criteria else _WITHOUT_CRITERIA
    lineage = await context.successions.lineage()
    listed = await context.database().collection(SCHOOLS).find({}, sort=[("name", 1), ("_id", 1)])
    documents = {
        found["key"]: found for found in await (await context.projection(ATTAINMENT)).find({}, fields=fields)
    }
    followed = {urn for school in listed for urn in lineage.forebears(school["urn"])}
    return [
        school_of(school, tenant, documents.get(tenant))
        for school in listed
        if school["urn"] not in followed
        for tenant in (lineage.tenant_of(school["urn"]),)
    ]


async def read_attainment(context: ServiceContext, question: Question, audience: Audience) -> Json:
    """Where the Hub's schools stand, to an audience; raises InvalidError for a filter that fits nobody."""
    schools = await schools_now(context)
    _require_known(question, schools)
    chosen = [school for school in schools if fits(school, question.filters)]
    positions = _positions(chosen, question.on, question.counting, audience)
    everywhere = _positions(schools, question.on, question.counting, audience)
    shown = may_be_shown(everywhere, question.filters)
    answer = {
        **_heading(context, question, audience),
        "message": NO_DATA_YET if all(p.status == "no_data_yet" for p in positions) else None,
        "schools": [row for row in rows_of(chosen, question, audience) if question.urn in {None, row["urn"]}],
        "statuses": Counter(found.status for found in positions),
        "plan": plans_of(chosen, question.on, shown=shown),
        "national": national_of({p.evaluation.framework for p in positions if p.evaluation}),
        "symbols": SYMBOLS,
    }
    if audience.is_everyone:
        return {**answer, "together": None, "groups": None, "movement": None, "message": NO_SINGLE_SCHOOL}
    return {
        **answer,
        "together": together_of(positions, shown=shown),
        "groups": groups_of(schools, everywhere, question),
        "movement": movement_of(chosen, question, audience) if shown else None,
    }


def movement_of(schools: Sequence[School], question: Question, audience: Audience) -> Json:
    """Say what these schools moved by since the last term snapshot, and since a year ago."""
    positions = _positions(schools, question.on, question.counting, audience)
    return {
        name: hub_movement(day, _positions(schools, day, question.counting, audience), positions)
        for name, day in (
            ("since_last_snapshot", snapshot_before(question.on)),
            ("since_last_year", a_year_before(question.on)),
        )
    }


async def read_rows(context: ServiceContext, question: Question, audience: Audience | None) -> list[Json]:
    """Every school's row of a day, to an audience; without one as the schools themselves see theirs."""
    return rows_of(await schools_now(context), question, audience)


async def read_criteria(context: ServiceContext, question: Question, audience: Audience) -> Json:
    """How many schools stand how with each criterion, and each school's states, to an audience."""
    schools = await schools_now(context, with_criteria=True)
    _require_known(question, schools)
    everywhere = _positions(schools, question.on, question.counting, audience)
    chosen = [
        (found, found.evaluation)
        for found in everywhere
        if found.evaluation is not None and fits(found.school, question.filters)
    ]
    shown = may_be_shown(everywhere, question.filters)
    return {
        **_heading(context, question, audience),
        "message": NO_SINGLE_SCHOOL if audience.is_everyone else None,
        "schools": [
            {
                "urn": found.school.urn,
                "name": found.school.name,
                "framework": evaluation.framework,
                "criteria": evaluation.criteria,
            }
            for found, evaluation in chosen
            if question.urn in {None, found.school.urn}
        ],
        "together": criteria_counts(evaluation for _, evaluation in chosen) if shown else None,
        "symbols": SYMBOLS,
    }


async def read_own_attainment(context: ServiceContext, tenant: Urn, asked: Urn, question: Question) -> Json:
    """Where one school stands, by what it shares; raises NotFoundError if it is not listed."""
    school = await own_school(context, tenant)
    [row] = rows_of([school], question, None)
    position = position_on(school, window_on(question.on, question.counting), None)
    evaluation = position.evaluation
    return {
        "as_of": _now(context),
        "on": question.on.isoformat(),
        "counting": question.counting,
        "message": NO_DATA_YET if position.status == "no_data_yet" else None,
        **row,
        "urn": asked,
        "shared_with": [] if evaluation is None else list(evaluation.shared_with),
        "criteria": {} if evaluation is None else evaluation.criteria,
        "national": national_of(set() if evaluation is None else {evaluation.framework}),
        "symbols": SYMBOLS,
    }


async def own_school(context: ServiceContext, tenant: Urn) -> School:
    """Read one school; raises NotFoundError if the directory does not list it."""
    for school in await schools_now(context, with_criteria=True):
        if school.tenant == tenant:
            return school
    message = (
        "This school is not in the Hub's directory, or no longer: ask the Hub's administrator to list it."
    )
    raise NotFoundError(message)


def national_of(frameworks: set[str]) -> Json:
    """Show the national and earlier figures; those of other frameworks than these are across a break."""
    titles = source_titles()
    return {
        "what": _NEVER_BESIDE_A_SCORE,
        "figures": [
            {
                **row.model_dump(mode="json", exclude={"sources"}),
                "sources": [titles[key] for key in row.sources],
                "series_break": bool(frameworks) and row.framework not in frameworks,
            }
            for row in national_figures()
        ],
    }


def _positions(
    schools: Sequence[School], on: dt.date, counting: Counting, audience: Audience
) -> list[Position]:
    window = window_on(on, counting)
    return [position_alone(school, window, audience) for school in schools]


def _heading(context: ServiceContext, question: Question, audience: Audience) -> Json:
    return {
        "hub": context.hub,
        "as_of": _now(context),
        "on": question.on.isoformat(),
        "counting": question.counting,
        "counted_from": window_on(question.on, question.counting).first.isoformat(),
        "filters": dict(question.filters),
        "audience": audience.name,
    }


def _require_known(question: Question, schools: Sequence[School]) -> None:
    problems = []
    for dimension in DIMENSIONS:
        wanted = question.filters.get(dimension)
        known = values_of(schools, dimension)
        if wanted is not None and wanted not in known:
            there_are = ", ".join(known) or "none, because the directory lists no school yet"
            problems.append(FieldProblem(dimension, f"is no school of this Hub's; there are: {there_are}"))
    if question.urn is not None and question.urn not in {school.urn for school in schools}:
        reason = (
            "is not a school that the Hub's directory lists now; a school that has left, or has a new URN, "
            "is not shown under this one"
        )
        problems.append(FieldProblem("urn", reason))
    if problems:
        raise InvalidError("There is no such part of the Hub.", tuple(problems))


def _now(context: ServiceContext) -> str:
    return context.clock().isoformat(timespec="seconds")
