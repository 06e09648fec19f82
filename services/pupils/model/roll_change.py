"""Finds what an import of a roll changes.

A roll is everybody of one academic year: an import replaces the one before. Pupils are known by their UPNs
(`identity.py`); the platform gives each an opaque id of its own, which stays when anything else changes.

The rule for leavers: a pupil who is on roll and not in the file has left, leaves every denominator and every
count of pupils reached from this import on, and keeps the record; one who is in a later file again comes back
with all credits, and with the names if those were taken away after leaving. A row with a leaving date that
has come says the same, from that day. A file that cannot be read in full takes nobody off the roll by
accident: a pupil whose row was refused stays, and while any row's UPNs cannot be read, everybody does. Taking
off more than half of a roll asks for a confirmation, because that is what sending one year group's file looks
like.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.pupils import CoverageCell, YearGroupRoll
from contracts.vocabulary import CREDITED_BENCHMARKS, AcademicYear, CreditedBenchmark, academic_year_days
from services.pupils.model.enrolment import CURRENT, SUBSIDIARY
from services.pupils.model.groups import told, tracked
from services.pupils.model.identity import Match, Matching, Refusal, by_any_digest, match_rows
from services.pupils.model.pupil import Pupil, YearPlace
from services.pupils.model.roll import RollEntry
from services.pupils.model.sheets import PupilRef, Register
from services.pupils.model.upn import Upn
from services.runtime.errors import ConflictError, FieldProblem

LEAVERS_TO_CONFIRM_FROM: Final = 10
"""Below this, more than half of a roll can leave unasked: a tiny provision's roll does that."""


@dataclass(frozen=True, slots=True)
class Identified:
    """A file's content with UPNs replaced by digests, beside what is stored."""

    entries: Mapping[str, RollEntry]
    """By digest, in the order of the file."""
    kept_digests: frozenset[str]
    """Pupils whose rows were refused: they stay as they are."""
    unreadable_upns: int
    pupils: Mapping[str, Pupil]
    """Every pupil of the school, by the digest of the present UPN."""
    former_digests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the former UPNs that entries name, by the entry's digest."""
    erased: frozenset[str] = frozenset()
    """Of pupils whom no roll may bring back."""


@dataclass(slots=True)
class RollChange:
    """What an import does. Valid rows are new, changed or unchanged; `moved` are among the changed."""

    year: AcademicYear
    new: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    left: int = 0
    missing_kept: int = 0
    added: list[Pupil] = field(default_factory=list)
    updated: list[Pupil] = field(default_factory=list)
    rolls: tuple[YearGroupRoll, ...] = ()
    coverage: tuple[CoverageCell, ...] = ()
    figures_changed: bool = False
    needs_confirmation: bool = False
    """Whether so many leave that somebody has to confirm it."""
    refusals: tuple[Refusal, ...] = ()
    refused: list[FieldProblem] = field(default_factory=list)
    """The refusals as problems of the file's rows."""


@dataclass(frozen=True, slots=True)
class Import:
    """The circumstances of an import: which year, which day, and how new pupils get their id and seal."""

    year: AcademicYear
    today: dt.date
    new_ref: Callable[[], PupilRef]
    seal: Callable[[Upn], bytes]
    leavers_confirmed: bool


