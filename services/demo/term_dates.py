"""The school days of an academic year in England, as most schools keep them.

Terms differ a little from one authority to the next; this is the common pattern, computed for any year, with
weekends and bank holidays left out. Nothing in the product depends on it: it keeps invented dates believable.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of

_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_SATURDAY: Final = 5
_FIRST_DAY: Final = (9, 3)
"""3 September, after the staff's own training days."""
_LAST_DAY: Final = (7, 20)


def last_completed_year(today: dt.date) -> AcademicYear:
    """Name the academic year before the one that `today` is in."""
    first_day, _ = academic_year_days(academic_year_of(today))
    return academic_year_of(first_day - _DAY)


def school_days(year: AcademicYear) -> tuple[dt.date, ...]:
    """List the days on which schools are open, in order; raises ValueError for a malformed year."""
    autumn, summer = (day.year for day in academic_year_days(year))
    first, last = dt.date(autumn, *_FIRST_DAY), dt.date(summer, *_LAST_DAY)
    closed = _holidays(autumn, summer)
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return tuple(day for day in days if day.weekday() < _SATURDAY and day not in closed)


def easter_sunday(year: int) -> dt.date:
    """Find Easter of the Gregorian calendar (Oudin's algorithm, 1940)."""
    century, golden = year // 100, year % 19
    offset = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = offset - (offset // 28) * (1 - (29 // (offset + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    days_after_28_february = moon - weekday + 28
    return dt.date(year, 3, 1) + (days_after_28_february - 1) * _DAY


def _holidays(autumn: int, summer: int) -> frozenset[dt.date]:
    """Collect every weekday off: the breaks, and the bank holidays that no break covers."""
    weeks_off = (
        _last_monday(autumn, 10),
        _monday_of(dt.date(autumn, 12, 25)),
        _monday_of(dt.date(autumn, 12, 25)) + _WEEK,
        _first_monday(summer, 2) + 2 * _WEEK,
        _monday_of(easter_sunday(summer)),
        _monday_of(easter_sunday(summer)) + _WEEK,
        _last_monday(summer, 5),
    )
    days_off = {monday + number * _DAY for monday in weeks_off for number in range(_WEEK.days)}
    return frozenset(days_off | {_new_year_holiday(summer), _first_monday(summer, 5)})


def _new_year_holiday(year: int) -> dt.date:
    """Move 1 January to the Monday after, if it falls on a weekend."""
    day = dt.date(year, 1, 1)
    return day if day.weekday() < _SATURDAY else _monday_of(day) + _WEEK


def _monday_of(day: dt.date) -> dt.date:
    return day - day.weekday() * _DAY


def _first_monday(year: int, month: int) -> dt.date:
    return _monday_of(dt.date(year, month, _WEEK.days))


def _last_monday(year: int, month: int) -> dt.date:
    """Find the last Monday of a month that has 31 days."""
    return _monday_of(dt.date(year, month, 31))
