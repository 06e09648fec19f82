"""A school's matches with employers, as far as recording an activity of one needs them.

A match is agreed in the Hub's match rounds (`employers`). Once it is confirmed, the school can name it in the
activity that comes of it, which completes it. More than one activity can: two sessions of one visit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import EmployerId
from services.pupils.model.facts import Facts
from services.runtime.errors import FieldProblem, InvalidError

RecordableState = Literal["confirmed", "completed"]
NO_SUCH_MATCH: Final = (
    "is not a confirmed match of this school: GET .../matches lists those to record; leave it out for none"
)


@dataclass(frozen=True, slots=True)
class Match:
    """A match that the school may name; `ends_on` is the last day of the round that it was agreed in."""

    id: str
    employer_id: EmployerId
    activity_type: str
    state: RecordableState
    ends_on: dt.date


def match_problems(facts: Facts, matches: Mapping[str, Match]) -> tuple[FieldProblem, ...]:
    """Say why an activity cannot be of the match that it names; `matches` are the school's, by id."""
    if facts.match_id is None:
        return ()
    match = matches.get(facts.match_id)
    if match is None:
        return (FieldProblem("match_id", NO_SUCH_MATCH),)
    problems = []
    if facts.employer_id != match.employer_id:
        said = "is missing" if facts.employer_id is None else "is another one"
        problems.append(FieldProblem("employer_id", f"{said}: the match is with {match.employer_id}"))
    if facts.activity_type != match.activity_type:
        problems.append(
            FieldProblem("activity_type", f"is another one: the match is of {match.activity_type}")
        )
    return tuple(problems)


def refuse_unfit_match(facts: Facts, matches: Mapping[str, Match]) -> None:
    """Raise InvalidError for an activity that cannot be of the match that it names."""
    problems = match_problems(facts, matches)
    if problems:
        raise InvalidError("The activity does not fit the match that it names.", problems)


def says_the_same_of_a_match(one: Facts, other: Facts) -> bool:
    """Whether two accounts agree in all that naming a match depends on."""
    return (one.match_id, one.employer_id, one.activity_type) == (
        other.match_id,
        other.employer_id,
        other.activity_type,
    )
