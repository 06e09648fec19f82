"""How long it takes, how long it lasts, and how many go: figures of a Hub's advisers, in whole days.

- Time to match: from the day on which a school was without an adviser to the day on which one began to work
  with it. A school's first wait begins with its need; matches that were there before it are left out.
- Tenure: from the first day of working together to the end, pauses included; for those that run, to today.
- Churn: of the matches at work on the first day of the window or begun in it, how many ended in it.

A median of an even number of lengths is the lower middle one: always one that somebody had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.vocabulary import Urn
from services.employers.advising.match import Match
from services.employers.advising.rounds import Place, place_of
from services.employers.advising.rules import AdvisingRules
from services.employers.advising.standing import SchoolFacts, Standing


@dataclass(frozen=True, slots=True)
class Length:
    """The median of some lengths, and of how many; None of none."""

    median_days: int | None
    of: int


@dataclass(frozen=True, slots=True)
class Churn:
    """How many matches ended of those that were at work in the window."""

    first_day: dt.date
    at_work: int
    ended: int

    @property
    def percent(self) -> int | None:
        """Ended of those at work, floored; None if none was."""
        return self.ended * 100 // self.at_work if self.at_work else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A school without an adviser, and from when."""

    urn: Urn
    special: bool
    place: Place
    days: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a day."""

    schools: int
    with_adviser: int
    time_to_match: Length
    tenure_ended: Length
    tenure_running: Length
    churn: Churn
    waiting: tuple[Waiting, ...]


def figures_of(
    schools: Sequence[SchoolFacts], matches: Sequence[Match], standing: Standing, rules: AdvisingRules
) -> Figures:
    """Count what a day's matches say."""
    today = standing.today
    began = [(match, day) for match in matches if (day := match.began_on) is not None]
    first_day = today - dt.timedelta(days=rules.churn.window_days)
    at_work = [m for m, _ in began if m.is_open or m.since > first_day]
    at_work_now = {match.urn for match in matches if match.state == "active"}
    return Figures(
        schools=len(schools),
        with_adviser=sum(school.urn in at_work_now for school in schools),
        time_to_match=length_of(_waits(schools, began)),
        tenure_ended=length_of([(m.since - day).days for m, day in began if not m.is_open]),
        tenure_running=length_of([(today - day).days for m, day in began if m.is_open]),
        churn=Churn(first_day, len(at_work), sum(not match.is_open for match in at_work)),
        waiting=_waiting(schools, standing, rules),
    )


def length_of(days: Iterable[int]) -> Length:
    """Take the (lower) median."""
    in_order = sorted(days)
    return Length(in_order[(len(in_order) - 1) // 2] if in_order else None, len(in_order))


def _waits(schools: Sequence[SchoolFacts], began: Sequence[tuple[Match, dt.date]]) -> list[int]:
    """For each match that found a school without one: how long the school had waited."""
    since = {school.urn: school.need.since for school in schools if school.need is not None}
    by_school: dict[Urn, list[tuple[dt.date, Match]]] = {}
    for match, day in began:
        by_school.setdefault(match.urn, []).append((day, match))
    found = []
    for urn, those in by_school.items():
        free_from = since.get(urn)
        for day, match in sorted(those, key=lambda one: (one[0], one[1].id)):
            if free_from is not None and day >= free_from:
                found.append((day - free_from).days)
            # A second adviser beside one at work ends no wait; the next wait begins when both have gone.
            ends = dt.date.max if match.is_open else match.since
            free_from = ends if free_from is None else max(free_from, ends)
    return found


def _waiting(schools: Sequence[SchoolFacts], standing: Standing, rules: AdvisingRules) -> tuple[Waiting, ...]:
    """List the schools that wait, in the order of the queue."""
    found = []
    for school in schools:
        since = standing.waits_since(school)
        if since is not None:
            place = place_of(school, standing, rules)
            found.append(Waiting(school.urn, school.special, place, (standing.today - since).days))
    return tuple(sorted(found, key=lambda one: (one.place.band, one.place.since, one.urn)))
