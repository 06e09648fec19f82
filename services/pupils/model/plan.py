"""A plan: an activity that has not taken place, whom it is for, and what becomes of it.

A plan is `planned` until it is recorded (an activity is made of it, once) or cancelled. Its facts are those
that the activity will have, with the planned day in place of the day on which it was held. Nothing is
overwritten: a change is a new version. A plan counts for nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.model.activity import Mark, digest_of, facts_parts
from services.pupils.model.attendance import Groups
from services.pupils.model.draft import ListedPupil
from services.pupils.model.facts import Facts
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError, FieldProblem

PlanId = NewType("PlanId", str)
"""32 hex digits, made of the school's own reference, else of the content: the same plan twice is one."""
SeriesId = NewType("SeriesId", str)
PlanStatus = Literal["planned", "recorded", "cancelled"]
CancellationReason = Literal[
    "partner_withdrew",
    "too_few_pupils",
    "school_closed",
    "moved",
    "recorded_otherwise",
    "entered_in_error",
    "other",
]
CANCELLATION_REASONS: Final[tuple[CancellationReason, ...]] = get_args(CancellationReason)
FIRST_VERSION: Final = 1
PLANNED_WITHIN: Final = dt.timedelta(days=3 * 366)
"""Three years before or after today; a day further away is a slip in the year."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a plan is for: groups as they are on the day, and pupils by name (sorted)."""

    groups: Groups
    listed: tuple[PupilRef, ...]


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """What a school sends of a plan: pupils are still named as the school named them."""

    facts: Facts
    groups: Groups
    listed: Sequence[ListedPupil]
    arrangements: Arrangements


@dataclass(frozen=True, slots=True)
class Arrangements:
    """When on the day, where, for how many, by whom; times are local, `responsible` is a person's subject."""

    starts_at: dt.time | None = None
    ends_at: dt.time | None = None
    place: str | None = None
    capacity: int | None = None
    responsible: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """All that a school says of a plan; `facts.held_on` is the planned day."""

    facts: Facts
    invited: Invited
    arrangements: Arrangements

    @property
    def planned_on(self) -> dt.date:
        """The planned day."""
        return self.facts.held_on

    @property
    def fingerprint(self) -> str:
        """Digest all that is said, to recognise it when it is sent again."""
        groups, arrangements = self.invited.groups, self.arrangements
        return digest_of(
            [
                facts_parts(self.facts),
                sorted(set(groups.year_groups)),
                sorted(set(groups.tutor_groups)),
                list(self.invited.listed),
                str(arrangements.starts_at),
                str(arrangements.ends_at),
                arrangements.place,
                arrangements.capacity,
                arrangements.responsible,
                arrangements.notes,
            ]
        )

    def moved(self, days: dt.timedelta, reference: str | None) -> Outline:
        """The same on another day, under another reference."""
        return replace(self, facts=replace(self.facts, held_on=self.planned_on + days, reference=reference))


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Why a plan does not take place."""

    reason: CancellationReason
    note: str | None


@dataclass(frozen=True, slots=True)
class Recording:
    """The activity that a plan became, and the digest of the report that made it."""

    activity: ActivityId
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a plan."""

    id: PlanId
    version: int
    status: PlanStatus
    outline: Outline
    fingerprints: tuple[str, ...]
    planned: Mark
    series: SeriesId | None = None
    changed: Mark | None = None
    cancellation: Cancellation | None = None
    recording: Recording | None = None

    @property
    def planned_on(self) -> dt.date:
        """The planned day."""
        return self.outline.planned_on

    @property
    def academic_year(self) -> AcademicYear:
        """The academic year of the planned day."""
        return self.outline.facts.academic_year

    @property
    def activity_reference(self) -> str:
        """The reference that the activity will have: the plan's own, else one that no other plan has."""
        return self.outline.facts.reference or f"plan:{self.id}"


def first_version(identity: PlanId, outline: Outline, mark: Mark, series: SeriesId | None = None) -> Plan:
    """Make a plan of what is said."""
    return Plan(identity, FIRST_VERSION, "planned", outline, (outline.fingerprint,), mark, series)


def outline_problems(outline: Outline, today: dt.date) -> tuple[FieldProblem, ...]:
    """List what makes no sense, beyond the facts."""
    problems = []
    arrangements = outline.arrangements
    if abs(outline.planned_on - today) > PLANNED_WITHIN:
        problems.append(FieldProblem("planned_on", "is more than three years away"))
    if arrangements.ends_at is not None and arrangements.starts_at is None:
        problems.append(FieldProblem("ends_at", "is given without starts_at"))
    elif arrangements.ends_at is not None and arrangements.ends_at <= (arrangements.starts_at or dt.time()):
        problems.append(FieldProblem("ends_at", "is not after starts_at"))
    if not outline.invited.groups and not outline.invited.listed:
        problems.append(FieldProblem("invited", "names nobody: give year_groups, tutor_groups or pupils"))
    return tuple(problems)


def refuse_contradiction(known: Plan, fingerprint: str) -> None:
    """Raise ConflictError unless a post that means a known plan repeats what was posted for it."""
    if fingerprint not in known.fingerprints:
        raise ConflictError(
            "A plan with this reference is there with other content. To change it: "
            f"PUT .../plans/{known.id} with its current version."
        )


def refuse_stale(plan: Plan, version: int) -> None:
    """Raise ConflictError unless the caller has seen the current version."""
    if version != plan.version:
        raise ConflictError(
            f"This plan is at version {plan.version} now, not {version}: somebody has changed it. "
            "Read it again, then change it."
        )


def refuse_settled(plan: Plan) -> None:
    """Raise ConflictError for a plan that was recorded or cancelled."""
    if plan.status == "recorded" and plan.recording is not None:
        raise ConflictError(
            "This plan is recorded. To change what took place, correct the activity: "
            f"PUT .../activities/{plan.recording.activity}; to take it out of every count, retract it."
        )
    if plan.status == "cancelled":
        raise ConflictError("This plan was cancelled. If it takes place after all, plan it anew.")


def change(plan: Plan, outline: Outline, mark: Mark) -> Plan:
    """Plan something anew."""
    return _next(replace(plan, outline=outline, fingerprints=(*plan.fingerprints, outline.fingerprint)), mark)


def cancel(plan: Plan, cancellation: Cancellation, mark: Mark) -> Plan:
    """Say that a plan does not take place."""
    return _next(replace(plan, status="cancelled", cancellation=cancellation), mark)


def settle(plan: Plan, recording: Recording, mark: Mark) -> Plan:
    """Say that a plan took place."""
    return _next(replace(plan, status="recorded", recording=recording), mark)


def _next(plan: Plan, mark: Mark) -> Plan:
    return replace(plan, version=plan.version + 1, changed=mark)
