"""On which days a series takes place: every week or fortnight on some weekdays, or on days that are listed.

Pure and total: `occurrences` of a rule that `rule_problems` finds nothing wrong with is sorted, without
repetition, and between 1 and `MOST_OCCURRENCES` long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from services.runtime.errors import FieldProblem

MOST_OCCURRENCES: Final = 60
"""A weekly session for a school year is 39; more is a slip, and each is a plan that somebody must look at."""
LONGEST_SERIES: Final = dt.timedelta(days=731)
"""Two years: no programme is planned further, and a slip in the year must not be walked day by day."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days, both ends included."""

    first: dt.date
    last: dt.date

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    def days(self) -> Iterator[dt.date]:
        """Go through the days in order."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + dt.timedelta(days=number)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every so many weeks, counted from the week of the first day; weekdays count from Monday, 0."""

    every_weeks: Literal[1, 2]
    span: Span
    weekdays: frozenset[int]
    except_days: frozenset[dt.date] = frozenset()
    holidays: tuple[Span, ...] = ()

    def falls_on(self, day: dt.date) -> bool:
        """Whether the series takes place on a day."""
        monday = self.span.first - dt.timedelta(days=self.span.first.weekday())
        return (
            day in self.span
            and day.weekday() in self.weekdays
            and (day - monday).days // 7 % self.every_weeks == 0
            and day not in self.except_days
            and not any(day in holiday for holiday in self.holidays)
        )


@dataclass(frozen=True, slots=True)
class ListedDays:
    """The days one by one."""

    days: frozenset[dt.date]


Rule = Recurrence | ListedDays


def occurrences(rule: Rule) -> tuple[dt.date, ...]:
    """Name the days of a series, in order."""
    match rule:
        case Recurrence():
            return tuple(day for day in rule.span.days() if rule.falls_on(day))
        case ListedDays():
            return tuple(sorted(rule.days))


def rule_problems(rule: Rule) -> tuple[FieldProblem, ...]:
    """List what makes no sense; a rule without problems has occurrences, and not too many."""
    where = "days"
    if isinstance(rule, Recurrence):
        where = "rule"
        if rule.span.last < rule.span.first:
            return (FieldProblem("rule.until", "is before rule.from"),)
        if rule.span.last - rule.span.first > LONGEST_SERIES:
            return (FieldProblem("rule.until", f"is more than {LONGEST_SERIES.days} days after rule.from"),)
        backwards = [place for place, span in enumerate(rule.holidays) if span.last < span.first]
        if backwards:
            return (FieldProblem(f"rule.holidays[{backwards[0]}].to", "is before its from"),)
    number = len(occurrences(rule))
    if number == 0:
        return (FieldProblem(where, "names no day: every day is excepted, or on no weekday named"),)
    if number > MOST_OCCURRENCES:
        reason = f"makes {number} occurrences; plan at most {MOST_OCCURRENCES} at once"
        return (FieldProblem(where, reason),)
    return ()
