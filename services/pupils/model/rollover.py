"""Makes next year's provisional roll out of this year's, until the first import of the new year.

Everybody on roll moves up a year group, with the tutor group where its name begins with the year group (10A
becomes 11A). Year 13 leaves, and so does Year 11 where the school has nobody beyond it. Year 14 is every year
beyond Year 13, so those of it who have an EHC plan stay in it. Who leaves is simply not on the new roll: the
old one is history and stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of
from services.pupils.model.groups import EHC_PLAN
from services.pupils.model.pupil import Pupil, YearPlace
from services.pupils.model.roll import LONGEST_TUTOR_GROUP
from services.pupils.model.roll_change import RollChange, note_figures, seat
from services.pupils.model.sheets import Register

_END_OF_SECONDARY: Final = 11
_SIXTH_FORM: Final = (12, 13)
_END_OF_SIXTH_FORM: Final = 13
_BEYOND: Final = 14
_LEADING_YEAR: Final = re.compile(r"^(0?)([0-9]{1,2})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Rollover:
    """The new year's roll, and how many pupils of each old year group are not on it."""

    change: RollChange
    leaving: Mapping[int, int]


def year_after(year: AcademicYear) -> AcademicYear:
    """Name the next academic year."""
    first, _ = academic_year_days(year)
    return academic_year_of(first.replace(year=first.year + 1))


def roll_over(pupils: Collection[Pupil], register: Register, before: AcademicYear) -> Rollover:
    """Put who is on roll on the sheets of the year after, of which there are none yet."""
    year = year_after(before)
    change = RollChange(year)
    on_roll = [pupil for pupil in pupils if before in pupil.years and pupil.years[before].left_on is None]
    sixth_form = any(pupil.years[before].year_group in _SIXTH_FORM for pupil in on_roll)
    leaving: Counter[int] = Counter()
    for pupil in on_roll:
        year_group = _next_year_group(pupil, before, sixth_form=sixth_form)
        if year_group is None:
            leaving[pupil.years[before].year_group] += 1
            continue
        moved = _moved_up(pupil, before, year, year_group)
        seat(register, year, moved)
        change.updated.append(moved)
    change.new = len(change.updated)
    note_figures(change, register, {})
    return Rollover(change, dict(sorted(leaving.items())))


def _next_year_group(pupil: Pupil, before: AcademicYear, *, sixth_form: bool) -> int | None:
    """Say where a pupil goes; None for one who leaves."""
    year_group = pupil.years[before].year_group
    if year_group == _BEYOND:
        return _BEYOND if EHC_PLAN in pupil.groups.get(before, ()) else None
    if year_group == _END_OF_SIXTH_FORM or (year_group == _END_OF_SECONDARY and not sixth_form):
        return None
    return year_group + 1


def _moved_up(pupil: Pupil, before: AcademicYear, year: AcademicYear, year_group: int) -> Pupil:
    place = pupil.years[before]
    tutor_group = next_tutor_group(place.tutor_group, place.year_group, year_group)
    moved = YearPlace(year_group, tutor_group, None, place.admitted_on, place.enrolment)
    groups = pupil.groups.get(before, ())
    return replace(
        pupil,
        years={**pupil.years, year: moved},
        groups={**pupil.groups, **({year: groups} if groups else {})},
    )


def next_tutor_group(name: str, year_group: int, next_year_group: int) -> str:
    """Move a tutor group's leading year group up (10A, 07X); any other name is kept."""
    found = _LEADING_YEAR.match(name)
    if found is None or int(found.group(2)) != year_group:
        return name
    padding = found.group(1) if next_year_group < 10 else ""  # noqa: PLR2004 - the first with two digits
    moved = f"{padding}{next_year_group}{name[found.end() :]}"
    return moved if len(moved) <= LONGEST_TUTOR_GROUP else name
