"""Which stakeholder groups were heard in the last twelve months, for gb1.4 (domain §1b, §1c).

A group was heard when a survey of it is closed, within the twelve months, and somebody answered. That
something changed as a result is the Careers Leader's to say. Governors are asked as well, although gb1.4 does
not name them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.audit.model.question_set import AUDIENCES, Audience
from services.audit.model.survey import Survey

NAMED_BY_GB1_4: Final[frozenset[Audience]] = frozenset(
    {"pupils", "parents_carers", "staff", "employers", "advisers"}
)

Heard = Literal["heard", "being_asked", "not_heard"]


@dataclass(frozen=True, slots=True)
class Round:
    """A survey with the number of its answers."""

    id: str
    survey: Survey
    answers: int


@dataclass(frozen=True, slots=True)
class GroupVoice:
    """Whether a group was heard, and by which survey last."""

    audience: Audience
    named_by_gb1_4: bool
    state: Heard
    last: Round | None


@dataclass(frozen=True, slots=True)
class Voice:
    """All groups, and since when a closed survey counts."""

    since: dt.date
    groups: tuple[GroupVoice, ...]

    @property
    def named_and_heard(self) -> int:
        """Count the groups that gb1.4 names and that were heard."""
        return sum(group.named_by_gb1_4 and group.state == "heard" for group in self.groups)

    @property
    def changes(self) -> Mapping[str, str]:
        """What changed as a result, by the survey that counts."""
        return {
            group.last.id: group.last.survey.what_changed
            for group in self.groups
            if group.last is not None and group.last.survey.what_changed is not None
        }


def twelve_months_before(today: dt.date) -> dt.date:
    """Return the same day a year earlier, or 28 February for the 29th."""
    if (today.month, today.day) == (2, 29):
        return today.replace(year=today.year - 1, day=28)
    return today.replace(year=today.year - 1)


def voice_of(rounds: Iterable[Round], today: dt.date) -> Voice:
    """Say of each group whether it was heard; the survey that closed last counts."""
    known, since = list(rounds), twelve_months_before(today)
    return Voice(since, tuple(_group(audience, known, since, today) for audience in AUDIENCES))


def _group(audience: Audience, rounds: list[Round], since: dt.date, today: dt.date) -> GroupVoice:
    of_group = [one for one in rounds if one.survey.audience == audience]
    counting = [
        one
        for one in of_group
        if one.survey.state(today) == "closed" and one.survey.closes_on >= since and one.answers
    ]
    last = max(counting, key=lambda one: (one.survey.closes_on, one.id), default=None)
    state: Heard = "not_heard"
    if last is not None:
        state = "heard"
    elif any(one.survey.state(today) == "open" for one in of_group):
        state = "being_asked"
    return GroupVoice(audience, audience in NAMED_BY_GB1_4, state, last)
