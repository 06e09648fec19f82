"""Who was there: groups and exceptions as a school posts them, resolved to pupils against the sheets.

A teacher names a year group or tutor groups and lists the exceptions; listed pupils may also come on top, or
be the whole list. Members of a group attended unless they are listed otherwise. A group is who is on roll
when the activity is recorded, without those who were admitted after it was held, and each pupil keeps the
year group of that day in this activity's figures.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from contracts.vocabulary import AcademicYear
from services.pupils.model.sheets import PupilRef, Register, Sheet
from services.runtime.errors import FieldProblem, InvalidError

Status = Literal["attended", "absent", "excused"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
MOST_ATTENDEES: Final = 3_000
"""More than any school in England has on roll; keeps an activity's document far below its limit."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that an activity was for, as posted."""

    year_groups: tuple[int, ...] = ()
    tutor_groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.year_groups or self.tutor_groups)

    def same_as(self, other: Groups) -> bool:
        """Whether these are the same groups in any order."""
        return set(self.year_groups) == set(other.year_groups) and set(self.tutor_groups) == set(
            other.tutor_groups
        )

    def hold(self, sheet: Sheet, ref: PupilRef) -> bool:
        """Whether a pupil of a sheet, on roll or left, belongs to one of the groups."""
        return sheet.year_group in self.year_groups or (
            sheet.pupils.get(ref, sheet.left.get(ref)) in self.tutor_groups
        )


@dataclass(frozen=True, slots=True)
class Given:
    """Attendance as posted: groups, and pupils listed with their status."""

    groups: Groups = Groups()
    listed: Mapping[PupilRef, Status] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attendance:
    """Everybody concerned, by year group and status; `listed` are those who were named one by one."""

    groups: Groups
    listed: frozenset[PupilRef]
    statuses: Mapping[int, Mapping[Status, tuple[PupilRef, ...]]]

    def __iter__(self) -> Iterator[tuple[PupilRef, int, Status]]:
        for year_group, by_status in self.statuses.items():
            for status, refs in by_status.items():
                for ref in refs:
                    yield ref, year_group, status

    def status_of(self) -> dict[PupilRef, Status]:
        """Map everybody concerned to the status."""
        return {ref: status for ref, _, status in self}

    def as_given(self) -> Given:
        """Return the groups and the listed pupils again."""
        return Given(self.groups, {ref: status for ref, _, status in self if ref in self.listed})


def resolve(
    given: Given,
    year: AcademicYear,
    register: Register,
    earlier: Attendance | None = None,
    held_on: dt.date = dt.date.max,
) -> Attendance:
    """Find everybody whom the posted attendance of a day means.

    `earlier` is what a correction corrects. If the groups stay the same, so do their members: who joined or
    left the roll in between changes nothing. If they change, who was there and has left since still belongs.
    Raises KeyError for a listed pupil who is on no sheet that the register has read, InvalidError for a group
    without anybody on roll and for an attendance of nobody.
    """
    _refuse_empty_groups(given.groups, year, register, earlier)
    members = _members(given.groups, year, register, earlier)
    if earlier is None or not given.groups.same_as(earlier.groups):
        was_there = set() if earlier is None else {ref for ref, _, _ in earlier}
        members -= _admitted_after(held_on, year, register) - was_there
    year_groups = {} if earlier is None else {ref: year_group for ref, year_group, _ in earlier}
    places = register.places(year)
    statuses: dict[int, dict[Status, list[PupilRef]]] = defaultdict(lambda: defaultdict(list))
    for ref in sorted(members | given.listed.keys()):
        year_group = year_groups.get(ref) or places[ref].year_group
        statuses[year_group][given.listed.get(ref, "attended")].append(ref)
    concerned = sum(len(refs) for by_status in statuses.values() for refs in by_status.values())
    if concerned > MOST_ATTENDEES:
        reason = f"names {concerned:,} pupils; record an activity of more than {MOST_ATTENDEES:,} in parts"
        raise InvalidError("The activity is too large.", (FieldProblem("attendance", reason),))
    if not statuses:
        raise InvalidError(
            "The attendance names nobody: give year_groups, tutor_groups or pupils.",
            (FieldProblem("attendance", "names nobody"),),
        )
    return Attendance(
        given.groups,
        frozenset(given.listed),
        {
            year_group: {status: tuple(refs) for status, refs in by_status.items()}
            for year_group, by_status in sorted(statuses.items())
        },
    )


def _members(
    groups: Groups, year: AcademicYear, register: Register, earlier: Attendance | None
) -> set[PupilRef]:
    if not groups:
        return set()
    places = register.places(year)
    before: set[PupilRef] = set()
    if earlier is not None:
        listed_members = {ref for ref in earlier.listed if groups.hold(places[ref], ref)}
        before = ({ref for ref, _, _ in earlier} - earlier.listed) | listed_members
        if groups.same_as(earlier.groups):
            return before
    now: set[PupilRef] = set()
    for sheet in register.of_year(year):
        if sheet.year_group in groups.year_groups:
            now.update(sheet.pupils)
        elif groups.tutor_groups:
            now.update(ref for ref, tutor_group in sheet.pupils.items() if tutor_group in groups.tutor_groups)
    return now | {ref for ref in before if _left_a_group(groups, places[ref], ref)}


def _admitted_after(held_on: dt.date, year: AcademicYear, register: Register) -> set[PupilRef]:
    day = held_on.isoformat()
    return {ref for sheet in register.of_year(year) for ref, came in sheet.admitted.items() if came > day}


def _left_a_group(groups: Groups, sheet: Sheet, ref: PupilRef) -> bool:
    return ref in sheet.left and groups.hold(sheet, ref)


def _refuse_empty_groups(
    groups: Groups, year: AcademicYear, register: Register, earlier: Attendance | None
) -> None:
    problems = []
    known = Groups() if earlier is None else earlier.groups
    for place, year_group in enumerate(groups.year_groups):
        sheet = register.get(year, year_group)
        if year_group not in known.year_groups and (sheet is None or not sheet.pupils):
            reason = f"nobody of Year {year_group} is on the roll of {year}"
            problems.append(FieldProblem(f"attendance.year_groups[{place}]", reason))
    tutor_groups = set(known.tutor_groups)
    if not tutor_groups.issuperset(groups.tutor_groups):
        tutor_groups.update(name for sheet in register.of_year(year) for name in sheet.tutor_groups)
    for place, tutor_group in enumerate(groups.tutor_groups):
        if tutor_group not in tutor_groups:
            reason = f"nobody on the roll of {year} is in this tutor group"
            problems.append(FieldProblem(f"attendance.tutor_groups[{place}]", reason))
    if problems:
        raise InvalidError(
            f"The attendance names groups that the roll of {year} does not have; import the roll first.",
            tuple(problems),
        )
