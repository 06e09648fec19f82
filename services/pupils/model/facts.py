"""What a school says about an activity, apart from who was there, and whether it makes sense.

The lists of types, modes, tests and provider types come from the rules, so a new one is a change of data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import AcademicYear, EmployerId, academic_year_of
from services.pupils.model.rules import CreditRules
from services.runtime.errors import FieldProblem

_UK_AHEAD_OF_UTC_AT_MOST: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """An activity as the school tells it; `tests_met` is sorted and without repetition."""

    reference: str | None
    activity_type: str
    title: str
    held_on: dt.date
    mode: str
    hours: float | None
    employer_id: EmployerId | None
    provider_type: str | None
    tests_met: tuple[str, ...]
    in_school_day: bool | None = None
    """Whether it was in the standard school day; None where nobody said."""
    learning_areas: tuple[str, ...] = ()
    """Codes of the CDI framework (`learning.py`), sorted and without repetition; outcomes likewise."""
    learning_outcomes: tuple[str, ...] = ()
    preparation: str | None = None
    """What pupils, school and partner did before; `reflection` is what was done with it afterwards."""
    reflection: str | None = None
    match_id: str | None = None
    """The match with the employer that it comes of (`matches.py`)."""

    @property
    def academic_year(self) -> AcademicYear:
        """The academic year of its date (domain vocabulary)."""
        return academic_year_of(self.held_on)


def today_in_england(now: dt.datetime) -> dt.date:
    """Return the latest date that it can be in England at this moment: UTC, or an hour ahead in summer."""
    return (now + _UK_AHEAD_OF_UTC_AT_MOST).date()


def problems_of(facts: Facts, rules: CreditRules, today: dt.date) -> tuple[FieldProblem, ...]:
    """List what is wrong with the facts; unknown words are answered with the known ones."""
    problems = []
    kind = rules.types.get(facts.activity_type)
    if kind is None:
        problems.append(_unknown("activity_type", rules.types))
    if facts.mode not in rules.modes:
        problems.append(_unknown("mode", rules.modes))
    if not set(facts.tests_met) <= set(rules.tests):
        problems.append(_unknown("tests_met", rules.tests))
    if facts.held_on > today:
        problems.append(
            FieldProblem("held_on", "is in the future; record an activity once it has taken place")
        )
    if (
        kind is not None
        and facts.provider_type is not None
        and facts.provider_type not in kind.provider_types
    ):
        if kind.provider_types:
            problems.append(_unknown("provider_type", kind.provider_types))
        else:
            reason = "this activity type is no encounter with a provider; leave provider_type out"
            problems.append(FieldProblem("provider_type", reason))
    return tuple(problems)


def completed(facts: Facts, rules: CreditRules) -> Facts:
    """Fill in the provider's type where the activity's type leaves no choice."""
    kind = rules.types.get(facts.activity_type)
    if facts.provider_type is None and kind is not None and len(kind.provider_types) == 1:
        return replace(facts, provider_type=kind.provider_types[0])
    return facts


def _unknown(where: str, known: Iterable[str]) -> FieldProblem:
    return FieldProblem(where, f"is none of: {', '.join(known)}")
