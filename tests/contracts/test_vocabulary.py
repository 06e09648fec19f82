"""The words that payloads are made of: academic years at their edges, benchmarks, identifiers."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    BENCHMARKS,
    CREDITED_BENCHMARKS,
    AcademicYear,
    AcademicYearField,
    EmployerIdField,
    UrnField,
    academic_year_days,
    academic_year_of,
)

ONE_DAY: Final = dt.timedelta(days=1)
# The years that the pattern can write.
DAYS: Final = st.dates(dt.date(2000, 9, 1), dt.date(2100, 8, 31))


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (dt.date(2025, 8, 31), "2024/25"),
        (dt.date(2025, 9, 1), "2025/26"),
        (dt.date(2025, 12, 31), "2025/26"),
        (dt.date(2026, 1, 1), "2025/26"),
        (dt.date(2024, 2, 29), "2023/24"),
        (dt.date(2026, 8, 31), "2025/26"),
        (dt.date(2009, 9, 1), "2009/10"),
        (dt.date(2099, 9, 1), "2099/00"),
    ],
    ids=str,
)
def test_a_day_belongs_to_the_academic_year_that_began_in_september(day: dt.date, year: str) -> None:
    assert academic_year_of(day) == year


@given(DAYS)
def test_a_day_lies_within_the_days_of_its_academic_year(day: dt.date) -> None:
    year = academic_year_of(day)
    first, last = academic_year_days(year)

    assert re.search(ACADEMIC_YEAR_PATTERN, year)
    assert first <= day <= last
    assert academic_year_of(first - ONE_DAY) != year != academic_year_of(last + ONE_DAY)


def test_an_academic_year_runs_from_september_to_august() -> None:
    assert academic_year_days(AcademicYear("2023/24")) == (dt.date(2023, 9, 1), dt.date(2024, 8, 31))
    assert academic_year_days(AcademicYear("2099/00")) == (dt.date(2099, 9, 1), dt.date(2100, 8, 31))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "write it like 2025/26"),
        ("2025", "write it like 2025/26"),
        ("2025-26", "write it like 2025/26"),
        ("25/26", "write it like 2025/26"),
        ("2025/", "write it like 2025/26"),
        ("2025/x6", "write it like 2025/26"),
        (" 2025/26", "write it like 2025/26"),
        ("2025/26\n", "write it like 2025/26"),
        ("2025/26/27", "write it like 2025/26"),
        ("٢٠٢٥/٢٦", "write it like 2025/26"),
        ("²⁰²⁵/26", "write it like 2025/26"),
        ("2025/25", "2025 is followed by 26"),
        ("2025/27", "2025 is followed by 26"),
        ("2025/2026", "2025 is followed by 26"),
        ("2099/100", "2099 is followed by 00"),
    ],
    ids=repr,
)
def test_what_is_not_an_academic_year_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"is not an academic year; {problem}$"):
        academic_year_days(AcademicYear(text))


@pytest.mark.parametrize("text", ["2025/27", "2025/25", "1999/00", "2025", "2025/26 "])
def test_a_payload_takes_no_other_academic_year(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[AcademicYear](AcademicYearField).validate_python(text)


@pytest.mark.parametrize("text", ["13685", "1368500", "036850", "13685O", "136850 ", "136850\n", "١٣٦٨٥٠"])
def test_a_urn_has_six_digits_and_does_not_begin_with_nought(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](UrnField).validate_python(text)


@pytest.mark.parametrize("text", ["", "-961", "GPG-961", "gpg 961", "gpg_961", "g" * 65])
def test_an_employer_id_is_a_short_slug(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[str](EmployerIdField).validate_python(text)


def test_there_are_eight_benchmarks_and_taking_part_counts_for_six() -> None:
    assert [f"gb{number}" for number in range(1, 9)] == list(BENCHMARKS)
    assert set(BENCHMARKS) - set(CREDITED_BENCHMARKS) == {"gb1", "gb3"}
