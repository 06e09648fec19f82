"""Compare: what is published, beside what is counted here, as far as both say the same at rest.

A school whose URN has changed must be one row of the Hub report, with the figures of its first URN's ledgers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.vocabulary import CREDITED_BENCHMARKS, Urn
from services.recount.attainment import recount_attainment
from services.recount.hub_report import Words, compare_hub_report
from services.recount.ledger import read_rows, unsettled
from services.recount.tables import recount_tables
from services.reporting.model.report_rows import HUB_REPORT
from services.reporting.proof.model.cells import HUB, Cells, is_same
from services.reporting.recounts import Counted, RecountRun, keep_recount
from services.reporting.store import SCHOOLS
from services.reporting.views import read_hub_report, read_own_report
from services.runtime.context import ServiceContext
from services.runtime.successions import SUCCESSIONS
from services.runtime.tenancy import Tenancy

Figures = dict[str, Any]
HUB_TOTALS: Final = ("on_roll", "activities")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A figure that the report and the recount do not agree on."""

    school: str
    figure: str
    published: Any
    recounted: Any


@dataclass(slots=True)
class Recount:
    """What a recount found; `unsettled` are streams with events neither applied nor parked."""

    academic_year: str
    schools: int = 0
    events: int = 0
    figures: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    compared: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    """Every figure as published and as recounted, by whose it is and its name."""
    cells: dict[str, Cells] = field(default_factory=dict)
    """Every cell of a table likewise; a number that the Hub may not see is in none of the Hub's."""
    heads: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many events were read, by whose tables they are in and by service."""
    unsettled: dict[str, int] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether every figure was confirmed, at least one was, and nothing is missing."""
        return bool(self.figures) and not self.mismatches and not self.unsettled

    def to_json(self) -> dict[str, Any]:
        """Render for machines."""
        return {
            "academic_year": self.academic_year,
            "agrees": self.agrees,
            "schools": self.schools,
            "events": self.events,
            "figures": self.figures,
            "mismatches": [
                {"school": m.school, "figure": m.figure, "published": m.published, "recounted": m.recounted}
                for m in self.mismatches
            ],
            "unsettled": self.unsettled,
        }


async def recount(reporting: ServiceContext, year: str) -> Recount:
    """Count a year's report again from the ledgers and compare every figure."""
    result = Recount(year)
    tenancy = Tenancy(reporting.store, reporting.hub)
    rows = {service: await read_rows(tenancy, service) for service in ("pupils", "audit", "employers")}
    result.events = sum(len(events) for events in rows.values())
    before = await _predecessors(tenancy)
    listed = [s["_id"] for s in await reporting.database().collection(SCHOOLS).find({}, sort=[("_id", 1)])]
    earlier = {urn for successor in listed for urn in _chain(successor, before)[1:]}
    chains = {urn: _chain(urn, before) for urn in listed if urn not in earlier}
    words: dict[str, Words] = {}
    for urn, chain in chains.items():
        tenant = chain[-1]
        published = await read_own_report(reporting, Urn(tenant), year, Urn(urn))
        pupils = [row for row in rows["pupils"] if row["key"] == tenant]
        counted = count_school(pupils, (r for r in rows["audit"] if r["key"] == tenant), year)
        words[urn] = last_words(pupils, year)
        result.schools += 1
        result.heads[urn] = {s: sum(r["key"] == tenant for r in events) for s, events in rows.items()}
        _compare(result, urn, flatten(published), counted)
    result.heads[HUB] = {service: len(events) for service, events in rows.items()}
    tenants = {urn: chain[-1] for urn, chain in chains.items()}
    for subject, shown, counted in await recount_attainment(reporting, rows["audit"], tenants, year):
        _compare(result, subject, shown, counted)
    result.cells = await recount_tables(reporting, year, rows, chains)
    await _compare_hub(result, reporting, words)
    _note_cells(result)
    result.unsettled = await unsettled(reporting, tenancy)
    return result


async def store_recount(reporting: ServiceContext, result: Recount) -> None:
    """Keep a recount where reporting shows it, figure by figure, beside what is published."""
    run = RecountRun(
        academic_year=result.academic_year,
        counted_at=reporting.clock().isoformat(timespec="seconds"),
        agrees=result.agrees,
        events=result.events,
        figures=result.figures,
        differing=len(result.mismatches),
        unsettled=sum(result.unsettled.values()),
    )
    counted = Counted(result.compared, result.cells, result.heads)
    await keep_recount(reporting.database(), run, counted)


async def _compare_hub(result: Recount, reporting: ServiceContext, words: Mapping[str, Words]) -> None:
    """Compare which schools the Hub report lists, each once, and its figures."""
    report = await read_hub_report(reporting, result.academic_year, readers=())
    published = sorted(school["urn"] for school in report["schools"])
    if published != sorted(words):
        result.mismatches.append(Mismatch(HUB, "schools", published, sorted(words)))
    cells = compare_hub_report(report, words)
    result.cells[HUB] = result.cells.get(HUB, {}) | cells
    for name in HUB_TOTALS:
        # Also by name, as the other figures of attainment's pages are.
        result.compared.setdefault(HUB, {})[name] = cells[HUB_REPORT, HUB, "all", name]


