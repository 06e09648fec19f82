"""Decides what recording, correcting and retracting an activity does: to the sheets, and to what is told.

Each decision returns the activity's next version with the event that tells of it (or that nobody need be
told, because no count changes), and changes the credits in the register. It checks everything first: a
refused activity leaves the register as it was, so one bad item of a bulk post does not touch the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted, CoverageCell
from contracts.vocabulary import ActivityId, Urn
from services.pupils.model.activity import (
    Activity,
    Mark,
    Post,
    RetractionReason,
    count_by_group,
    merged_advice,
)
from services.pupils.model.attendance import Attendance, resolve
from services.pupils.model.credit import credit_keys, further_credits, grant_of
from services.pupils.model.facts import Facts
from services.pupils.model.joining import own_after_correction
from services.pupils.model.rules import CreditRules
from services.pupils.model.sheets import Register
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Desk:
    """What every decision of one unit of work shares: whose school, which sheets and rules, who and when."""

    urn: Urn
    register: Register
    rules: CreditRules
    mark: Mark


@dataclass(frozen=True, slots=True)
class Change:
    """An activity's new version, the one before if there was one, and what is told of it."""

    after: Activity
    told: ActivityRecorded | ActivityCorrected | ActivityRetracted
    before: Activity | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """An activity's new state of which nothing is told, because it moves no count.

    `merged`: it counts through another. `retracted`: the one that it was merged into is. `joined`, `parted`:
    a survivor that gained or lost a merged one, and nobody and nothing with it; its version stays.
    """

    after: Activity
    outcome: Literal["merged", "retracted", "joined", "parted"]
    before: Activity | None = None


Decided = Change | Quiet


def first_version(desk: Desk, identity: ActivityId, post: Post) -> Activity:
    """Make an activity of a post; raises InvalidError if its attendance cannot be resolved."""
    grant = grant_of(desk.rules, post.facts)
    attendance = resolve(post.given, post.facts.academic_year, desk.register, held_on=post.facts.held_on)
    return Activity(
        id=identity,
        version=FIRST_VERSION,
        status="recorded",
        facts=post.facts,
        rules_version=desk.rules.version,
        grant=grant,
        attendance=attendance,
        fingerprints=(post.fingerprint,),
        recorded=desk.mark,
        by_group=count_by_group(grant, attendance, desk.register.groups(post.facts.academic_year)),
    )


def record(desk: Desk, identity: ActivityId, post: Post) -> Change:
    """Record an activity for the first time; raises InvalidError if its attendance cannot be resolved."""
    return enter(desk, first_version(desk, identity, post))


def enter(desk: Desk, activity: Activity, before: Activity | None = None) -> Change:
    """Have an activity count that did not: it is new, or `before` was merged into another."""
    coverage = _move_credits(desk.register, None, activity)
    told = ActivityRecorded(
        urn=desk.urn,
        academic_year=activity.academic_year,
        activity_id=activity.id,
        activity=activity.figures,
        coverage=coverage,
    )
    return Change(activity, told, before)


def correct(desk: Desk, before: Activity, post: Post) -> Change:
    """Replace what is recorded of an activity; raises InvalidError or ConflictError if that cannot be."""
    _refuse_correction(before, post)
    attendance = resolve(
        post.given, before.academic_year, desk.register, before.attendance, post.facts.held_on
    )
    after = replace(
        next_version(desk, before, post.facts, attendance, post.fingerprint),
        own=own_after_correction(before, post.facts, attendance),
    )
    return put_right(desk, before, after)


def next_version(
    desk: Desk, before: Activity, facts: Facts, attendance: Attendance, fingerprint: str
) -> Activity:
    """Make an activity's next version of other content; it moves no credits yet."""
    grant = grant_of(desk.rules, facts)
    return replace(
        before,
        version=before.version + 1,
        facts=facts,
        rules_version=desk.rules.version,
        grant=grant,
        attendance=attendance,
        fingerprints=(*before.fingerprints, fingerprint),
        changed=desk.mark,
        by_group=count_by_group(grant, attendance, desk.register.groups(before.academic_year)),
    )


