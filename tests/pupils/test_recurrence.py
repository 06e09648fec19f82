"""The days of a series: on the weekdays, in range, in the right weeks, none excepted, sorted, distinct."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pupils.model.recurrence import (
    MOST_OCCURRENCES,
    ListedDays,
    Recurrence,
    Rule,
    Span,
    occurrences,
    rule_problems,
)

START: Final = dt.date(2025, 8, 25)
days = st.integers(0, 400).map(lambda number: START + dt.timedelta(days=number))
spans = st.tuples(days, days).map(lambda pair: Span(min(pair), max(pair)))
recurrences = st.builds(
    Recurrence,
    every_weeks=st.sampled_from([1, 2]),
    span=spans,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    except_days=st.frozensets(days, max_size=20),
    holidays=st.lists(spans, max_size=3).map(tuple),
)


def naive(rule: Recurrence) -> list[dt.date]:
    """Walk week by week and strike out day by day."""
    found = []
    week = rule.span.first - dt.timedelta(days=rule.span.first.weekday())
    while week <= rule.span.last:
        found += [week + dt.timedelta(days=weekday) for weekday in rule.weekdays]
        week += dt.timedelta(weeks=rule.every_weeks)
    off = {day for holiday in rule.holidays for day in holiday.days()} | rule.except_days
    return sorted(day for day in found if rule.span.first <= day <= rule.span.last and day not in off)


@given(recurrences)
def test_a_rule_names_the_days_that_a_recount_week_by_week_names(rule: Recurrence) -> None:
    found = occurrences(rule)

    assert list(found) == naive(rule)
    assert list(found) == sorted(set(found))
    assert all(day.weekday() in rule.weekdays and day in rule.span for day in found)
    assert not rule.except_days.intersection(found)
    assert not [day for day in found for holiday in rule.holidays if holiday.first <= day <= holiday.last]


@given(recurrences)
def test_a_rule_without_problems_has_occurrences_and_not_too_many(rule: Recurrence) -> None:
    assert (not rule_problems(rule)) == (1 <= len(occurrences(rule)) <= MOST_OCCURRENCES)


@given(st.frozensets(days, max_size=80))
def test_listed_days_are_sorted_and_limited(listed: frozenset[dt.date]) -> None:
    rule = ListedDays(listed)

    assert occurrences(rule) == tuple(sorted(listed))
    assert (not rule_problems(rule)) == (1 <= len(listed) <= MOST_OCCURRENCES)


def weekly(first: str, last: str, *weekdays: int, holidays: tuple[Span, ...] = ()) -> Recurrence:
    span = Span(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return Recurrence(1, span, frozenset(weekdays), holidays=holidays)


def test_a_fortnight_counts_from_the_week_of_the_first_day() -> None:
    span = Span(dt.date(2026, 1, 7), dt.date(2026, 2, 4))
    rule = Recurrence(2, span, frozenset({0, 2}))

    assert [day.isoformat() for day in occurrences(rule)] == [
        *("2026-01-07", "2026-01-19", "2026-01-21", "2026-02-02", "2026-02-04"),
    ]


def test_half_term_is_left_out() -> None:
    half_term = Span(dt.date(2026, 2, 16), dt.date(2026, 2, 20))
    rule = weekly("2026-02-09", "2026-02-27", 4, holidays=(half_term,))

    assert [day.isoformat() for day in occurrences(rule)] == ["2026-02-13", "2026-02-27"]


@pytest.mark.parametrize(
    ("rule", "where", "says"),
    [
        (weekly("2026-02-09", "2026-02-08", 4), "rule.until", "before"),
        (weekly("2026-02-09", "2028-02-11", 4), "rule.until", "731 days"),
        (weekly("2026-02-09", "2026-02-10", 4), "rule", "no day"),
        (weekly("2026-01-05", "2026-05-01", 0, 1, 2, 3, 4), "rule", "85 occurrences; plan at most 60"),
        (
            weekly(
                "2026-02-09", "2026-03-09", 4, holidays=(Span(dt.date(2026, 2, 20), dt.date(2026, 2, 16)),)
            ),
            "rule.holidays[0].to",
            "before",
        ),
        (ListedDays(frozenset()), "days", "no day"),
    ],
)
def test_a_rule_that_makes_no_sense_says_where(rule: Rule, where: str, says: str) -> None:
    (problem,) = rule_problems(rule)

    assert problem.where == where
    assert says in problem.reason
