"""Finds what an import of a roll changes.

A roll is everybody of one academic year: an import replaces the one before. Pupils are known by their UPN;
the platform gives each an opaque id of its own, which stays when anything else changes.

The rule for leavers: a pupil who is on roll and not in the file has left, leaves every denominator and every
count of pupils reached from this import on, and keeps the record; one who is in a later file again comes back
with all credits. A file that cannot be read in full takes nobody off the roll by accident: a pupil whose row
was refused stays, and while any row's UPN cannot be read, everybody does. Taking off more than half of a roll
asks for a confirmation, because that is what sending one year group's file looks like.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.pupils import CoverageCell, YearGroupRoll
from contracts.vocabulary import CREDITED_BENCHMARKS, AcademicYear, CreditedBenchmark
from services.pupils.model.groups import told, tracked
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
    """Every pupil of the school, by digest."""


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
    refused: list[FieldProblem] = field(default_factory=list)
    """Rows of pupils who were erased: they are not taken."""


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
    change = RollChange(year)
    absent = _absent(found, register, year)
    if found.unreadable_upns:
        change.missing_kept, absent = len(absent), []
    _refuse_exodus(len(absent), on_roll_before, how)
    for digest, entry in found.entries.items():
        known = found.pupils.get(digest)
        if known is None:
            known = Pupil(how.new_ref(), digest, {}, how.seal(entry.upn), "", "")
            change.added.append(_enter(known, entry, register, change))
        else:
            _update(known, entry, register, change)
    for pupil in absent:
        register.take_off(year, pupil.ref)
        place = replace(pupil.years[year], left_on=how.today)
        change.updated.append(replace(pupil, years={**pupil.years, year: place}))
        change.left += 1
    change.rolls = register.rolls(year)
    after = figures_of(register, year)
    change.figures_changed = before != after
    change.coverage = differing_cells(before, after)
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


def _absent(found: Identified, register: Register, year: AcademicYear) -> list[Pupil]:
    """List the pupils on roll whom no row of the file names."""
    on_roll = {ref for sheet in register.of_year(year) for ref in sheet.pupils}
    return [
        pupil
        for digest, pupil in found.pupils.items()
        if pupil.ref in on_roll and digest not in found.entries and digest not in found.kept_digests
    ]


def _refuse_exodus(leaving: int, on_roll: int, how: Import) -> None:
    if how.leavers_confirmed or leaving < LEAVERS_TO_CONFIRM_FROM or leaving * 2 <= on_roll:
        return
    raise ConflictError(
        f"This would take {leaving} of {on_roll} pupils off the roll of {how.year}. A roll is everybody, not "
        "one year group. If they have really left, send the file again with confirm_leavers=true."
    )


def _enter(known: Pupil, entry: RollEntry, register: Register, change: RollChange) -> Pupil:
    register.place(change.year, known.ref, entry.year_group, entry.tutor_group)
    change.new += 1
    return _entered(known, entry, register, change.year)


def _update(known: Pupil, entry: RollEntry, register: Register, change: RollChange) -> None:
    place = known.years.get(change.year)
    if place is None or place.left_on is not None:
        change.updated.append(_enter(known, entry, register, change))
        return
    if (place.year_group, place.tutor_group) != (entry.year_group, entry.tutor_group):
        register.place(change.year, known.ref, entry.year_group, entry.tutor_group)
    entered = _entered(known, entry, register, change.year)
    if entered == known:
        change.unchanged += 1
    else:
        change.changed += 1
        change.moved += place.year_group != entry.year_group
        change.updated.append(entered)


def _entered(known: Pupil, entry: RollEntry, register: Register, year: AcademicYear) -> Pupil:
    """Bring a pupil who is on the year's sheet to what the row says."""
    entered = _as_entered(known, entry, year)
    register.describe(year, known.ref, tracked(entered.groups.get(year, ())))
    return entered


def _as_entered(known: Pupil, entry: RollEntry, year: AcademicYear) -> Pupil:
    place = YearPlace(entry.year_group, entry.tutor_group)
    groups = {**known.groups, year: told(known.groups.get(year, ()), entry.groups)}
    return replace(
        known,
        surname=entry.surname,
        forename=entry.forename,
        years={**known.years, year: place},
        groups={its_year: said for its_year, said in groups.items() if said},
    )
