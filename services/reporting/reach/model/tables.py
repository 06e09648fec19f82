"""Which tables there are, what each column means, and what each can be filtered by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP, TRACKED_GROUPS
from services.reporting.reach.model.coverage import coverage_rows
from services.reporting.reach.model.destinations import destination_rows
from services.reporting.reach.model.engagement import (
    SECTIONS,
    access_rows,
    employer_rows,
    sector_rows,
    work_rows,
)
from services.reporting.reach.model.partnership import (
    MATCH_STATES,
    RELATIONSHIP_STATES,
    adviser_rows,
    match_rows,
    quality_rows,
)
from services.reporting.reach.model.school import BENCHMARKS, EVERYBODY
from services.reporting.reach.model.world import ALL, HUB, UNKNOWN, Row, World
from services.runtime.errors import FieldProblem, InvalidError

_SCHOOL: Final = {
    "school": "URN, or 'hub' for all schools together",
    "name": "name of the school or college",
}
_YEAR_GROUP: Final = {"year_group": "national curriculum year, or 'all'"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table is like: its columns with what they mean, and the columns that it can be filtered by."""

    name: str
    title: str
    about: str
    columns: Mapping[str, str]
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table(Layout):
    """One of the tables, and how its rows are made."""

    rows: Callable[[World], list[Row]]


TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        Table(
            "coverage",
            "Pupils reached, by benchmark",
            "Different pupils on roll whom an activity of the academic year counts for.",
            _SCHOOL
            | _YEAR_GROUP
            | {
                "group": "'all', or sen, disadvantaged, eal, in_care",
                "benchmark": "Gatsby Benchmark",
                "on_roll": "pupils on roll",
                "reached": "different pupils reached",
                "coverage_percent": "reached of on roll, floored",
            },
            ("school", "year_group", "group", "benchmark"),
            coverage_rows,
        ),
        Table(
            "employer-reach",
            "Employers met",
            "Distinct employers named in activities, one that was merged into another counted as that one.",
            _SCHOOL
            | {
                "size_band": "'all', or the employer's size; sole_trader is self-employed",
                "employers": "distinct employers",
                "activities": "activities with them",
                "sectors": "distinct sections of SIC 2007 among them",
            },
            ("school",),
            employer_rows,
        ),
        Table(
            "sectors",
            "Sectors wanted and met",
            "What pupils say they are drawn to, beside the employers that they met.",
            _SCHOOL
            | {
                "sector": "section of SIC 2007",
                "wanted_at_least": "pupils who name it: at least so many; fewer than six are left out",
                "employers": "distinct employers of it met",
                "activities": "activities with them",
                "wanted_not_met": "yes where pupils want it and no employer of it was met",
            },
            ("school", "sector"),
            sector_rows,
        ),
        Table(
            "work-experience",
            "Work experience",
            "Visits, shadowing and placements; 50 hours by the end of Year 11 is an ambition, no benchmark.",
            _SCHOOL
            | _YEAR_GROUP
            | {
                "participations": "pupils at activities, each time",
                "pupil_hours": "whole hours of work experience of all of them, each year group floored",
            },
            ("school", "year_group"),
            work_rows,
        ),
        Table(
            "provider-access",
            "Provider access",
            "Encounters with technical providers and apprenticeships in the academic year, by phase.",
            _SCHOOL
            | {
                "phase": "1: Years 8 and 9, 2: Years 10 and 11, 3: Years 12 and 13",
                "encounters": "encounters that count",
                "required": "encounters that the law asks for in the phase",
                "required_met": "whether there were so many this year",
                "participations": "pupils who count: who attended, and in phase 3 all to whom it was offered",
            },
            ("school",),
            access_rows,
        ),
        Table(
            "destinations",
            "Destinations",
            "Where a year group means to go, is, and has stayed for six months: three different things.",
            _SCHOOL
            | {
                "year_group": "national curriculum year",
                "kind": "intended, actual or sustained",
                "category": "destination; neet has not_known beside it",
                "on": "the day that an actual destination is of",
                "cohort": "pupils of the year group",
                "pupils": "pupils",
            },
            ("school", "year_group"),
            destination_rows,
        ),
        Table(
            "advisers",
            "Enterprise Advisers",
            "Schools' relationships with Enterprise Advisers, as they stand on the last day of the period.",
            _SCHOOL
            | {
                "schools": "schools counted",
                "with_adviser": "schools with an active adviser",
                "with_adviser_percent": "of the schools, floored",
                **{state: f"relationships that are {state}" for state in RELATIONSHIP_STATES},
                "days_to_match": "median days without an adviser before one began this year",
                "tenure_days": "median days of those that run",
                "at_work": "relationships at work at some time this year",
                "ended": "how many of them ended",
                "churn_percent": "ended of at work, floored",
            },
            ("school",),
            adviser_rows,
        ),
        Table(
            "matches",
            "Matches and needs",
            "Matches of rounds that end in the academic year, and schools' needs that are open now.",
            _SCHOOL
            | {
                **{state: f"matches that are {state}" for state in MATCH_STATES},
                "needs_open": "needs that are open now",
                "slots_open": "encounters that they ask for",
                "slots_met": "of those, with an accepted, confirmed or completed match",
                "slots_unmet": "the rest",
            },
            ("school",),
            match_rows,
        ),
        Table(
            "data-quality",
            "Freshness and quality of data",
            "What the figures of each school stand on, and what has not been counted yet.",
            _SCHOOL
            | {
                "roll_changed_on": "day on which the roll last changed",
                "last_activity_on": "day of the latest activity recorded",
                "activities": "activities recorded",
                "with_employer_percent": "of the activities, with an employer named, floored",
                "on_roll": "pupils on roll",
                "registered_elsewhere": "of them, mainly registered at another school, which counts them too",
                "waiting": "events announced and not counted yet",
                "parked": "events that could not be counted and are kept",
                "held": "whether counting has stopped until somebody looks",
            },
            ("school",),
            quality_rows,
        ),
    )
}

VALUES: Final[Mapping[str, Sequence[str]]] = {
    "year_group": (ALL, *(str(group) for group in range(FIRST_YEAR_GROUP, LAST_YEAR_GROUP + 1))),
    "benchmark": BENCHMARKS,
    "group": (EVERYBODY, *TRACKED_GROUPS),
    "sector": (*SECTIONS, UNKNOWN),
}
"""What a filter can ask for; a school is one of the Hub's."""


def select(
    table: Layout, rows: Sequence[Row], wanted: Mapping[str, str], schools: Sequence[str]
) -> list[Row]:
    """Keep the rows that filters ask for; raises InvalidError for a filter that cannot be, and says why.

    What is shown does not depend on it: the table is protected as a whole, then filtered.
    """
    problems = tuple(_problems(table, wanted, schools))
    if problems:
        raise InvalidError(f"{problems[0].where}: {problems[0].reason}", problems)
    return [row for row in rows if all(str(row[name]) == value for name, value in wanted.items())]


def _problems(table: Layout, wanted: Mapping[str, str], schools: Sequence[str]) -> list[FieldProblem]:
    problems = []
    for name, value in wanted.items():
        if name not in table.filters:
            known = ", ".join(table.filters)
            reason = f"the table '{table.name}' cannot be filtered by this; it can by {known}"
            problems.append(FieldProblem(name, reason))
        elif name == "school" and value not in {HUB, *schools}:
            problems.append(
                FieldProblem(name, "is no school of this Hub now; give a URN of the table's rows")
            )
        elif name in VALUES and value not in VALUES[name]:
            problems.append(FieldProblem(name, f"is none of {', '.join(VALUES[name])}"))
    return problems
