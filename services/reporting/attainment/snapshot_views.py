"""What is shown of frozen snapshots: the frozen figures, what restates them, and the proof of both.

A frozen figure is shown as long as every school that it was made of may be seen by the audience. When one
withdraws, the figure is withheld: it could be worked out from the others. The hash stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from contracts.vocabulary import AcademicYear, Urn
from services.reporting.attainment.figures import hub_subject, together_figures_of
from services.reporting.attainment.model.aggregate import row_figures
from services.reporting.attainment.model.frozen import (
    Frozen,
    differs,
    hash_of,
    shared_now,
    still_seen,
    told_together,
)
from services.reporting.attainment.model.position import (
    EVERYONE,
    Audience,
    Evaluation,
    Json,
    School,
    position_alone,
    position_on,
    standing_on,
)
from services.reporting.attainment.model.terms import (
    SnapshotDay,
    Term,
    snapshot_days,
    today_in_england,
    window_on,
)
from services.reporting.attainment.store import frozen_of, latest_frozen
from services.reporting.attainment.views import SYMBOLS, own_school, schools_now
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError

NOT_DUE: Final = "The day of this snapshot is not over yet."
NOT_FROZEN: Final = "This snapshot will be frozen by the next daily run; until then ask for its day."
NO_DATA: Final = "No data yet: no school had completed an evaluation by the day of this snapshot."
WITHDRAWN: Final = (
    "Withheld: a school whose scores this figure was made of no longer shares them. The hash still proves "
    "that the snapshot is what was frozen."
)
DAMAGED: Final = "This snapshot is not what was frozen: its hash does not fit. Restore it from a backup."


async def read_snapshots(context: ServiceContext, year: AcademicYear, audience: Audience) -> Json:
    """Show an academic year's snapshots to an audience of the Hub."""
    schools = await schools_now(context)
    frozen = await frozen_of(context.database(), year)
    return {
        "academic_year": year,
        "audience": audience.name,
        "snapshots": [
            _snapshot(context, day, frozen.get(day.term), schools, audience) for day in snapshot_days(year)
        ],
        "symbols": SYMBOLS,
    }


async def read_proof(context: ServiceContext, year: AcademicYear, term: Term, audience: Audience) -> Json:
    """Show what proves a snapshot: every entry's hash, and the text of those that the audience may see."""
    frozen = (await frozen_of(context.database(), year)).get(term)
    if frozen is None:
        raise NotFoundError(NOT_FROZEN)
    schools = {school.tenant: school for school in await schools_now(context)}
    entries = frozen.entries()
    return {
        "academic_year": year,
        "term": term,
        "on": frozen.day.on.isoformat(),
        "frozen_at": frozen.frozen_at,
        "digest": frozen.digest,
        "intact": frozen.is_intact,
        "entries": [
            {"hash": hash_of(text), "text": text if _may_read(entry, entries, schools, audience) else None}
            for text, entry in zip(frozen.texts, entries, strict=True)
        ],
    }


async def read_own_snapshots(context: ServiceContext, tenant: Urn, year: AcademicYear) -> Json:
    """Show a school what was frozen of it, and beside it what everybody may know of the Hub."""
    school = await own_school(context, tenant)
    frozen = await frozen_of(context.database(), year)
    every = {each.tenant: each for each in await schools_now(context)}
    return {
        "academic_year": year,
        "snapshots": [
            {
                **_own_entry(frozen.get(day.term), day, school, context),
                "hub": None if day.term not in frozen else _told_frozen(frozen[day.term], every, EVERYONE),
            }
            for day in snapshot_days(year)
        ],
        "symbols": SYMBOLS,
    }


async def latest_told_to_everyone(context: ServiceContext) -> Json | None:
    """Show what everybody may know of the Hub: the latest frozen snapshot's figures, or None before one."""
    frozen = await latest_frozen(context.database())
    if frozen is None:
        return None
    schools = {school.tenant: school for school in await schools_now(context)}
    return {
        "academic_year": frozen.day.academic_year,
        "term": frozen.day.term,
        "on": frozen.day.on.isoformat(),
        "figures": _told_frozen(frozen, schools, EVERYONE),
    }


async def frozen_figures(
    context: ServiceContext, year: AcademicYear, audience: Audience, subject: str
) -> dict[str, Any]:
    """Name what an audience may see frozen of a school or of the Hub, as the recount names it."""
    schools = {school.tenant: school for school in await schools_now(context)}
    found: dict[str, Any] = {}
    for term, frozen in (await frozen_of(context.database(), year)).items():
        name = f"frozen.{year}.{term}"
        if subject == "hub":
            found[f"{name}.digest"] = frozen.digest
        elif subject == hub_subject(audience.name) and not audience.is_everyone:
            found |= together_figures_of(_told_frozen(frozen, schools, audience) or (), name)
        else:
            for entry in frozen.entries():
                if entry.get("urn") == subject and _sees_entry(entry, schools.get(entry["tenant"]), audience):
                    scores = (entry["scores"] or {}).items()
                    found |= {f"{name}.scores.{benchmark}": score for benchmark, score in scores}
    return found


