"""What is seen of needs: by their school, with suggestions; and by the Hub's coordinators, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from contracts.vocabulary import AcademicYear, Benchmark, Urn, academic_year_of
from services.employers.commands.needs import NO_SUCH_NEED
from services.employers.model.calendar import today_in_england
from services.employers.model.suggestion import CoverageBasis, EvaluationBasis, Signals, suggest
from services.employers.rules import encounter_types
from services.employers.store import EMPLOYERS
from services.employers.store.needs import NEEDS, open_needs
from services.employers.stream import ENGAGEMENT, SIGNALS
from services.employers.views.members import members
from services.employers.views.offers import View, kept_view
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.version_store import find_all, find_kept, versions_of

_SUGGESTED: Final[tuple[Benchmark, ...]] = ("gb4", "gb5", "gb6")
"""Benchmarks that a meeting with an employer moves in the coverage."""
IDS_A_READ: Final = 100


async def needs(context: ServiceContext, urn: Urn, *, withdrawn: bool) -> View:
    """List a school's needs in order of their ids."""
    where = {} if withdrawn else {"content.state": "open"}
    return {"needs": [kept_view(NEEDS, kept) for kept in await find_all(context.school(urn), NEEDS, where)]}


async def need(context: ServiceContext, urn: Urn, need_id: str) -> View:
    """Show one need; raises NotFoundError if the school has none of this id."""
    found = await find_kept(context.school(urn), NEEDS, need_id)
    if found is None:
        raise NotFoundError(NO_SUCH_NEED)
    return kept_view(NEEDS, found)


async def versions_of_need(context: ServiceContext, urn: Urn, need_id: str) -> View:
    """Show every version of a need, the current one first."""
    found = await versions_of(context.school(urn), NEEDS, need_id)
    if not found:
        raise NotFoundError(NO_SUCH_NEED)
    return {"versions": [kept_view(NEEDS, kept) for kept in found]}


async def all_needs(context: ServiceContext) -> View:
    """List the open needs of every school of the directory, for its coordinators."""
    return {
        "schools": [
            {
                "urn": member.school.id,
                "name": member.school.name,
                "needs": [kept_view(NEEDS, kept) for kept in await open_needs(context.school(member.tenant))],
            }
            for member in await members(context)
        ]
    }


async def suggestions(context: ServiceContext, urn: Urn) -> View:
    """Suggest needs to a school, each with what it rests on."""
    signals = await _signals(context, urn)
    return {
        "suggestions": [asdict(each) for each in suggest(signals, encounter_types())],
        "types": encounter_types().version,
    }


async def _signals(context: ServiceContext, urn: Urn) -> Signals:
    year = academic_year_of(today_in_england(context.clock()))
    documents = await (await context.projection(SIGNALS)).find(
        {"_id": {"$in": [f"pupils/{urn}", f"audit/{urn}"]}}
    )
    states = {document["service"]: document["state"] for document in documents}
    told: dict[str, Any] = states.get("pupils", {}).get(year, {})
    return Signals(
        coverage=_coverage(told, year),
        weak=_weak(states.get("audit", {})),
        sectors_wanted=told.get("sectors", {}),
        sectors_met=await _sectors_met(context, urn, year),
    )


def _coverage(told: dict[str, Any], year: AcademicYear) -> list[CoverageBasis]:
    return [
        CoverageBasis(
            academic_year=year,
            year_group=int(group),
            benchmark=benchmark,
            reached=told["reached"].get(benchmark, {}).get(group, 0),
            on_roll=on_roll,
        )
        for benchmark in _SUGGESTED
        for group, on_roll in sorted(told.get("on_roll", {}).items(), key=lambda item: int(item[0]))
    ]


def _weak(evaluations: dict[str, Any]) -> Sequence[EvaluationBasis]:
    """Name the weak benchmarks of the evaluation that was completed last."""
    if not evaluations:
        return ()
    last = max(evaluations, key=lambda identity: (evaluations[identity]["completed_on"], identity))
    found = evaluations[last]
    return [
        EvaluationBasis(last, found["completed_on"], benchmark, score)
        for benchmark, score in found["weak"].items()
    ]


async def _sectors_met(context: ServiceContext, urn: Urn, year: AcademicYear) -> frozenset[str]:
    """Name the sectors of the employers whom the school's pupils met in an academic year."""
    document = await (await context.projection(ENGAGEMENT)).get(f"pupils/{urn}")
    if document is None:
        return frozenset()
    met = sorted(one for one, counts in document["state"].get(year, {}).items() if counts["encounters"])
    employers = context.database().collection(EMPLOYERS)
    sections: set[str] = set()
    for first in range(0, len(met), IDS_A_READ):
        found = await employers.find(
            {"_id": {"$in": met[first : first + IDS_A_READ]}}, fields=["sic_section"]
        )
        sections |= {one["sic_section"] for one in found if one["sic_section"] is not None}
    return frozenset(sections)