def change_roll(found: Identified, register: Register, how: Import) -> RollChange:
    """Bring the year's sheets, all of which the register has read, to what the file says.

    Raises ConflictError if more than half of the roll would leave and nobody confirmed that.
    """
    year = how.year
    before = figures_of(register, year)
    on_roll_before = sum(len(sheet.pupils) for sheet in register.of_year(year))
    known = by_any_digest(found.pupils.values())
    matching = match_rows(found.entries, found.former_digests, known, found.erased)
    change = RollChange(year, refusals=matching.refusals)
    absent = _absent(found, matching, known, register, year)
    if found.unreadable_upns:
        change.missing_kept, absent = len(absent), []
    planned = [(match.known, _as_entered(match, how)) for match in matching.matches]
    leaving = len(absent) + sum(_is_on_roll(was, year) > _is_on_roll(now, year) for was, now in planned)
    change.needs_confirmation = leaving >= LEAVERS_TO_CONFIRM_FROM and leaving * 2 > on_roll_before
    if change.needs_confirmation and not how.leavers_confirmed:
        raise _exodus(leaving, on_roll_before, year)
    for was, now in planned:
        _enter(was, now, register, change)
    for pupil in absent:
        register.take_off(year, pupil.ref)
        place = replace(pupil.years[year], left_on=how.today)
        change.updated.append(replace(pupil, years={**pupil.years, year: place}))
        change.left += 1
    note_figures(change, register, before)
    return change


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one year group: its roll, and the cells of its coverage where somebody is reached."""

    roll: YearGroupRoll
    cells: Mapping[CreditedBenchmark, CoverageCell]


Figures = dict[int, Told]
"""By year group; a year group of nobody is as good as none."""


def figures_of(register: Register, year: AcademicYear) -> Figures:
    """Take down what would be told of each year group now."""
    return {
        sheet.year_group: Told(
            sheet.roll(), {benchmark: sheet.cell(benchmark) for benchmark in sheet.reached()}
        )
        for sheet in register.of_year(year)
        if sheet.pupils
    }


def note_figures(change: RollChange, register: Register, before: Figures) -> None:
    """Take down what there is to tell of a change, once the register has it."""
    after = figures_of(register, change.year)
    change.rolls = register.rolls(change.year)
    change.figures_changed = before != after
    change.coverage = differing_cells(before, after)


def differing_cells(before: Figures, after: Figures) -> tuple[CoverageCell, ...]:
    """List the cells of coverage that leaving, returning, moving and regrouping pupils have changed."""
    cells = []
    for year_group in sorted(before.keys() | after.keys()):
        old, new = (figures[year_group].cells if year_group in figures else {} for figures in (before, after))
        cells += [
            new.get(benchmark, CoverageCell(year_group=year_group, benchmark=benchmark, reached=0))
            for benchmark in CREDITED_BENCHMARKS
            if old.get(benchmark) != new.get(benchmark)
        ]
    return tuple(cells)


def _absent(
    found: Identified, matching: Matching, known: Mapping[str, Pupil], register: Register, year: AcademicYear
) -> list[Pupil]:
    """List the pupils on roll whom no row of the file means."""
    on_roll = {ref for sheet in register.of_year(year) for ref in sheet.pupils}
    meant = {match.known.ref for match in matching.matches if match.known is not None}
    kept = {known[digest].ref for digest in found.kept_digests if digest in known}
    missing = on_roll - meant - kept - matching.kept
    return [pupil for pupil in found.pupils.values() if pupil.ref in missing]


def _exodus(leaving: int, on_roll: int, year: AcademicYear) -> ConflictError:
    return ConflictError(
        f"This would take {leaving} of {on_roll} pupils off the roll of {year}. A roll is everybody, not one "
        "year group. If they have really left, send the file again with confirm_leavers=true."
    )


def _is_on_roll(pupil: Pupil | None, year: AcademicYear) -> bool:
    place = None if pupil is None else pupil.years.get(year)
    return place is not None and place.left_on is None


def _enter(was: Pupil | None, now: Pupil, register: Register, change: RollChange) -> None:
    """Bring one pupil to what the row says, and count what that is."""
    year = change.year
    before = None if was is None else was.years.get(year)
    place = now.years[year]
    if was == now:
        register.describe(year, now.ref, tracked(now.groups.get(year, ())))
        change.unchanged += 1
        return
    (change.added if was is None else change.updated).append(now)
    was_on, is_on = _is_on_roll(was, year), place.left_on is None
    if before is None or (is_on and not was_on):
        change.new += 1
    else:
        change.changed += 1
        change.moved += was_on and before.year_group != place.year_group
    change.left += not is_on and (was_on or before is None)
    if before is None or _seat_of(before, year) != _seat_of(place, year):
        seat(register, year, now)
    register.describe(year, now.ref, tracked(now.groups.get(year, ())))


def _joined_on(place: YearPlace, year: AcademicYear) -> dt.date | None:
    """Return the admission date of somebody who came in the course of the year."""
    came = place.admitted_on
    return came if came is not None and came > academic_year_days(year)[0] else None


def _seat_of(place: YearPlace, year: AcademicYear) -> tuple[object, ...]:
    """What of a place a sheet says."""
    on_roll = place.left_on is None
    subsidiary = on_roll and place.enrolment in SUBSIDIARY
    return place.year_group, place.tutor_group, on_roll, subsidiary, _joined_on(place, year)


def seat(register: Register, year: AcademicYear, pupil: Pupil) -> None:
    """Bring the year's sheets to what a pupil's place says."""
    place = pupil.years[year]
    register.place(year, pupil.ref, place.year_group, place.tutor_group)
    if place.enrolment in SUBSIDIARY:
        register.note_subsidiary(year, pupil.ref)
    joined_on = _joined_on(place, year)
    if joined_on is not None:
        register.note_admission(year, pupil.ref, joined_on)
    if place.left_on is not None:
        register.take_off(year, pupil.ref)
    register.describe(year, pupil.ref, tracked(pupil.groups.get(year, ())))


def _as_entered(match: Match, how: Import) -> Pupil:
    """Say what is held of a pupil once the row is taken."""
    entry, year = match.entry, how.year
    digest = match.present_digest
    known = match.known
    if known is None:
        known = Pupil(how.new_ref(), digest, {}, how.seal(entry.upn), "", "")
    elif known.upn_digest != digest:
        known = replace(known, upn_digest=digest, upn_sealed=how.seal(entry.upn))
    groups = {**known.groups, year: told(known.groups.get(year, ()), entry.groups)}
    return replace(
        known,
        former_digests=match.all_former,
        surname=entry.surname,
        forename=entry.forename,
        years={**known.years, year: _place(entry, known.years.get(year), how)},
        groups={its_year: said for its_year, said in groups.items() if said},
        pseudonymised_on=None,
    )


def _place(entry: RollEntry, before: YearPlace | None, how: Import) -> YearPlace:
    """Find a row's place; what the row does not say of the enrolment stays as it was this year."""
    said = entry.enrolment
    left_on = said.leaving_on
    # Who leaves after the year's last day was on its roll to the end.
    if left_on is not None and left_on > min(how.today, academic_year_days(how.year)[1]):
        left_on = None
    admitted_on = said.admitted_on or (None if before is None else before.admitted_on)
    if left_on is not None and admitted_on is not None and left_on < admitted_on:
        # What an earlier file said cannot be: the later one says when the pupil left.
        admitted_on = None
    status = said.status or (CURRENT if before is None else before.enrolment)
    return YearPlace(entry.year_group, entry.tutor_group, left_on, admitted_on, status)
