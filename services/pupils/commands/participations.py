"""Imports a table of participations: one row a pupil and activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.commands.keeping import fresh_receipt, keep
from services.pupils.commands.looking_up import UNKNOWN_EMPLOYER, LookingUp, year_without_roll_reason
from services.pupils.model.activity import Activity, identity_of_rows
from services.pupils.model.draft import Identifying
from services.pupils.model.duplicates import Recorded
from services.pupils.model.matches import Match, match_problems
from services.pupils.model.merging import Absorbed
from services.pupils.model.participations import ReadBundle, Rows, Taken, list_pupils, take
from services.pupils.model.recording import Decided, Desk
from services.pupils.store.reads import find_activities, years_with_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


@dataclass(slots=True)
class ImportCounts:
    """What became of the rows that could be read."""

    rows_recorded: int = 0
    rows_unchanged: int = 0
    activities_recorded: int = 0
    activities_extended: int = 0
    activities_unchanged: int = 0
    merged: list[Document] = field(default_factory=list)
    possible_duplicates: list[Document] = field(default_factory=list)
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
    matches: dict[str, Match]
    others: Recorded
    changes: list[Decided]


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
            sensible.append(ReadBundle(facts, bundle.attendees, bundle.separate))
    return sensible


async def _prepare(looking_up: LookingUp, bundles: Sequence[ReadBundle]) -> _Batch:
    upns = {attendee.upn for bundle in bundles for attendee in bundle.attendees}
    years = {bundle.facts.academic_year for bundle in bundles}
    identities = [looking_up.activity_id(identity_of_rows(bundle.facts)) for bundle in bundles]
    known = await find_activities(looking_up.unit, set(identities))
    fresh = [
        bundle.facts
        for bundle, identity in zip(bundles, identities, strict=True)
        if identity not in known and not bundle.separate
    ]
    return _Batch(
        desk=looking_up.desk(await looking_up.sheets_of(years)),
        names=await looking_up.naming_of((), upns),
        known=known,
        years=await years_with_roll(looking_up.unit),
        employers=await looking_up.employers([bundle.facts for bundle in bundles]),
        matches=await looking_up.matches([bundle.facts for bundle in bundles]),
        others=Recorded(await looking_up.alike(fresh)),
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
    unfit = match_problems(facts, batch.matches) if known is None else ()
    if unfit:
        counts.rejected += bundle.refuse(unfit[0].where, unfit[0].reason)
        return
    rows = Rows(identity, facts, list_pupils(bundle, batch.names), bundle.separate)
    taken = take(batch.desk, rows, known, batch.others)
    counts.rejected += taken.problems
    counts.rows_recorded += taken.recorded
    counts.rows_unchanged += taken.unchanged
    if not taken.changes:
        counts.activities_unchanged += taken.unchanged > 0
        if known is not None:
            counts.versions[identity] = known.version
        return
    for change in taken.changes:
        after = change.after
        if after.id == identity or after.id in counts.versions:
            counts.versions[after.id] = after.version
        batch.changes.append(change)
        batch.known[after.id] = after
    counts.activities_extended += known is not None
    _count_fresh(taken, bundle, counts)


def _count_fresh(taken: Taken, bundle: ReadBundle, counts: ImportCounts) -> None:
    """Count an activity that was not known: recorded, or merged into another at once."""
    if taken.fresh is None:
        return
    receipt = fresh_receipt(taken.fresh)
    found: Document = {"row": bundle.attendees[0].row, "activity_id": receipt["activity_id"]}
    if isinstance(taken.fresh, Absorbed):
        counts.merged.append(found | {"merged_into": receipt["merged_into"]})
        return
    counts.activities_recorded += 1
    if taken.fresh.suspects:
        counts.possible_duplicates.append(found | {"possible_duplicates": receipt["possible_duplicates"]})
