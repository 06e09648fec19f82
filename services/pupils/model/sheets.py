"""The year-group sheets: who is on roll, and how often each pupil has been credited for each benchmark.

A sheet is one document for one year group of one academic year, so coverage is read and written as one thing.
Credits are counts, not marks: when a pupil's last crediting activity is corrected or retracted the count
reaches zero, and the pupil is no longer reached, without looking at any other activity.

Invariants:
- within an academic year a pupil is in one sheet only, either on roll or left;
- a credit count is at least 1, or absent;
- `subsidiary` are on roll;
- `reached` counts pupils on roll. A pupil who left keeps the credits, uncounted, and may bring them back;
- a tracked group holds nobody who is not on the sheet.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NewType

from contracts.pupils import CoverageCell, YearGroupRoll
from contracts.vocabulary import (
    CREDITED_BENCHMARKS,
    TRACKED_GROUPS,
    AcademicYear,
    CreditedBenchmark,
    TrackedGroup,
)

PupilRef = NewType("PupilRef", str)
"""The platform's own opaque id of a pupil. It never leaves this service and the school's own staff."""
CreditKey = str
"""A benchmark, or a part of one that a criterion asks for by itself, such as `gb7:fe_college`."""
SheetId = NewType("SheetId", str)
"""`2025/26:10`: Year 10 of an academic year."""


def sheet_id(year: AcademicYear, year_group: int) -> SheetId:
    """Name the sheet of a year group."""
    return SheetId(f"{year}:{year_group}")


@dataclass(slots=True)
class Sheet:
    """One year group of one academic year; `pupils` and `left` map a pupil to the tutor group, or to ''."""

    academic_year: AcademicYear
    year_group: int
    pupils: dict[PupilRef, str] = field(default_factory=dict)
    left: dict[PupilRef, str] = field(default_factory=dict)
    credits: dict[CreditKey, dict[PupilRef, int]] = field(default_factory=dict)
    groups: dict[TrackedGroup, set[PupilRef]] = field(default_factory=dict)
    """Who belongs to each tracked group, whether on roll or left."""
    subsidiary: set[PupilRef] = field(default_factory=set)
    """Those of `pupils` whose main registration is at another school."""
    admitted: dict[PupilRef, str] = field(default_factory=dict)
    """The day, as ISO text, on which those were admitted who came in the course of the year."""

    @property
    def id(self) -> SheetId:
        """The id of its document."""
        return sheet_id(self.academic_year, self.year_group)

    @property
    def tutor_groups(self) -> list[str]:
        """The tutor groups with somebody on roll, in order."""
        return sorted(set(self.pupils.values()) - {""})

    def reached(self) -> dict[CreditedBenchmark, int]:
        """Count the different pupils on roll with a credit, for each benchmark where there are any."""
        counts = {benchmark: self.reached_for(benchmark) for benchmark in CREDITED_BENCHMARKS}
        return {benchmark: count for benchmark, count in counts.items() if count}

    def reached_for(self, benchmark: CreditedBenchmark) -> int:
        """Count the different pupils on roll with a credit for a benchmark."""
        return len(self._reached(benchmark))

    def roll(self) -> YearGroupRoll:
        """Tell how many are on roll, and how many of them belong to each group."""
        on_roll = self.pupils.keys()
        return YearGroupRoll(
            year_group=self.year_group,
            on_roll=len(on_roll),
            by_group=self.count_by_group(on_roll),
            subsidiary=len(self.subsidiary),
        )

    def cell(self, benchmark: CreditedBenchmark) -> CoverageCell:
        """Tell how many on roll are reached for a benchmark, and how many of them belong to each group."""
        reached = self._reached(benchmark)
        return CoverageCell(
            year_group=self.year_group,
            benchmark=benchmark,
            reached=len(reached),
            by_group=self.count_by_group(reached),
        )

    def count_by_group(self, refs: AbstractSet[PupilRef]) -> dict[TrackedGroup, int]:
        """Count how many of these pupils belong to each group; a group of none of them is left out."""
        counts = {group: len(refs & members) for group, members in self.groups.items()}
        return {group: counts[group] for group in TRACKED_GROUPS if counts.get(group)}

    def describe(self, ref: PupilRef, groups: Collection[TrackedGroup]) -> bool:
        """Note to which groups a pupil of this sheet belongs; returns whether that is new."""
        before = {group for group, members in self.groups.items() if ref in members}
        if before == set(groups):
            return False
        for group in TRACKED_GROUPS:
            if group in groups:
                self.groups.setdefault(group, set()).add(ref)
            elif group in before:
                self._forget(group, ref)
        return True

    def _forget(self, group: TrackedGroup, ref: PupilRef) -> None:
        self.groups[group].remove(ref)
        if not self.groups[group]:
            del self.groups[group]

    def _reached(self, benchmark: CreditedBenchmark) -> set[PupilRef]:
        return self.credits.get(benchmark, {}).keys() & self.pupils.keys()

    def add(self, refs: Iterable[PupilRef], keys: Iterable[CreditKey], times: int) -> None:
        """Add `times` (less than 0 to take back) to the credits of each of these pupils for each key."""
        refs = tuple(refs)
        for key in keys:
            counts = self.credits.setdefault(key, {})
            for ref in refs:
                count = counts.get(ref, 0) + times
                if count < 0:
                    raise ValueError(f"a credit for {key} is taken back that was never given")
                if count:
                    counts[ref] = count
                else:
                    del counts[ref]
            if not counts:
                del self.credits[key]

    def remove(self, ref: PupilRef) -> dict[CreditKey, int]:
        """Take a pupil off this sheet altogether; returns the credits, for another sheet to hold."""
        self.pupils.pop(ref, None)
        self.left.pop(ref, None)
        self.describe(ref, ())
        self.subsidiary.discard(ref)
        self.admitted.pop(ref, None)
        taken = {key: counts.pop(ref) for key, counts in self.credits.items() if ref in counts}
        self.credits = {key: counts for key, counts in self.credits.items() if counts}
        return taken


class Register:
    """The sheets that one unit of work has read, and which of them it has changed."""

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        self._sheets = {sheet.id: sheet for sheet in sheets}
        self._changed: set[SheetId] = set()
        self._places: dict[AcademicYear, dict[PupilRef, Sheet]] = defaultdict(dict)
        for sheet in self._sheets.values():
            self._places[sheet.academic_year] |= dict.fromkeys([*sheet.left, *sheet.pupils], sheet)

    def __iter__(self) -> Iterator[Sheet]:
        return iter(self._sheets.values())

    def of_year(self, year: AcademicYear) -> list[Sheet]:
        """The sheets of an academic year that have been read, by year group."""
        found = (sheet for sheet in self if sheet.academic_year == year)
        return sorted(found, key=lambda sheet: sheet.year_group)

    def get(self, year: AcademicYear, year_group: int) -> Sheet | None:
        """The sheet of a year group, if it has been read and exists."""
        return self._sheets.get(sheet_id(year, year_group))

    def sheet_of(self, year: AcademicYear, ref: PupilRef) -> Sheet | None:
        """The sheet that a pupil is on in an academic year, if it has been read."""
        return self._places[year].get(ref)

    def places(self, year: AcademicYear) -> Mapping[PupilRef, Sheet]:
        """The sheet of every pupil of an academic year, of those that have been read."""
        return self._places[year]

    def groups(self, year: AcademicYear) -> dict[TrackedGroup, set[PupilRef]]:
        """Who belongs to each tracked group in an academic year, on the sheets that have been read."""
        found: dict[TrackedGroup, set[PupilRef]] = defaultdict(set)
        for sheet in self.of_year(year):
            for group, members in sheet.groups.items():
                found[group] |= members
        return found

    def credit(
        self,
        year: AcademicYear,
        refs: Iterable[PupilRef],
        keys: Sequence[CreditKey],
        times: int,
    ) -> set[int]:
        """Add to the credits of pupils; returns the year groups that they are in now.

        Raises KeyError if a pupil's sheet has not been read.
        """
        places = self._places[year]
        by_year_group: dict[int, list[PupilRef]] = defaultdict(list)
        for ref in refs:
            by_year_group[places[ref].year_group].append(ref)
        for year_group, together in by_year_group.items():
            sheet = self._sheets[sheet_id(year, year_group)]
            sheet.add(together, keys, times)
            self._changed.add(sheet.id)
        return set(by_year_group)

    def place(self, year: AcademicYear, ref: PupilRef, year_group: int, tutor_group: str) -> None:
        """Put a pupil on roll in a year group, taking the credits along from wherever the pupil was."""
        before = self.sheet_of(year, ref)
        carried: Mapping[CreditKey, int] = {}
        if before is not None:
            carried = before.remove(ref)
            self._changed.add(before.id)
        sheet = self._sheets.setdefault(sheet_id(year, year_group), Sheet(year, year_group))
        sheet.pupils[ref] = tutor_group
        for key, count in carried.items():
            sheet.credits.setdefault(key, {})[ref] = count
        self._places[year][ref] = sheet
        self._changed.add(sheet.id)

    def describe(self, year: AcademicYear, ref: PupilRef, groups: Collection[TrackedGroup]) -> None:
        """Note to which groups a pupil belongs in a year; who is on no sheet of it is passed over."""
        sheet = self.sheet_of(year, ref)
        if sheet is not None and sheet.describe(ref, groups):
            self._changed.add(sheet.id)

    def note_subsidiary(self, year: AcademicYear, ref: PupilRef) -> None:
        """Note of a pupil just placed that the main registration is at another school."""
        self._places[year][ref].subsidiary.add(ref)

    def note_admission(self, year: AcademicYear, ref: PupilRef, admitted_on: dt.date) -> None:
        """Note of a pupil just placed since when, in the course of the year, there is a place."""
        self._places[year][ref].admitted[ref] = admitted_on.isoformat()

    def take_off(self, year: AcademicYear, ref: PupilRef) -> None:
        """Move a pupil from the roll to those who left; the credits stay, uncounted."""
        sheet = self._places[year][ref]
        sheet.left[ref] = sheet.pupils.pop(ref)
        sheet.subsidiary.discard(ref)
        self._changed.add(sheet.id)

    def changed(self) -> list[Sheet]:
        """The sheets to write back, by id."""
        return [self._sheets[identity] for identity in sorted(self._changed)]

    def rolls(self, year: AcademicYear) -> tuple[YearGroupRoll, ...]:
        """Count the pupils on roll of each year group that has any."""
        return tuple(sheet.roll() for sheet in self.of_year(year) if sheet.pupils)

    def coverage(
        self, year: AcademicYear, year_groups: Iterable[int], benchmarks: Iterable[CreditedBenchmark]
    ) -> tuple[CoverageCell, ...]:
        """Count the pupils reached, for each of these year groups and benchmarks, as they are now."""
        wanted = set(benchmarks)
        cells = []
        for year_group in sorted(set(year_groups)):
            sheet = self.get(year, year_group) or Sheet(year, year_group)
            cells += [sheet.cell(benchmark) for benchmark in CREDITED_BENCHMARKS if benchmark in wanted]
        return tuple(cells)
