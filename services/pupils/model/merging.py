"""Merges two accounts of one encounter so that it counts once, and separates them again.

The one that is merged is kept as it was sent, with its reference and fingerprints, and counts through the
survivor, which says what either says (`joining.py`). If that changes the survivor it is a correction like any
other; if not, nothing is told of it. What never entered a count is not told of either; what did leaves every
count by an `ActivityRetracted`, and an `ActivityRecorded` tells that it counts on its own again.

The survivor's change is told first: for a reader between the two events somebody counts twice, and never not
at all. A survivor is never merged itself, so there are no chains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import ActivityId
from services.pupils.model.activity import Activity, Known, Own, Post, merged_advice
from services.pupils.model.attendance import MOST_ATTENDEES
from services.pupils.model.duplicates import Pair, Recorded
from services.pupils.model.joining import LEFT_OPEN, join, own_of, part, same_content
from services.pupils.model.recording import (
    Change,
    Decided,
    Desk,
    Quiet,
    enter,
    first_version,
    leave,
    next_version,
    put_right,
)
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

MOST_MERGED: Final = 50
"""Accounts of one encounter. More is a machine that repeats itself; it keeps a survivor's document small."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A post of an activity that is not known; `separate` says that it is no other's repeat."""

    identity: ActivityId
    post: Post
    separate: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A fresh post that counts on its own, and the activities that it may repeat."""

    change: Change
    suspects: tuple[ActivityId, ...] = ()

    @property
    def changes(self) -> tuple[Decided, ...]:
        """What is to be kept."""
        return (self.change,)


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A fresh post that was merged at once: what became of the survivor, and the activity as it was sent."""

    survivor: Decided
    merged: Quiet

    @property
    def changes(self) -> tuple[Decided, ...]:
        """What is to be kept."""
        return (self.survivor, self.merged)


TakenIn = Entered | Absorbed


def take_in(desk: Desk, fresh: Fresh, others: Recorded) -> TakenIn:
    """Record a post, or merge it at once into the activity that is certainly the same."""
    activity = replace(first_version(desk, fresh.identity, fresh.post), sent_as_separate=fresh.separate)
    pairs = [] if fresh.separate else others.like(activity)
    certain = next((pair for pair in pairs if _can_take(pair)), None)
    if certain is None:
        change = enter(desk, activity)
        others.put(activity)
        return Entered(change, tuple(pair.first.id for pair in pairs))
    absorbed = replace(activity, status="merged", merged_into=certain.first.id)
    survivor = _take_over(desk, certain.first, activity)
    others.put(survivor.after)
    return Absorbed(survivor, Quiet(absorbed, "merged"))


def merge(desk: Desk, activity: Activity, survivor: Activity) -> tuple[Decided, Change]:
    """Merge an activity that counts into another; returns what becomes of the survivor, and of the other.

    Raises InvalidError or ConflictError if that makes no sense.
    """
    _refuse_merging(activity, survivor)
    absorbed = replace(
        activity,
        version=activity.version + 1,
        status="merged",
        changed=desk.mark,
        merged_into=survivor.id,
    )
    kept = _take_over(desk, survivor, activity)
    return kept, leave(desk, activity, absorbed)


def separate(
    desk: Desk, activity: Activity, survivor: Activity, staying: Sequence[Activity]
) -> tuple[Change, Decided]:
    """Have a merged activity count on its own again; `staying` are the others merged into the survivor.

    Returns what becomes of the activity, and of the survivor. Raises ConflictError if nobody
    would be left in the survivor.
    """
    alone = replace(
        activity, version=activity.version + 1, status="recorded", changed=desk.mark, merged_into=None
    )
    left = _without(survivor, activity, staying)
    return enter(desk, alone, activity), _give_back(desk, survivor, activity, left)


def taken_over(before: Activity, after: Activity) -> list[str]:
    """Name what a survivor has from the one that was merged into it."""
    names = [
        name
        for name in (*LEFT_OPEN, "tests_met")
        if getattr(before.facts, name) != getattr(after.facts, name)
    ]
    return names + (["attendance"] if before.attendance != after.attendance else [])


def refuse_separate(known: Known) -> None:
    """Raise ConflictError for a post that is to count on its own and was merged when it came first."""
    if known.status == "merged":
        raise ConflictError(f"This activity is recorded, and counts through another. {merged_advice(known)}")


def refuse_pair(one: Activity, other: Activity) -> None:
    """Raise InvalidError or ConflictError if it makes no sense to call two activities separate."""
    where = "activities[1]"
    if one.id == other.id:
        raise InvalidError("A pair is of two activities.", (FieldProblem(where, "is the first one again"),))
    if one.academic_year != other.academic_year:
        reason = f"is in {other.academic_year}, the first in {one.academic_year}; nobody takes them for one"
        raise InvalidError("The activities are of different years.", (FieldProblem(where, reason),))
    for merged, into in ((one, other), (other, one)):
        if merged.status == "merged" and merged.merged_into == into.id:
            raise ConflictError(
                f"One was merged into the other: separate them (POST .../activities/{merged.id}/separation)."
            )


def _can_take(pair: Pair) -> bool:
    return pair.likeness.certain and len(pair.first.merged) < MOST_MERGED


def _take_over(desk: Desk, survivor: Activity, activity: Activity) -> Decided:
    merged = (*survivor.merged, activity.id)
    whole, theirs = _said(survivor), _said(activity)
    joined = join(whole, theirs)
    if _nothing_new(desk, survivor, joined):
        return Quiet(replace(survivor, merged=merged), "joined", survivor)
    _refuse_crowd(len(joined.attendance.status_of()))
    after = next_version(desk, survivor, joined.facts, joined.attendance, f"merged:{activity.id}")
    return put_right(desk, survivor, replace(after, merged=merged, own=own_of(survivor)))


def _without(survivor: Activity, activity: Activity, staying: Sequence[Activity]) -> Own:
    """Work out what a survivor says without a merged one; raises ConflictError if that is nothing."""
    accounts = [_said(other) for other in staying]
    left = part(_said(survivor), own_of(survivor), _said(activity), accounts)
    if not left.attendance.statuses:
        raise ConflictError(
            "Without this activity, the one that it was merged into would name nobody. Correct or retract "
            f"that one ({survivor.id}) first."
        )
    return left


def _give_back(desk: Desk, survivor: Activity, activity: Activity, left: Own) -> Decided:
    merged = tuple(identity for identity in survivor.merged if identity != activity.id)
    if _nothing_new(desk, survivor, left):
        own = survivor.own if merged else None
        return Quiet(replace(survivor, merged=merged, own=own), "parted", survivor)
    after = next_version(desk, survivor, left.facts, left.attendance, f"separated:{activity.id}")
    own = own_of(survivor) if merged and not same_content(left, own_of(survivor)) else None
    return put_right(desk, survivor, replace(after, merged=merged, own=own))


def _nothing_new(desk: Desk, survivor: Activity, account: Own) -> bool:
    """Whether an account says what a survivor says; who is named matters only to types that ask for it."""
    kind = desk.rules.types[survivor.facts.activity_type]
    naming = any("named" in desk.rules.needs(kind, benchmark) for benchmark in kind.permits)
    return same_content(account, _said(survivor), naming=naming)


def _said(activity: Activity) -> Own:
    """Return what an activity says now, with all that was merged into it."""
    return Own(activity.facts, activity.attendance)


def _refuse_merging(activity: Activity, survivor: Activity) -> None:
    into = "into"
    if activity.id == survivor.id:
        raise InvalidError(
            "An activity cannot be merged into itself.", (FieldProblem(into, "is the activity itself"),)
        )
    if activity.academic_year != survivor.academic_year:
        raise InvalidError(
            "One encounter is in one academic year.",
            (FieldProblem(into, f"is in {survivor.academic_year}; correct the day of the wrong one first"),),
        )
    for one in (activity, survivor):
        if one.status == "retracted":
            raise ConflictError(
                f"Activity {one.id} was retracted, so it counts nowhere and cannot be merged."
            )
        if one.status == "merged":
            raise ConflictError(f"Activity {one.id} counts through another. {merged_advice(one.known)}")
    if activity.merged:
        raise ConflictError(
            f"Others were merged into activity {activity.id}: merge {survivor.id} into it instead, or "
            "separate those first."
        )
    if len(survivor.merged) >= MOST_MERGED:
        raise ConflictError(f"{MOST_MERGED} activities were merged into {survivor.id}; it takes no more.")


def _refuse_crowd(concerned: int) -> None:
    if concerned > MOST_ATTENDEES:
        reason = f"would name {concerned:,} pupils; an activity has {MOST_ATTENDEES:,} at most"
        raise InvalidError("The merged activity would be too large.", (FieldProblem("into", reason),))
