"""Telling something anew: the same changes nothing, a stale teller is refused, every version is kept."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import AcademicYear
from services.audit.model.criterion import can_be_criterion
from services.audit.model.days import TERMS, Term, term_days, today_in_england, years_on
from services.runtime.errors import ConflictError
from services.runtime.versions import Kept, Mark, Telling, tell
from tests.conftest import NOW

MARK: Final = Mark(NOW, "leader")
YEAR: Final = AcademicYear("2025/26")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=30))
def test_a_change_counts_if_and_only_if_its_teller_saw_the_current_version(
    tellings: list[tuple[int, int]],
) -> None:
    """Recounted naively beside it: the content and how often it has changed."""
    kept: Kept[int] | None = None
    content, changes = None, 0
    for seen, value in tellings:
        try:
            after = tell(kept, Telling("one", seen, value), MARK)
        except ConflictError:
            assert seen != changes
            assert value != content
            continue
        if after is None:
            assert value == content
            continue
        assert seen == changes
        kept, content, changes = after, value, changes + 1
        assert (kept.version, kept.content) == (changes, content)


def test_who_told_first_stays_beside_who_changed_last() -> None:
    first = tell(None, Telling("one", 0, "a"), MARK)
    assert first is not None
    later = Mark(NOW + dt.timedelta(days=1), "deputy")

    after = tell(first, Telling("one", 1, "b"), later)

    assert after is not None
    assert (after.recorded, after.changed, first.changed) == (MARK, later, None)


@pytest.mark.parametrize("text", ["gb1.1", "gb3.h", "gb5.c1", "gb8.3"])
def test_ids_of_criteria_have_their_form(text: str) -> None:
    assert can_be_criterion(text)


@pytest.mark.parametrize(
    "text", ["gb9.1", "gb0.1", "gb1", "gb1.", "gb1.0", "gb1.1 ", "xgb1.1", "gb3.h1", "gb3.12", ""]
)
def test_what_cannot_be_a_criterion_has_not(text: str) -> None:
    assert not can_be_criterion(text)


@given(st.dates(dt.date(2025, 9, 1), dt.date(2026, 8, 31)))
def test_every_day_of_an_academic_year_is_in_exactly_one_term(day: dt.date) -> None:
    spans = [term_days(YEAR, term) for term in TERMS]
    assert sum(first <= day <= last for first, last in spans) == 1


@pytest.mark.parametrize(
    ("term", "last"), [("autumn", "2025-12-31"), ("spring", "2026-03-31"), ("summer", "2026-08-31")]
)
def test_terms_end_with_the_snapshots_of_the_hub(term: Term, last: str) -> None:
    assert term_days(YEAR, term)[1].isoformat() == last


def test_years_are_counted_on() -> None:
    assert [years_on(YEAR, count) for count in range(3)] == ["2025/26", "2026/27", "2027/28"]


def test_shortly_before_midnight_in_summer_it_is_tomorrow_in_england() -> None:
    assert today_in_england(dt.datetime(2026, 6, 15, 23, 30, tzinfo=dt.UTC)) == dt.date(2026, 6, 16)
