"""Days and terms of English schools; the clock is read elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal, get_args

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of

Term = Literal["autumn", "spring", "summer"]
TERMS: Final[tuple[Term, ...]] = get_args(Term)
_UK_AHEAD_OF_UTC_AT_MOST: Final = dt.timedelta(hours=1)


def today_in_england(now: dt.datetime) -> dt.date:
    """Return the latest date that it can be in England at this moment: UTC, or an hour ahead in summer."""
    return (now + _UK_AHEAD_OF_UTC_AT_MOST).date()


def spoken(day: dt.date) -> str:
    """Write a day as people say it."""
    return f"{day.day} {day:%B %Y}"


def term_days(year: AcademicYear, term: Term) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that count for a term.

    Terms end with the Hub's snapshots of 31 December and 31 March (domain vocabulary); the summer term takes
    the rest of the academic year, so that every day is in one term.
    """
    first, last = academic_year_days(year)
    autumn_ends, spring_ends = dt.date(first.year, 12, 31), dt.date(last.year, 3, 31)
    match term:
        case "autumn":
            return first, autumn_ends
        case "spring":
            return dt.date(last.year, 1, 1), spring_ends
        case "summer":
            return dt.date(last.year, 4, 1), last


def term_of(day: dt.date) -> Term:
    """Name the term that a day is in."""
    year = academic_year_of(day)
    return next(term for term in TERMS if day <= term_days(year, term)[1])


def years_on(year: AcademicYear, count: int) -> AcademicYear:
    """Name the academic year so many years later."""
    start = academic_year_days(year)[0].year + count
    return AcademicYear(f"{start}/{(start + 1) % 100:02d}")
