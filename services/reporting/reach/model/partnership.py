"""Advisers, matches and needs, and what the data of each school are worth. All of it about institutions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from services.reporting.model.suppression import NOT_AVAILABLE, is_small, shown
from services.reporting.reach.model.relationships import days_to_match, median, turnover
from services.reporting.reach.model.school import Match, SchoolReach
from services.reporting.reach.model.world import Cell, Row, World, named, percent

RELATIONSHIP_STATES: Final = ("proposed", "introduced", "active", "paused")
MATCH_STATES: Final = ("proposed", "accepted", "confirmed", "completed", "declined", "cancelled", "replaced")
MEETING: Final = frozenset({"accepted", "confirmed", "completed"})
"""A match in one of these takes a slot of its need."""


def adviser_rows(world: World) -> list[Row]:
    """Who has an Enterprise Adviser on the last day, how long that took and has lasted, and how many went."""
    parts: list[tuple[SchoolReach | None, Sequence[SchoolReach]]] = [(s, [s]) for s in world.schools]
    if not world.whole:
        parts.insert(0, (None, world.schools))
    return [named(school) | _adviser_figures(schools, world.first, world.last) for school, schools in parts]


def match_rows(world: World) -> list[Row]:
    """Matches of the year's rounds by state; and the needs that are open now, and what of them is met."""
    parts: list[tuple[SchoolReach | None, Sequence[SchoolReach]]] = [(s, [s]) for s in world.schools]
    if not world.whole:
        parts.insert(0, (None, world.schools))
    return [named(school) | _match_figures(schools) for school, schools in parts]


def quality_rows(world: World) -> list[Row]:
    """How fresh and how good a school's data are: what the other tables are worth."""
    rows: list[Row] = []
    for school in world.schools:
        elsewhere = sum(group["subsidiary"] for group in school.year.get("roll", {}).values())
        # No total of it is published, so the small ones need nothing to hide behind.
        hidden: Cell = shown(elsewhere, withheld=is_small(elsewhere))
        with_employer = sum(school.employers.values())
        rows.append(
            named(school)
            | {
                "roll_changed_on": school.year.get("roll_changed_on", NOT_AVAILABLE),
                "last_activity_on": max(school.year.get("days", {}), default=NOT_AVAILABLE),
                "activities": school.activities,
                "with_employer_percent": percent(with_employer, school.activities),
                "on_roll": sum(school.on_roll().values()) if school.has_roll else NOT_AVAILABLE,
                "registered_elsewhere": elsewhere if world.whole else hidden,
                "waiting": school.backlog.waiting,
                "parked": school.backlog.parked,
                "held": "yes" if school.backlog.held else "no",
            }
        )
    return rows


def _adviser_figures(schools: Sequence[SchoolReach], first: dt.date, last: dt.date) -> Row:
    of_schools = [school.relationships for school in schools]
    states: Counter[str] = Counter()
    matched = 0
    tenures: list[int] = []
    for relationships in of_schools:
        standing = [entered.state for one in relationships if (entered := one.on(last)) is not None]
        states.update(standing)
        matched += "active" in standing
        for one in relationships:
            entered, tenure = one.on(last), one.tenure_days(last)
            if tenure is not None and entered is not None and entered.state != "ended":
                tenures.append(tenure)
    waits = [days for relationships in of_schools for days in days_to_match(relationships, first, last)]
    at_work, ended = turnover([one for relationships in of_schools for one in relationships], first, last)
    return {
        "schools": len(schools),
        "with_adviser": matched,
        "with_adviser_percent": percent(matched, len(schools)),
        **{state: states[state] for state in RELATIONSHIP_STATES},
        "days_to_match": _or_none(median(waits)),
        "tenure_days": _or_none(median(tenures)),
        "at_work": at_work,
        "ended": ended,
        "churn_percent": percent(ended, at_work),
    }


def _match_figures(schools: Sequence[SchoolReach]) -> Row:
    states = Counter(match.state for school in schools for match in school.matches if match.in_year)
    slots = sum(sum(school.needs.values()) for school in schools)
    met = sum(_slots_met(school.needs, school.matches) for school in schools)
    return {
        **{state: states[state] for state in MATCH_STATES},
        "needs_open": sum(len(school.needs) for school in schools),
        "slots_open": slots,
        "slots_met": met,
        "slots_unmet": slots - met,
    }


def _slots_met(needs: Mapping[str, int], matches: Sequence[Match]) -> int:
    """Count the slots of open needs that a match takes, of each need at most as many as it has."""
    taken = Counter(match.need_id for match in matches if match.state in MEETING)
    return sum(min(slots, taken[need]) for need, slots in needs.items())


def _or_none(days: int | None) -> Cell:
    return "z" if days is None else days
