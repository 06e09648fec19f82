"""One adviser with one school: proposed -> introduced -> active -> paused -> ended(reason).

Both sides accept before they are introduced, and either may decline until they work together. An active match
can be paused and taken up again. `ended` is final; the same two can be proposed anew, as another match.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from contracts.employers import RelationshipEnd
from contracts.vocabulary import Urn
from services.employers.advising.adviser import (
    FIRST_VERSION,
    AdviserId,
    Mark,
    Step,
    refuse_stale,
    require_step,
)
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

MatchId = NewType("MatchId", str)
MatchState = Literal["proposed", "introduced", "active", "paused", "ended"]
OPEN: Final[tuple[MatchState, ...]] = ("proposed", "introduced", "active", "paused")
Side = Literal["school", "adviser"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)
Action = Literal["accept", "decline", "introduce", "activate", "pause", "end"]

_FROM: Final[Mapping[Action, tuple[MatchState, ...]]] = {
    "accept": ("proposed",),
    "decline": ("proposed", "introduced"),
    "introduce": ("proposed",),
    "activate": ("introduced", "paused"),
    "pause": ("active",),
    "end": OPEN,
}
_TO: Final[Mapping[Action, MatchState]] = {
    "decline": "ended",
    "introduce": "introduced",
    "activate": "active",
    "pause": "paused",
    "end": "ended",
}
DECLINED: Final[Mapping[Side, RelationshipEnd]] = {
    "school": "declined_by_school",
    "adviser": "declined_by_adviser",
}


@dataclass(frozen=True, slots=True)
class Match:
    """One version of a match; `accepted` says which sides agreed to the proposal, and who said so when."""

    id: MatchId
    version: int
    adviser: AdviserId
    urn: Urn
    accepted: Mapping[Side, Mark]
    history: tuple[Step, ...]

    @property
    def state(self) -> MatchState:
        """The state now."""
        return self.history[-1].state  # type: ignore[return-value]  # a step of a match has a MatchState

    @property
    def since(self) -> dt.date:
        """The day on which it began."""
        return self.history[-1].since

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state != "ended"

    @property
    def ended_because(self) -> RelationshipEnd | None:
        """Why it ended, if it has."""
        return None if self.is_open else self.history[-1].reason  # type: ignore[return-value]  # as `act` wrote it

    @property
    def began_on(self) -> dt.date | None:
        """The day on which the two first worked together, if they have."""
        return next((step.since for step in self.history if step.state == "active"), None)


@dataclass(frozen=True, slots=True)
class Doing:
    """What somebody does with a match: from which day, for which side or why, having seen which version."""

    action: Action
    on: dt.date
    seen: int
    side: Side | None = None
    reason: RelationshipEnd | None = None


def propose(identity: MatchId, adviser: AdviserId, urn: Urn, on: dt.date, mark: Mark) -> Match:
    """Propose an adviser to a school; whether they may be is for `scoring.barriers`."""
    step = Step("proposed", on, None, mark)
    return Match(identity, FIRST_VERSION, adviser, urn, {}, (step,))


def act(before: Match, doing: Doing, today: dt.date, mark: Mark) -> Match | None:
    """Do something with a match; None if it is done already.

    Raises ConflictError for a stale version or what cannot follow, InvalidError for a side, reason or day
    that cannot be.
    """
    _require_words(doing)
    if _is_done(before, doing):
        return None
    refuse_stale(before.version, doing.seen)
    if before.state not in _FROM[doing.action]:
        can = [action for action, states in _FROM.items() if before.state in states]
        advice = f"it is possible to {' or '.join(can)} it" if can else "propose the two anew"
        raise ConflictError(f"It is not possible to {doing.action} a match that is {before.state}: {advice}.")
    if doing.action == "accept" and doing.side is not None:
        return replace(before, version=before.version + 1, accepted={**before.accepted, doing.side: mark})
    missing = [side for side in SIDES if side not in before.accepted]
    if doing.action == "introduce" and missing:
        raise ConflictError(f"Before they are introduced, this side has to accept: {' and '.join(missing)}.")
    return _enter(before, Step(_TO[doing.action], doing.on, _reason_of(doing), mark), today)


def end_with_adviser(before: Match, reason: RelationshipEnd, on: dt.date, mark: Mark) -> Match:
    """End a match because its adviser's relationship ends or rests."""
    day = max(on, before.since)
    return _enter(before, Step("ended", day, reason, mark), day)


def pause_with_adviser(before: Match, on: dt.date, mark: Mark) -> Match:
    """Pause an active match because its adviser pauses."""
    day = max(on, before.since)
    return _enter(before, Step("paused", day, None, mark), day)


def _enter(before: Match, step: Step, today: dt.date) -> Match:
    require_step(before.history, step, today)
    return replace(before, version=before.version + 1, history=(*before.history, step))


def _require_words(doing: Doing) -> None:
    needs_side = doing.action in {"accept", "decline"}
    problems = []
    if needs_side != (doing.side is not None):
        problems.append(FieldProblem("side", "says who accepts or declines, and is for that alone"))
    if (doing.action == "end") != (doing.reason is not None):
        problems.append(FieldProblem("reason", "says why a match ends, and is for that alone"))
    if doing.reason in DECLINED.values():
        problems.append(FieldProblem("reason", "is what declining says: decline it instead"))
    if problems:
        raise InvalidError("This cannot be done with a match.", tuple(problems))


def _is_done(before: Match, doing: Doing) -> bool:
    if doing.action == "accept":
        return before.state == "proposed" and doing.side in before.accepted
    if _TO[doing.action] != before.state:
        return False
    return before.is_open or before.ended_because == _reason_of(doing)


def _reason_of(doing: Doing) -> RelationshipEnd | None:
    return DECLINED[doing.side] if doing.action == "decline" and doing.side is not None else doing.reason
