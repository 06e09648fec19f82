"""Finds the same encounter told twice: by a file, another system and a teacher, each in their own words.

Two recorded activities are *suspected* the same when they are of the same day and type, somebody attended
both, and nothing that they say contradicts. Two sessions of a talk for different forms share nobody, so they
are never suspected. They are *certain* when employer, provider and title agree as well, one names only
pupils whom the other names too, and the tests that one tells as met are among the other's. Then there is
nothing left to judge, and the two are merged without anybody being asked. Accounts that tick different tests
are left to a person, because joining them could count for what neither account claims.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import ActivityId
from services.pupils.model.activity import Activity
from services.pupils.model.facts import Facts
from services.pupils.model.sheets import PupilRef

HOURS_APART: Final = 0.25
"""Hours by which two accounts may differ: 50 minutes are told as 0.8, as 0.83 and as a whole hour."""
MOST_COMPARED: Final = 100
"""Activities of one day and type with somebody in common that one post is compared with. No pupil has so many
encounters in a day; it keeps what one post can cost within bounds."""

Reason = Literal[
    "same_day_and_type",
    "same_title",
    "same_employer",
    "same_provider_type",
    "same_hours",
    "same_tests",
    "all_pupils_of_one",
]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two activities may be the same encounter, and how many pupils attended both."""

    in_common: int
    reasons: tuple[Reason, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two activities that may be the same, the one recorded first in front."""

    first: Activity
    second: Activity
    likeness: Likeness


def may_be_same(one: Facts, other: Facts) -> bool:
    """Whether two accounts are of one day and type and say nothing that excludes the other."""
    return (
        (one.held_on, one.activity_type, one.mode) == (other.held_on, other.activity_type, other.mode)
        and not _differ(one.employer_id, other.employer_id)
        and not _differ(one.provider_type, other.provider_type)
        and not _differ(one.in_school_day, other.in_school_day)
        and not _differ(one.match_id, other.match_id)
        and (one.hours is None or other.hours is None or _hours_agree(one.hours, other.hours))
    )


def compare(one: Activity, other: Activity) -> Likeness | None:
    """Say how like two activities are; None if they cannot be the same encounter, or are one activity."""
    if one.id == other.id or not may_be_same(one.facts, other.facts):
        return None
    in_common = len(one.attended & other.attended)
    if not in_common:
        return None
    mine, theirs = one.facts, other.facts
    employer = mine.employer_id == theirs.employer_id
    provider = mine.provider_type == theirs.provider_type
    title = normalised_title(mine.title) == normalised_title(theirs.title)
    tests = _nested(set(mine.tests_met), set(theirs.tests_met))
    contained = _nested(one.concerned, other.concerned)
    agreements: tuple[tuple[Reason, bool], ...] = (
        ("same_day_and_type", True),
        ("same_title", title),
        ("same_employer", employer and mine.employer_id is not None),
        ("same_provider_type", provider and mine.provider_type is not None),
        ("same_hours", mine.hours is not None and theirs.hours is not None),
        ("same_tests", mine.tests_met == theirs.tests_met),
        ("all_pupils_of_one", contained),
    )
    reasons = tuple(reason for reason, agrees in agreements if agrees)
    return Likeness(in_common, reasons, employer and provider and title and tests and contained)


def normalised_title(title: str) -> str:
    """Write a title as it is compared: without case, punctuation and spacing; as it is if nothing is left."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    words = "".join(letter if letter.isalnum() else " " for letter in folded).split()
    return " ".join(words) or folded


class Recorded:
    """Activities that count, to be searched for others that may be the same; what a batch adds joins them."""

    def __init__(self, activities: Iterable[Activity] = ()) -> None:
        self._activities: dict[ActivityId, Activity] = {}
        self._there: dict[tuple[object, str, PupilRef], list[ActivityId]] = defaultdict(list)
        for activity in activities:
            self.put(activity)

    def put(self, activity: Activity) -> None:
        """Add an activity, or what has become of one; one that does not count leaves."""
        if activity.status != "recorded":
            self._activities.pop(activity.id, None)
            return
        before = self._activities.get(activity.id)
        known = frozenset() if before is None else before.attended
        self._activities[activity.id] = activity
        for ref in activity.attended - known:
            self._there[activity.facts.held_on, activity.facts.activity_type, ref].append(activity.id)

    def like(self, activity: Activity) -> list[Pair]:
        """Find those that may be the same, the most certain first, then the one recorded first."""
        facts = activity.facts
        met: Counter[ActivityId] = Counter()
        for ref in activity.attended:
            met.update(self._there.get((facts.held_on, facts.activity_type, ref), ()))
        found = []
        for identity, _ in met.most_common(MOST_COMPARED):
            other = self._activities.get(identity)
            likeness = None if other is None else compare(other, activity)
            if other is not None and likeness is not None:
                found.append(Pair(other, activity, likeness))
        return sorted(found, key=lambda pair: (not pair.likeness.certain, _age(pair.first)))


def suspected(activities: Iterable[Activity]) -> Iterable[Pair]:
    """Yield the pairs that may be the same, newest day first; the second of each was recorded later.

    Whoever sent an activity as separate knew of those before it, so it is not paired with them.
    """
    before = Recorded()
    by_age = sorted(activities, key=_age)
    pairs = []
    for activity in by_age:
        pairs += [pair for pair in before.like(activity) if not _sent_apart(pair)]
        before.put(activity)
    return sorted(
        pairs, key=lambda pair: (-pair.first.facts.held_on.toordinal(), pair.first.id, pair.second.id)
    )


def _sent_apart(pair: Pair) -> bool:
    """Whether the later one was sent as separate; of two that came in one piece, whether either was."""
    together = pair.first.recorded.at == pair.second.recorded.at
    return pair.second.sent_as_separate or (together and pair.first.sent_as_separate)


def _age(activity: Activity) -> tuple[object, ActivityId]:
    return activity.recorded.at, activity.id


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _hours_agree(one: float, other: float) -> bool:
    return abs(one - other) <= HOURS_APART


def _nested(one: frozenset[object] | set[str], other: frozenset[object] | set[str]) -> bool:
    return one <= other or other <= one