def _note_cells(result: Recount) -> None:
    for subject, cells in result.cells.items():
        result.figures += len(cells)
        result.mismatches += [
            Mismatch(subject, "/".join(name), *pair) for name, pair in cells.items() if not is_same(pair)
        ]


async def _predecessors(tenancy: Tenancy) -> dict[str, str]:
    """Read which URN follows which, from the Hub's own database."""
    found = await tenancy.memberships().collection(SUCCESSIONS).find({})
    return {row["_id"]: row["predecessor"] for row in found if row.get("predecessor")}


def _chain(urn: str, before: dict[str, str]) -> list[str]:
    """Name a school's URNs from this one back to its first."""
    chain = [urn]
    while chain[-1] in before:
        chain.append(before[chain[-1]])
    return chain


def count_school(pupils: Iterable[Figures], audit: Iterable[Figures], year: str) -> Figures:
    """Count one school's year from its ledger rows; returns figure -> value, zero figures left out."""
    on_roll, activities, reached = last_words(pupils, year)
    figures: Figures = {"activities": len(activities), "on_roll": sum(on_roll.values())}
    encounters: Counter[int] = Counter()
    for activity in activities.values():
        for group in activity["year_groups"]:
            encounters[group["year_group"]] += group["encounters"]
    for year_group, pupils_on_roll in on_roll.items():
        figures[f"year_groups.{year_group}.on_roll"] = pupils_on_roll
        figures[f"year_groups.{year_group}.encounters"] = encounters[year_group]
    figures["encounters"] = sum(encounters.values())
    whole: Counter[str] = Counter()
    for (year_group, benchmark), number in reached.items():
        whole[benchmark] += number
        if year_group in on_roll:
            figures[f"year_groups.{year_group}.{benchmark}"] = number
    figures |= {benchmark: whole[benchmark] for benchmark in CREDITED_BENCHMARKS}
    return {name: value for name, value in (figures | _scores(audit, year)).items() if value}


def last_words(pupils: Iterable[Figures], year: str) -> Words:
    """Keep the last word on the roll, on each activity that stands, and on each cell of coverage."""
    on_roll: dict[int, int] = {}
    activities: dict[str, Figures] = {}
    reached: dict[tuple[int, str], int] = {}
    for row in pupils:
        event = json.loads(row["value"])
        if event["academic_year"] != year:
            continue
        if row["type"] == "pupils.roll.changed.v1":
            on_roll = {group["year_group"]: group["on_roll"] for group in event["year_groups"]}
        elif row["type"] == "pupils.activity.retracted.v1":
            activities.pop(event["activity_id"])
        elif row["type"].startswith("pupils.activity."):
            activities[event["activity_id"]] = event["after" if "after" in event else "activity"]
        for cell in event.get("coverage", ()):
            reached[cell["year_group"], cell["benchmark"]] = cell["reached"]
    return on_roll, activities, reached


def flatten(report: Figures) -> Figures:
    """Name every figure of a school's own report the way `count_school` does."""
    figures: Figures = {
        "on_roll": report["on_roll"],
        "activities": report["activities"],
        "encounters": report["encounters"],
        "achieved_count": report["achieved_count"],
    }
    for benchmark, cell in report["benchmarks"].items():
        figures[benchmark] = cell["reached"]
    for group in report["year_groups"]:
        prefix = f"year_groups.{group['year_group']}"
        figures[f"{prefix}.on_roll"] = group["on_roll"]
        figures[f"{prefix}.encounters"] = group["encounters"]
        for benchmark, cell in group["benchmarks"].items():
            figures[f"{prefix}.{benchmark}"] = cell["reached"]
    for benchmark, score in (report["scores"] or {}).items():
        figures[f"scores.{benchmark}"] = score
    return {name: value for name, value in figures.items() if value and value != "x"}


def _scores(audit: Iterable[Figures], year: str) -> Figures:
    """Take the scores that were told last of the evaluation completed last, unless they were withdrawn."""
    latest: Figures | None = None
    shared: dict[str, list[Figures] | None] = {}
    for row in audit:
        event = json.loads(row["value"])
        superseded = row["type"] == "audit.evaluation.superseded.v1"
        # A plan's progress tells of no evaluation, and what is superseded keeps its scores.
        if event["academic_year"] != year or superseded or "evaluation_id" not in event:
            continue
        shared[event["evaluation_id"]] = event.get("scores")
        if row["type"] == "audit.evaluation.completed.v1" and (
            latest is None or event["completed_on"] >= latest["completed_on"]
        ):
            latest = event
    scores = None if latest is None else shared[latest["evaluation_id"]]
    if not scores:
        return {}
    figures = {f"scores.{s['benchmark']}": s["score_percent"] for s in scores}
    figures["achieved_count"] = sum(1 for s in scores if s["achieved"])
    return figures


def _compare(result: Recount, urn: str, published: Figures, counted: Figures) -> None:
    for name in sorted(published.keys() | counted.keys()):
        result.figures += 1
        pair = (published.get(name, 0), counted.get(name, 0))
        result.compared.setdefault(urn, {})[name] = pair
        if pair[0] != pair[1]:
            result.mismatches.append(Mismatch(urn, name, *pair))