def put_right(desk: Desk, before: Activity, after: Activity) -> Change:
    """Have a version count in the place of the one before it."""
    coverage = _move_credits(desk.register, before, after)
    told = ActivityCorrected(
        urn=desk.urn,
        academic_year=after.academic_year,
        activity_id=after.id,
        before=before.figures,
        after=after.figures,
        coverage=coverage,
    )
    return Change(after, told, before)


def retract(desk: Desk, before: Activity, reason: RetractionReason) -> Change:
    """Take an activity out of every count; what was recorded is kept."""
    if before.status == "merged":
        raise ConflictError(f"This activity counts through another. {merged_advice(before.known)}")
    return leave(desk, before, _retracted(desk, before, reason))


def retract_merged(desk: Desk, merged: Sequence[Activity], reason: RetractionReason) -> list[Quiet]:
    """Retract, with a survivor, those that were merged into it: it was one encounter, and counted as one."""
    return [Quiet(_retracted(desk, before, reason), "retracted", before) for before in merged]


def leave(desk: Desk, before: Activity, after: Activity) -> Change:
    """Take an activity that counts out of every count; `after` is what becomes of it."""
    coverage = _move_credits(desk.register, before, None)
    told = ActivityRetracted(
        urn=desk.urn,
        academic_year=after.academic_year,
        activity_id=after.id,
        before=before.figures,
        coverage=coverage,
    )
    return Change(after, told, before)


def _retracted(desk: Desk, before: Activity, reason: RetractionReason) -> Activity:
    return replace(
        before, version=before.version + 1, status="retracted", changed=desk.mark, retraction=reason
    )


def refuse_stale(activity: Activity, version: int) -> None:
    """Raise ConflictError unless the caller has seen the current version."""
    if version != activity.version:
        raise ConflictError(
            f"This activity is at version {activity.version} now, not {version}: somebody has changed it. "
            "Read it again, then correct it."
        )


def _refuse_correction(before: Activity, post: Post) -> None:
    if before.status == "retracted":
        raise ConflictError("This activity was retracted; record it anew with another reference.")
    if before.status == "merged":
        raise ConflictError(f"This activity counts through another. {merged_advice(before.known)}")
    if post.facts.academic_year != before.academic_year:
        reason = f"is not in {before.academic_year}; retract the activity and record it in the other year"
        raise InvalidError(
            "A correction cannot move an activity to another academic year.",
            (FieldProblem("held_on", reason),),
        )
    if post.facts.reference != before.facts.reference:
        raise InvalidError(
            "A correction cannot change the reference, because the activity is known by it.",
            (FieldProblem("reference", "differs from the one that was recorded"),),
        )


def _move_credits(
    register: Register, before: Activity | None, after: Activity | None
) -> tuple[CoverageCell, ...]:
    """Take one version's credits back and give the other's; returns the cells that either touches, now."""
    versions = [version for version in (before, after) if version is not None]
    year = versions[0].academic_year
    year_groups = {year_group for version in versions for year_group in version.attendance.statuses}
    if after is not None:
        year_groups |= _credit(register, after, +1)
    if before is not None:
        year_groups |= _credit(register, before, -1)
    benchmarks = {benchmark for version in versions for benchmark in version.grant.named}
    return register.coverage(year, year_groups, benchmarks)


def _credit(register: Register, version: Activity, times: int) -> set[int]:
    """Give a version's credits, or take them back; returns the year groups that its pupils are in now."""
    year_groups: set[int] = set()
    for shares in version.credited.values():
        for benchmarks, refs in shares.items():
            keys = credit_keys(benchmarks, version.facts)
            year_groups |= register.credit(version.academic_year, refs, keys, times)
    for year_group, by_status in version.attendance.statuses.items():
        for key, refs, amount in further_credits(version.grant, year_group, by_status):
            register.credit(version.academic_year, refs, [key], times * amount)
    return year_groups