def _snapshot(
    context: ServiceContext,
    day: SnapshotDay,
    frozen: Frozen | None,
    schools: Sequence[School],
    audience: Audience,
) -> Json:
    head: Json = {"academic_year": day.academic_year, "term": day.term, "on": day.on.isoformat()}
    if frozen is None:
        return {**head, **_why_none(context, day, schools)}
    window = window_on(day.on, "term")
    by_tenant = {school.tenant: school for school in schools}
    entries = [entry for entry in frozen.entries() if entry["kind"] == "school"]
    rows = [_entry_row(entry, by_tenant.get(entry["tenant"]), audience, day) for entry in entries]
    told = _told_frozen(frozen, by_tenant, audience)
    now = told_together(audience, [position_on(school, window, audience) for school in schools])
    restated = told != now
    return {
        **head,
        "status": "frozen" if frozen.is_intact else "damaged",
        "message": None if frozen.is_intact else DAMAGED,
        "frozen_at": frozen.frozen_at,
        "digest": frozen.digest,
        "schools": rows,
        "together": told,
        "withheld_because": WITHDRAWN if told is None else None,
        "restated": restated or any(row["restated"] for row in rows),
        # Everybody is told the frozen figures alone: a restatement differs from them by a school or two.
        "together_now": now if restated and not audience.is_everyone else None,
    }


def _why_none(context: ServiceContext, day: SnapshotDay, schools: Sequence[School]) -> Json:
    if day.on >= today_in_england(context.clock()):
        return {"status": "not_due_yet", "message": NOT_DUE}
    evaluated = any(school.evaluations and school.evaluations[0].completed_on <= day.on for school in schools)
    return (
        {"status": "not_frozen_yet", "message": NOT_FROZEN}
        if evaluated
        else {"status": "no_data_yet", "message": NO_DATA}
    )


def _entry_row(entry: Json, school: School | None, audience: Audience, day: SnapshotDay) -> Json:
    """Show a school's entry, and its position of that day now if that is another one."""
    seen = _sees_entry(entry, school, audience)
    now = None if school is None else position_alone(school, window_on(day.on, "term"), audience)
    standing = None if school is None else standing_on(school, window_on(day.on, "term"))
    # Of scores that the audience may not see, not even that they changed.
    moved = (
        differs(entry, standing)
        if seen or (now is not None and now.evaluation is not None)
        else entry["evaluation_id"] != (standing.id if standing else None)
    )
    return {
        "urn": entry["urn"],
        "name": None if school is None else school.name,
        "status": entry["status"] if seen or entry["status"] != "reported" else "not_shared",
        "completed_on": entry["completed_on"],
        "framework": entry["framework"],
        "scores": entry["scores"] if seen else None,
        "restated": moved,
        "now": None if not moved or now is None else _position_now(now.status, now.evaluation),
    }


def _position_now(status: str, evaluation: Evaluation | None) -> Json:
    if evaluation is None:
        return {"status": status}
    return {
        "status": status,
        "completed_on": evaluation.completed_on.isoformat(),
        "framework": evaluation.framework,
        **row_figures(evaluation),
    }


def _own_entry(frozen: Frozen | None, day: SnapshotDay, school: School, context: ServiceContext) -> Json:
    head: Json = {"academic_year": day.academic_year, "term": day.term, "on": day.on.isoformat()}
    if frozen is None:
        return {**head, **_why_none(context, day, [school])}
    own = next((e for e in frozen.entries() if e.get("tenant") == school.tenant), None)
    now = position_on(school, window_on(day.on, "term"), None)
    return {
        **head,
        "status": "frozen" if frozen.is_intact else "damaged",
        "message": None if frozen.is_intact else DAMAGED,
        "frozen_at": frozen.frozen_at,
        "digest": frozen.digest,
        "frozen": own,
        "restated": own is None or differs(own, standing_on(school, window_on(day.on, "term"))),
        "now": _position_now(now.status, now.evaluation),
    }


def _told_frozen(frozen: Frozen, schools: Mapping[str, School], audience: Audience) -> list[Json] | None:
    """Show what an audience was told together; None if a school that it was made of has withdrawn."""
    entries = frozen.entries()
    if not still_seen(entries, audience, schools):
        return None
    figures: list[Json] = next(
        entry["figures"]
        for entry in entries
        if entry["kind"] == "together" and entry["audience"] == audience.name
    )
    return figures


def _sees_entry(entry: Json, school: School | None, audience: Audience) -> bool:
    return (
        not audience.is_everyone
        and audience.sees(entry["shared_with"])
        and audience.sees(shared_now(school, entry["evaluation_id"]))
    )


def _may_read(
    entry: Json, entries: Sequence[Json], schools: Mapping[str, School], audience: Audience
) -> bool:
    if entry["kind"] == "together":
        return entry["audience"] == audience.name and still_seen(entries, audience, schools)
    return _sees_entry(entry, schools.get(entry["tenant"]), audience)
