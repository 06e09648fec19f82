"""Days that count: terms, their snapshots, and which evaluations are in question on a day (rule 15).

On 31 December, 31 March and 31 July a school's position is the latest evaluation completed on or before the
day, and within the term: an old score is not carried on. Any other day is read the same way, from the term's
first day up to it. Who wants the year's picture instead counts from 1 September. August is in no snapshot,
and follows the summer term.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of

Term = Literal["autumn", "spring", "summer"]
TERMS: Final[tuple[Term, ...]] = get_args(Term)
Counting = Literal["term", "year"]
"""Which evaluations count on a day: those of its term, or of its academic year."""

FIRST_DAY: Final = dt.date(2018, 1, 1)
"""No evaluation is older: the first framework is in use from this day (domain §1)."""
_UK_AHEAD_OF_UTC_AT_MOST: Final = dt.timedelta(hours=1)
_LAST_OF_FEBRUARY: Final = 28


@dataclass(frozen=True, slots=True)
class Window:
    """From which day to which, both included, evaluations are looked at."""

    first: dt.date
    on: dt.date
    counting: Counting

    def covers(self, day: dt.date) -> bool:
        """Whether an evaluation completed on this day counts."""
        return self.first <= day <= self.on


@dataclass(frozen=True, slots=True)
class SnapshotDay:
    """One of the three days of an academic year on which the Hub's position is taken."""

    academic_year: AcademicYear
    term: Term
    on: dt.date

    @property
    def identity(self) -> str:
        """Name it, such as `2025/26 autumn`."""
        return f"{self.academic_year} {self.term}"


def today_in_england(now: dt.datetime) -> dt.date:
    """Return the latest date that it can be in England at this moment: UTC, or an hour ahead in summer."""
    return (now + _UK_AHEAD_OF_UTC_AT_MOST).date()


def window_on(on: dt.date, counting: Counting) -> Window:
    """Say which evaluations count on a day."""
    year_begins = academic_year_days(academic_year_of(on))[0]
    if counting == "year":
        return Window(year_begins, on, counting)
    begins = (year_begins, dt.date(year_begins.year + 1, 1, 1), dt.date(year_begins.year + 1, 4, 1))
    return Window(max(day for day in begins if day <= on), on, counting)


def snapshot_days(year: AcademicYear) -> tuple[SnapshotDay, ...]:
    """List an academic year's snapshots (domain §2.1)."""
    first, last = academic_year_days(year)
    return (
        SnapshotDay(year, "autumn", dt.date(first.year, 12, 31)),
        SnapshotDay(year, "spring", dt.date(last.year, 3, 31)),
        SnapshotDay(year, "summer", dt.date(last.year, 7, 31)),
    )


def snapshot_before(on: dt.date) -> dt.date:
    """Return the last snapshot day before a day."""
    year = academic_year_of(on)
    earlier = (found.on for each in (years_before(year, 1), year) for found in snapshot_days(each))
    return max(day for day in earlier if day < on)


def a_year_before(on: dt.date) -> dt.date:
    """Return the same day of the year before; 29 February goes with the 28th."""
    if (on.month, on.day) == (2, _LAST_OF_FEBRUARY + 1):
        return dt.date(on.year - 1, 2, _LAST_OF_FEBRUARY)
    return on.replace(year=on.year - 1)


def years_before(year: AcademicYear, count: int) -> AcademicYear:
    """Name the academic year so many years earlier."""
    start = academic_year_days(year)[0].year - count
    return AcademicYear(f"{start}/{(start + 1) % 100:02d}")


def due_snapshots(first: dt.date, today: dt.date) -> Iterator[SnapshotDay]:
    """List the snapshots whose day is over, from that of a day's academic year on, the oldest first."""
    start = academic_year_days(academic_year_of(first))[0].year
    for beginning in range(start, today.year + 1):
        for found in snapshot_days(academic_year_of(dt.date(beginning, 9, 1))):
            if found.on < today:
                yield found
