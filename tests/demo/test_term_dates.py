"""The school days that activities are held on."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import AcademicYear, academic_year_days
from services.demo.term_dates import easter_sunday, last_completed_year, school_days
from tests.demo.invented_schools import YEARS

BANK_HOLIDAYS = (
    *("2021-12-27", "2021-12-28", "2022-01-03", "2022-04-15", "2022-04-18", "2022-05-02"),
    *("2022-12-26", "2022-12-27", "2023-01-02", "2023-04-07", "2023-04-10", "2023-05-01", "2023-05-29"),
    *("2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25"),
)


@settings(deadline=None)
@given(YEARS)
def test_every_school_day_is_a_weekday_of_the_academic_year(year: AcademicYear) -> None:
    first, last = academic_year_days(year)
    days = school_days(year)

    assert all(first <= day <= last and day.weekday() < 5 for day in days)
    assert list(days) == sorted(set(days))


@settings(deadline=None)
@given(YEARS)
def test_a_year_has_about_the_190_days_that_schools_must_open(year: AcademicYear) -> None:
    assert 184 <= len(school_days(year)) <= 196


@pytest.mark.parametrize("holiday", BANK_HOLIDAYS)
def test_no_bank_holiday_is_a_school_day(holiday: str) -> None:
    day = dt.date.fromisoformat(holiday)
    autumn = day.year if day.month >= 9 else day.year - 1

    assert day not in school_days(AcademicYear(f"{autumn}/{(autumn + 1) % 100:02d}"))


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2025-10-24", True),
        ("2025-10-27", False),
        ("2025-12-19", True),
        ("2025-12-22", False),
        ("2026-01-05", True),
        ("2026-02-16", False),
        ("2026-02-23", True),
        ("2026-03-27", True),
        ("2026-03-30", False),
        ("2026-04-13", True),
        ("2026-05-26", False),
        ("2026-07-20", True),
        ("2026-07-21", False),
    ],
)
def test_the_breaks_of_2025_26_are_where_schools_had_them(day: str, open_: bool) -> None:  # noqa: FBT001 - a table's column
    assert (dt.date.fromisoformat(day) in school_days(AcademicYear("2025/26"))) is open_


@pytest.mark.parametrize(
    "sunday",
    ["2000-04-23", "2008-03-23", "2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25"],
)
def test_easter_is_where_the_calendar_has_it(sunday: str) -> None:
    day = dt.date.fromisoformat(sunday)

    assert easter_sunday(day.year) == day


@settings(deadline=None)
@given(st.integers(1900, 2299))
def test_easter_is_a_sunday_between_22_march_and_25_april(year: int) -> None:
    easter = easter_sunday(year)

    assert easter.weekday() == 6
    assert dt.date(year, 3, 22) <= easter <= dt.date(year, 4, 25)


@pytest.mark.parametrize(
    ("today", "year"),
    [
        ("2026-08-31", "2024/25"),
        ("2026-09-01", "2025/26"),
        ("2026-11-22", "2025/26"),
        ("2028-02-29", "2026/27"),
    ],
)
def test_the_demonstration_s_year_is_the_last_completed_one(today: str, year: str) -> None:
    assert last_completed_year(dt.date.fromisoformat(today)) == year
