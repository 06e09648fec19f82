"""Days, terms, and windows that come back every week: what offers and needs say of when.

Pure: the clock is read elsewhere. A window is written out into its days where it comes in, so that everything
behind the edge compares days with days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contracts.employers import TermName
from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of
from services.runtime.errors import FieldProblem

MOST_DAYS: Final = 366
"""Of one offer or need. No academic year has more."""
LONGEST_WINDOW: Final = dt.timedelta(days=366)
_UK_AHEAD_OF_UTC_AT_MOST: Final = dt.timedelta(hours=1)
_DAYS_A_WEEK: Final = 7


def today_in_england(now: dt.datetime) -> dt.date:
    """Return the latest date that it can be in England at this moment: UTC, or an hour ahead in summer."""
    return (now + _UK_AHEAD_OF_UTC_AT_MOST).date()


@dataclass(frozen=True, slots=True)
class SchoolTerm:
    """A term of an academic year. Every day is in one: they end with the Hub's snapshots, or the year."""

    academic_year: AcademicYear
    name: TermName

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day (domain vocabulary: snapshots on 31 December and 31 March)."""
        first, last = academic_year_days(self.academic_year)
        match self.name:
            case "autumn":
                return first, dt.date(first.year, 12, 31)
            case "spring":
                return dt.date(last.year, 1, 1), dt.date(last.year, 3, 31)
            case "summer":
                return dt.date(last.year, 4, 1), last

    def __contains__(self, day: dt.date) -> bool:
        first, last = self.days
        return first <= day <= last


def term_of(day: dt.date) -> SchoolTerm:
    """Name the term that a day is in."""
    year = academic_year_of(day)
    names: tuple[TermName, ...] = ("autumn", "spring", "summer")
    return next(term for name in names if day in (term := SchoolTerm(year, name)))


@dataclass(frozen=True, slots=True)
class Window:
    """Some weekdays (Monday is 0) of every week or every second one, from a day until another, both in."""

    first: dt.date
    last: dt.date
    weekdays: frozenset[int]
    every_weeks: Literal[1, 2] = 1

    def days(self) -> Iterator[dt.date]:
        """Go through its days in order; weeks are counted from the one that the first day is in."""
        monday = self.first - dt.timedelta(days=self.first.weekday())
        for number in range((self.last - self.first).days + 1):
            day = self.first + dt.timedelta(days=number)
            week = (day - monday).days // _DAYS_A_WEEK
            if day.weekday() in self.weekdays and week % self.every_weeks == 0:
                yield day


def window_problems(windows: Sequence[Window]) -> tuple[FieldProblem, ...]:
    """Say which windows make no sense; one that does has a day at least and not too many."""
    problems = []
    for place, window in enumerate(windows):
        where = f"windows.{place}"
        if window.last < window.first:
            problems.append(FieldProblem(f"{where}.until", "is before its from"))
        elif window.last - window.first > LONGEST_WINDOW:
            problems.append(
                FieldProblem(f"{where}.until", f"is more than {LONGEST_WINDOW.days} days after from")
            )
        elif not any(window.days()):
            problems.append(FieldProblem(f"{where}.weekdays", "names no day between from and until"))
    return tuple(problems)


def all_days(days: Sequence[dt.date] | None, windows: Sequence[Window]) -> tuple[dt.date, ...] | None:
    """Write days and windows out, in order and each once; None if neither was given: any day will do."""
    if days is None and not windows:
        return None
    return tuple(sorted({*(days or ()), *(day for window in windows for day in window.days())}))


def days_of_both(
    one: Sequence[dt.date] | None, other: Sequence[dt.date] | None, first: dt.date, last: dt.date
) -> tuple[dt.date, ...] | None:
    """Name the days that both have, from a day until another; None if any day will do for both."""
    named = [set(days) for days in (one, other) if days is not None]
    if not named:
        return None
    return tuple(sorted(day for day in set.intersection(*named) if first <= day <= last))


def days_problems(days: Sequence[dt.date] | None, today: dt.date, changed: bool) -> tuple[FieldProblem, ...]:  # noqa: FBT001
    """Say what is wrong with days: none at all, too many, or in the past (unless they were there before)."""
    if days is None:
        return ()
    if not days:
        return (FieldProblem("days", "names no day; leave it out if any day will do"),)
    if len(days) > MOST_DAYS:
        return (FieldProblem("days", f"names {len(days):,} days; {MOST_DAYS} are the most"),)
    past = [day for day in days if day < today]
    if past and changed:
        return (FieldProblem("days", f"has days in the past, the first on {past[0].isoformat()}"),)
    return ()
