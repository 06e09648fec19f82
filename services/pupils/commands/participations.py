"""Imports a table of participations: one row a pupil and activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.commands.keeping import keep
from services.pupils.commands.looking_up import UNKNOWN_EMPLOYER, LookingUp, year_without_roll_reason
from services.pupils.model.activity import Activity, identity_of_rows
from services.pupils.model.draft import Identifying
from services.pupils.model.participations import ReadBundle, list_pupils, take
from services.pupils.model.recording import Change, Desk
from services.pupils.store.reads import find_activities, years_with_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.uow import UnitOfWork


@dataclass(slots=True)
class ImportCounts:
    """What became of the rows that could be read."""

    rows_recorded: int = 0
    rows_unchanged: int = 0
    activities_recorded: int = 0
    activities_extended: int = 0
    activities_unchanged: int = 0
    rejected: list[FieldProblem] = field(default_factory=list)
    versions: dict[ActivityId, int] = field(default_factory=dict)
    """The activities that the rows made or met, as they are now."""


async def import_participations(
    unit: UnitOfWork, context: ServiceContext, bundles: Sequence[ReadBundle]
) -> ImportCounts:
    """Take every row that can be taken, all in this unit of work; the others are in the answer."""
    looking_up = LookingUp(unit, context)
    counts = ImportCounts()
    sensible = _check(bundles, looking_up, counts)
    batch = await _prepare(looking_up, sensible)
    for bundle in sensible:
        _take(bundle, batch, looking_up, counts)
    await keep(unit, batch.desk, batch.changes)
    return counts


@dataclass(slots=True)
class _Batch:
    desk: Desk
    names: Identifying
    known: dict[ActivityId, Activity]
    years: set[AcademicYear]
    employers: set[str]
    changes: list[Change]


def _check(bundles: Sequence[ReadBundle], looking_up: LookingUp, counts: ImportCounts) -> list[ReadBundle]:
    """Complete each activity's facts; the rows of one that makes no sense are refused."""
    sensible = []
    for bundle in bundles:
        try:
            facts = looking_up.checked(bundle.facts)
        except InvalidError as refusal:
            first = refusal.problems[0]
            counts.rejected += bundle.refuse(first.where, first.reason)
        else:
            sensible.append(ReadBundle(facts, bundle.attendees))
    return sensible


async def _prepare(looking_up: LookingUp, bundles: Sequence[ReadBundle]) -> _Batch:
    upns = {attendee.upn for bundle in bundles for attendee in bundle.attendees}
    years = {bundle.facts.academic_year for bundle in bundles}
    identities = {looking_up.activity_id(identity_of_rows(bundle.facts)) for bundle in bundles}
    return _Batch(
        desk=looking_up.desk(await looking_up.sheets_of(years)),
        names=await looking_up.naming_of((), upns),
        known=await find_activities(looking_up.unit, identities),
        years=await years_with_roll(looking_up.unit),
        employers=await looking_up.employers([bundle.facts for bundle in bundles]),
        changes=[],
    )


def _take(bundle: ReadBundle, batch: _Batch, looking_up: LookingUp, counts: ImportCounts) -> None:
    facts = bundle.facts
    identity = looking_up.activity_id(identity_of_rows(facts))
    known = batch.known.get(identity)
    if facts.academic_year not in batch.years:
        counts.rejected += bundle.refuse("held_on", year_without_roll_reason(facts.academic_year))
        return
    if known is None and facts.employer_id is not None and facts.employer_id not in batch.employers:
        counts.rejected += bundle.refuse("employer_id", UNKNOWN_EMPLOYER)
        return
    taken = take(batch.desk, identity, facts, list_pupils(bundle, batch.names), known)
    counts.rejected += taken.problems
    counts.rows_recorded += taken.recorded
    counts.rows_unchanged += taken.unchanged
    if taken.change is None:
        counts.activities_unchanged += taken.unchanged > 0
        if known is not None:
            counts.versions[identity] = known.version
        return
    counts.versions[identity] = taken.change.after.version
    counts.activities_recorded += known is None
    counts.activities_extended += known is not None
    batch.changes.append(taken.change)
    batch.known[identity] = taken.change.after
