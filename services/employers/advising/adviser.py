"""An Enterprise Adviser as the Hub knows them, and the states of the relationship.

    enquiry -> applied -> inducted -> available -> proposed -> introduced -> active -> paused -> ended(reason)

(domain §4, rule 13). A coordinator says the first four, `paused` and `ended`. `proposed`, `introduced` and
`active` follow from the adviser's matches (`match.py`): the furthest of them is the adviser's state. To pause
is possible from `available` on, to end from everywhere; `ended` is final, and who comes back is registered
anew.

Nothing here is a name, an address or a number of a person: those are contact details, kept apart (`Contact`).

Invariant: a step is never taken out of the history, and its day is not before the one of the step before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from contracts.vocabulary import EmployerId, Urn
from services.employers.model.directory import Position
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

AdviserId = NewType("AdviserId", str)
AdviserState = Literal[
    "enquiry", "applied", "inducted", "available", "proposed", "introduced", "active", "paused", "ended"
]
SaidState = Literal["applied", "inducted", "available", "paused", "ended"]
"""What a coordinator can say; the other states come of matches."""
AdviserLeft = Literal["moved_away", "changed_job", "no_time", "unsuitable", "not_reached", "other"]
"""Why an adviser's relationship ended; it stays in the Hub's own store."""
Seniority = Literal["owner_or_chief", "director", "senior_manager", "manager", "other"]
ADVISER_STATES: Final[tuple[AdviserState, ...]] = get_args(AdviserState)
AT_WORK: Final[tuple[AdviserState, ...]] = ("available", "proposed", "introduced", "active")
"""The states in which an adviser can be given a school, as far as there is room."""
_SAID_FROM: Final[Mapping[SaidState, tuple[AdviserState, ...]]] = {
    "applied": ("enquiry",),
    "inducted": ("applied",),
    "available": ("inducted", "paused"),
    "paused": AT_WORK,
    "ended": tuple(state for state in ADVISER_STATES if state != "ended"),
}
_UK_AHEAD_OF_UTC_AT_MOST: Final = dt.timedelta(hours=1)
FIRST_VERSION: Final = 1
MOST_STEPS: Final = 500
"""Steps of one history: decades of them. More is a program gone wild."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something (a token's subject), and when."""

    at: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Step:
    """A state was entered: on which day, why, and who said so when."""

    state: str
    since: dt.date
    reason: str | None
    mark: Mark


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach an adviser: personal, kept in a collection of its own and nowhere else."""

    name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What matching needs to know of an adviser; `conflicts` and `preferences` name schools."""

    seniority: Seniority
    capacity_schools: int
    hours_a_month: int
    position: Position | None = None
    remote: bool = False
    """Whether the adviser would help a school from afar."""
    travel_km: int | None = None
    employer_id: EmployerId | None = None
    sic_section: str | None = None
    send_trained_until: dt.date | None = None
    conflicts: tuple[Urn, ...] = ()
    preferences: tuple[Urn, ...] = ()
    coordinator: str | None = None
    """In whose care the adviser is: an Enterprise Coordinator's subject."""

    def send_trained_on(self, day: dt.date) -> bool:
        """Whether the SEND training is valid on a day, its last day included."""
        return self.send_trained_until is not None and day <= self.send_trained_until


@dataclass(frozen=True, slots=True)
class Adviser:
    """One version of an adviser; `history` is in order, and its last step is the present state."""

    id: AdviserId
    version: int
    profile: Profile
    history: tuple[Step, ...]
    changed: Mark

    @property
    def state(self) -> AdviserState:
        """The state of the relationship now."""
        return self.history[-1].state  # type: ignore[return-value]  # a step of an adviser has an AdviserState

    @property
    def since(self) -> dt.date:
        """The day on which it began."""
        return self.history[-1].since


@dataclass(frozen=True, slots=True)
class Moving:
    """What somebody says of a state: which, from which day, why, and the version that they have seen."""

    to: SaidState
    on: dt.date
    reason: AdviserLeft | None
    seen: int


def today_in_england(now: dt.datetime) -> dt.date:
    """Return the latest date that it can be in England at this moment: UTC, or an hour ahead in summer."""
    return (now + _UK_AHEAD_OF_UTC_AT_MOST).date()


def register(identity: AdviserId, profile: Profile, on: dt.date, mark: Mark) -> Adviser:
    """Begin a relationship with an enquiry."""
    return Adviser(identity, FIRST_VERSION, profile, (Step("enquiry", on, None, mark),), mark)


def describe(before: Adviser, profile: Profile, seen: int, mark: Mark) -> Adviser | None:
    """Say anew what an adviser is like; None if it is known so. Raises ConflictError for a stale version."""
    if before.profile == profile:
        return None
    refuse_stale(before.version, seen)
    return replace(before, version=before.version + 1, profile=profile, changed=mark)


def move(before: Adviser, moving: Moving, today: dt.date, mark: Mark) -> Adviser | None:
    """Enter a state that a coordinator can say; None if the adviser is in it.

    Raises ConflictError for a stale version or a step that cannot follow, InvalidError for a day or reason
    that cannot be.
    """
    if before.state == moving.to:
        return None
    refuse_stale(before.version, moving.seen)
    if before.state not in _SAID_FROM[moving.to]:
        allowed = [state for state, sources in _SAID_FROM.items() if before.state in sources]
        can = f"can become {' or '.join(allowed)}" if allowed else "is final; register the adviser anew"
        raise ConflictError(
            f"An adviser who is {before.state} cannot become {moving.to}: {before.state} {can}."
        )
    if (moving.to == "ended") != (moving.reason is not None):
        reason = "is needed to end a relationship" if moving.to == "ended" else "is for the end alone"
        raise InvalidError("The state cannot be entered.", (FieldProblem("reason", reason),))
    return _enter(before, Step(moving.to, moving.on, moving.reason, mark), today)


def follow(before: Adviser, states: Iterable[str], on: dt.date, mark: Mark) -> Adviser | None:
    """Bring an adviser at work to the state that the matches give; None if that is the present one."""
    if before.state not in AT_WORK:
        return None
    open_states = set(states)
    reached: AdviserState = "available"
    for state in AT_WORK:
        if state in open_states:
            reached = state
    if reached == before.state:
        return None
    # A match's day may be told late, the adviser's own story goes on from where it is.
    day = max(on, before.since)
    return _enter(before, Step(reached, day, "match", mark), day)


def _enter(before: Adviser, step: Step, today: dt.date) -> Adviser:
    require_step(before.history, step, today)
    return replace(before, version=before.version + 1, history=(*before.history, step), changed=step.mark)


def require_step(history: tuple[Step, ...], step: Step, today: dt.date) -> None:
    """Raise InvalidError for a day before the last step or in the future, ConflictError past `MOST_STEPS`."""
    if step.since > today:
        raise InvalidError("The day cannot be.", (FieldProblem("on", "is in the future"),))
    if step.since < history[-1].since:
        problem = FieldProblem("on", f"is before {history[-1].since}, when the last step was taken")
        raise InvalidError("The day cannot be.", (problem,))
    if len(history) >= MOST_STEPS:
        raise ConflictError(f"This history has {MOST_STEPS} steps, the most there can be. End it.")


def refuse_stale(version: int, seen: int) -> None:
    """Raise ConflictError unless the caller has seen this version."""
    if version != seen:
        raise ConflictError(
            f"This was changed meanwhile: its version is {version}. Read it again, and send that version "
            "with your change."
        )
