"""One match of a round: who has said what of it, and what may still become of it.

proposed -> accepted (both sides) -> confirmed -> cancelled; declined by either side until it is confirmed;
replaced when a later plan does without it. A confirmed match is fixed: it takes one of its offer's capacity
and one of its employer's ask budget. If the school cancels, both are given back. If the employer cancels,
they are not: it does not have the place any more, and it has been asked.

confirmed <-> completed: as long as an activity that the school recorded names it. Nobody says so by hand. It
stays fixed, and cannot be cancelled. An activity can be told of just after somebody cancelled: then the match
knows of it and stays cancelled, because a place that was given back may be somebody else's by now.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.employers import MatchChanged, MatchState
from contracts.vocabulary import ActivityId, EmployerId, Urn
from services.employers.matching.plan import Line
from services.employers.matching.round import NeedId, OfferId, Pair
from services.employers.model.calendar import SchoolTerm
from services.runtime.errors import ConflictError

Side = Literal["school", "employer"]
Speaker = Literal["school", "employer", "coordinator"]
"""Who answers. A coordinator answers for an employer that was asked by telephone."""
Answer = Literal["accepted", "declined"]
FIXED: Final[frozenset[MatchState]] = frozenset({"confirmed", "completed"})
"""Nothing that is solved later moves it, and it takes of capacity and ask budget."""
ACTIVE: Final[frozenset[MatchState]] = FIXED | {"proposed", "accepted"}
BARRED: Final[frozenset[MatchState]] = frozenset({"declined", "cancelled"})
"""Whoever said no is not asked the same again in this round."""
ID_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Match:
    """A line of a round's plan, with each side's answer; `employer_by` is who gave the employer's.

    `completed_by` are the school's activities that name it, in order of their ids: two sessions can be two
    activities of one match.
    """

    round_id: str
    ends_on: dt.date
    term: SchoolTerm
    urn: Urn
    need_id: NeedId
    offer_id: OfferId
    employer_id: EmployerId
    type: str
    state: MatchState = "proposed"
    school: Answer | None = None
    employer: Answer | None = None
    cancelled_by: Side | None = None
    completed_by: tuple[ActivityId, ...] = ()
    employer_by: Literal["employer", "coordinator"] | None = None

    @property
    def pair(self) -> Pair:
        """Which need meets which offer."""
        return Pair(self.need_id, self.offer_id)

    @property
    def takes(self) -> bool:
        """Whether it takes of its offer's capacity and its employer's ask budget."""
        return self.state in FIXED or self.cancelled_by == "employer"

    def told(self, match_id: str) -> MatchChanged:
        """Say how it stands."""
        return MatchChanged(
            urn=self.urn,
            match_id=match_id,
            round_id=self.round_id,
            round_ends_on=self.ends_on,
            need_id=self.need_id,
            offer_id=self.offer_id,
            employer_id=self.employer_id,
            activity_type=self.type,
            state=self.state,
        )


def match_id_of(round_id: str, pair: Pair) -> str:
    """Name a match: a round has one of a need and an offer, however often it is planned."""
    text = f"{round_id}+{pair.need_id}+{pair.offer_id}"
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def answered(match: Match, speaker: Speaker, answer: Answer) -> Match:
    """Note a side's answer; raises ConflictError once the match is confirmed or out of the plan.

    What an employer said itself is not said again by a coordinator who says the same.
    """
    side: Side = "school" if speaker == "school" else "employer"
    if match.state not in {"proposed", "accepted"} and getattr(match, side) != answer:
        raise ConflictError(
            f"This match is {match.state}; it can be answered while it is proposed or accepted."
        )
    if match.state not in {"proposed", "accepted"}:
        return match
    if speaker == "school":
        after = replace(match, school=answer)
    elif speaker == "coordinator" and match.employer == answer:
        after = match
    else:
        after = replace(match, employer=answer, employer_by=speaker)
    if "declined" in {after.school, after.employer}:
        return replace(after, state="declined")
    both = after.school == after.employer == "accepted"
    return replace(after, state="accepted" if both else "proposed")


def confirmed(match: Match) -> Match:
    """Fix a match that both sides accepted; raises ConflictError for any other."""
    if match.state in FIXED:
        return match
    if match.state != "accepted":
        raise ConflictError(f"This match is {match.state}; both sides accept it before it is confirmed.")
    return replace(match, state="confirmed")


def cancelled(match: Match, by: Side) -> Match:
    """Cancel a confirmed match; raises ConflictError for any other."""
    if match.state == "cancelled" and match.cancelled_by == by:
        return match
    if match.state == "completed":
        raise ConflictError(
            "This match is completed: the school has recorded an activity of it. If that did not take place, "
            "the school retracts the activity, or takes the match off it; then it can be cancelled."
        )
    if match.state != "confirmed":
        raise ConflictError(
            f"This match is {match.state}; only a confirmed one is cancelled. Decline it instead."
        )
    return replace(match, state="cancelled", cancelled_by=by)


def with_activity(match: Match, activity: ActivityId) -> Match:
    """Note that an activity of the school names it; noting it again changes nothing."""
    return _completed_by(match, {*match.completed_by, activity})


def without_activity(match: Match, activity: ActivityId) -> Match:
    """Note that an activity names it no longer; one that it does not know of changes nothing."""
    return _completed_by(match, set(match.completed_by) - {activity})


def _completed_by(match: Match, activities: Collection[ActivityId]) -> Match:
    state = match.state
    if state in FIXED:
        state = "completed" if activities else "confirmed"
    return replace(match, state=state, completed_by=tuple(sorted(activities)))


def planned(
    before: Mapping[str, Match], lines: Iterable[Line], new: Mapping[Pair, Match]
) -> dict[str, tuple[Match | None, Match]]:
    """Say which matches change by a new plan, by id: as (before, after).

    `new` has every line of the plan as it is when first proposed. A match that was active and is in the
    plan again stays as it is, with its answers; one that is not is replaced, unless it is fixed.
    """
    changes: dict[str, tuple[Match | None, Match]] = {}
    kept: set[str] = set()
    for line in lines:
        first = new[line.pair]
        identity = match_id_of(first.round_id, line.pair)
        known = before.get(identity)
        kept.add(identity)
        if known is None or known.state not in ACTIVE:
            changes[identity] = (known, first)
    for identity, known in before.items():
        if identity not in kept and known.state in ACTIVE - FIXED:
            changes[identity] = (known, replace(known, state="replaced"))
    return changes
