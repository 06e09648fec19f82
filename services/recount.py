"""Recount: every figure of the report counted again from the ledgers, by code that shares nothing with it.

The report is folded event by event and put together by `reporting`. Here all rows of the ledgers
are read as plain JSON and counted the naive way: take the last word on each activity, add up. If a
fold, a correction, a duplicate or a gap went wrong, the two differ and the command fails. A school whose URN
has changed must be one row of the Hub report, with the figures of its first URN's ledgers.

An operator's tool: it reads every service's database, which no service does.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.vocabulary import CREDITED_BENCHMARKS, Urn
from services.recount_attainment import recount_attainment
from services.recount_tables import recount_tables
from services.reporting.recounts import RecountRun, keep_recount
from services.reporting.store import SCHOOLS
from services.reporting.stream import PROJECTIONS
from services.reporting.views import read_hub_report, read_own_report
from services.runtime.context import ServiceContext
from services.runtime.ledger import LEDGER, SEQUENCES
from services.runtime.mongo import Document
from services.runtime.parking import PARKED, WAITING
from services.runtime.projection import Projection
from services.runtime.successions import SUCCESSIONS
from services.runtime.tenancy import Tenancy

Figures = dict[str, Any]
_PAGE: Final = 1_000
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
    rows = {service: await _rows(tenancy, service) for service in ("pupils", "audit", "employers")}
    result.events = sum(len(events) for events in rows.values())
    before = await _predecessors(tenancy)
    listed = [s["_id"] for s in await reporting.database().collection(SCHOOLS).find({}, sort=[("_id", 1)])]
    earlier = {urn for successor in listed for urn in _chain(successor, before)[1:]}
    expected = [urn for urn in listed if urn not in earlier]
    totals: Counter[str] = Counter()
    for urn in expected:
        tenant = _chain(urn, before)[-1]
        published = await read_own_report(reporting, Urn(tenant), year, Urn(urn))
        counted = count_school(
            (r for r in rows["pupils"] if r["key"] == tenant),
            (r for r in rows["audit"] if r["key"] == tenant),
            year,
        )
        result.schools += 1
        totals.update({name: counted.get(name, 0) for name in HUB_TOTALS})
        _compare(result, urn, flatten(published), counted)
    await _compare_hub(result, reporting, expected, totals)
    tenants = {urn: _chain(urn, before)[-1] for urn in expected}
    for subject, shown, counted in await recount_attainment(reporting, rows["audit"], tenants, year):
        _compare(result, subject, shown, counted)
    tables = await recount_tables(reporting, year, rows, {urn: _chain(urn, before) for urn in expected})
    result.figures += tables.figures
    result.mismatches += [Mismatch(*difference) for difference in tables.differences]
    result.unsettled = await _unsettled(reporting, tenancy)
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
    await keep_recount(reporting.database(), run, result.compared)


async def _compare_hub(
    result: Recount, reporting: ServiceContext, expected: list[str], totals: Counter[str]
) -> None:
    """Compare which schools the Hub report lists, each once, and the totals that are never withheld."""
    report = await read_hub_report(reporting, result.academic_year, readers=())
    published = sorted(school["urn"] for school in report["schools"])
    if published != expected:
        result.mismatches.append(Mismatch("hub", "schools", published, expected))
    _compare(
        result, "hub", _not_zero({name: report["totals"][name] for name in HUB_TOTALS}), _not_zero(totals)
    )


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


def _not_zero(figures: Mapping[str, int]) -> Figures:
    return {name: value for name, value in figures.items() if value}


def count_school(pupils: Iterable[Figures], audit: Iterable[Figures], year: str) -> Figures:
    """Count one school's year from its ledger rows; returns figure -> value, zero figures left out."""
    on_roll, activities, reached = _last_words(pupils, year)
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


def _last_words(
    pupils: Iterable[Figures], year: str
) -> tuple[dict[int, int], dict[str, Figures], dict[tuple[int, str], int]]:
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
        else:
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


async def _rows(tenancy: Tenancy, service: str) -> list[Figures]:
    """Read a whole ledger, each key in order, and check that no sequence is missing."""
    database = tenancy.service(service)
    rows: list[Figures] = []
    for counter in await database.collection(SEQUENCES).find({}, sort=[("_id", 1)]):
        key, head = counter["_id"], counter["head"]
        of_key: list[Figures] = []
        for after in range(0, head, _PAGE):
            where = {"key": key, "last": {"$gt": after, "$lte": after + _PAGE}}
            for batch in await database.collection(LEDGER).find(where, sort=[("last", 1)]):
                of_key += rows_of(batch)
        if [row["sequence"] for row in of_key] != list(range(1, head + 1)):
            message = f"the ledger of {service} is damaged at key {key}: {len(of_key)} rows for head {head}"
            raise RuntimeError(message)
        rows += of_key
    return rows


def rows_of(batch: Document) -> list[Figures]:
    """Take a stored batch of events apart: a row an event, with its key and sequence."""
    return [
        {"key": batch["key"], "sequence": batch["first"] + place, **event}
        for place, event in enumerate(batch["events"])
    ]


async def _unsettled(reporting: ServiceContext, tenancy: Tenancy) -> dict[str, int]:
    """Events acknowledged but neither applied nor parked (promise P6), by stream: of the worst reader."""
    missing: dict[str, int] = {}
    for projection in PROJECTIONS:
        for stream, left in (await _left_of(reporting, tenancy, projection)).items():
            missing[stream] = max(left, missing.get(stream, 0))
    return missing


async def _left_of(reporting: ServiceContext, tenancy: Tenancy, projection: Projection) -> dict[str, int]:
    applied = {
        document["_id"]: document["sequence"]
        for document in await (await reporting.projection(projection)).find({}, fields=["sequence"])
    }
    parked: dict[str, int] = defaultdict(int)
    reader = f"{reporting.service}.{await reporting.generations.active_collection(projection)}"
    where = {"status": WAITING, "reader": reader}
    for row in await reporting.database().collection(PARKED).find(where, fields=["service", "key"]):
        parked[f"{row['service']}/{row['key']}"] += 1
    missing: dict[str, int] = {}
    for card in projection.topics:
        for counter in await tenancy.service(card.owner).collection(SEQUENCES).find({}):
            stream = f"{card.owner}/{counter['_id']}"
            left = counter["head"] - applied.get(stream, 0) - parked[stream]
            if left:
                missing[stream] = left
    return missing
