"""Schools' relationships with Enterprise Advisers on a day: who has one, since when, and how many go.

- Time to match: from the day on which the school was first proposed an adviser, or its last one ended, to the
  day on which one began to work with it.
- Tenure: from the first day of working together to the end, pauses included; to the day asked for if it runs.
- Churn: of the relationships at work on the first day of the year or begun in it, how many ended in it.

A median of an even number of lengths is the lower middle one: always one that somebody had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

AT_WORK = frozenset({"active", "paused"})


@dataclass(frozen=True, slots=True)
class Entered:
    """A state, the day it was entered, and why it ended."""

    state: str
    since: dt.date
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship: the states that it entered, in order."""

    states: tuple[Entered, ...]

    def on(self, day: dt.date) -> Entered | None:
        """How it stood at the end of a day; None before it was proposed."""
        known = [entered for entered in self.states if entered.since <= day]
        return known[-1] if known else None

    @property
    def proposed_on(self) -> dt.date:
        """The day of its first state."""
        return self.states[0].since

    @property
    def began_on(self) -> dt.date | None:
        """The first day of working together."""
        return next((entered.since for entered in self.states if entered.state == "active"), None)

    @property
    def ended_on(self) -> dt.date | None:
        """The day on which it ended."""
        return self.states[-1].since if self.states[-1].state == "ended" else None

    def tenure_days(self, day: dt.date) -> int | None:
        """How long it had lasted on a day, or lasted in all; None if it had not begun."""
        if self.began_on is None or self.began_on > day:
            return None
        return (min(self.ended_on or day, day) - self.began_on).days


def days_to_match(relationships: Sequence[Relationship], first: dt.date, last: dt.date) -> list[int]:
    """How long a school waited for each adviser who began to work with it between two days."""
    lengths = []
    for one in relationships:
        began = one.began_on
        if began is None or not first <= began <= last:
            continue
        before = [
            other.ended_on for other in relationships if other is not one and other.ended_on is not None
        ]
        without = max((day for day in before if day <= began), default=None)
        since = one.proposed_on if without is None else min(without, one.proposed_on)
        lengths.append((began - since).days)
    return lengths


def turnover(relationships: Iterable[Relationship], first: dt.date, last: dt.date) -> tuple[int, int]:
    """Count the relationships at work at some time between two days, and how many ended by the last."""
    at_work = ended = 0
    for one in relationships:
        if one.began_on is None or one.began_on > last:
            continue
        if one.ended_on is not None and one.ended_on < first:
            continue
        at_work += 1
        ended += one.ended_on is not None and one.ended_on <= last
    return at_work, ended


def median(lengths: Sequence[int]) -> int | None:
    """The lower middle one; None of none."""
    return sorted(lengths)[(len(lengths) - 1) // 2] if lengths else None
