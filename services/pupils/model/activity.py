"""An activity as it is recorded, and how the same post is known again.

An activity's id comes from the school's own reference, else from the content of the post, so the same post
always means the same activity. Each version keeps the fingerprint of the post that made it: a post that
matches any of them has been here before and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, get_args

from contracts.pupils import ActivityFigures, GroupFigures, ProviderAccess, YearGroupFigures
from contracts.vocabulary import (
    CREDITED_BENCHMARKS,
    AcademicYear,
    ActivityId,
    CreditedBenchmark,
    TrackedGroup,
)
from services.pupils.model.attendance import Attendance, Given
from services.pupils.model.credit import Grant
from services.pupils.model.facts import Facts
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError

RetractionReason = Literal["did_not_take_place", "duplicate", "entered_in_error"]
RETRACTION_REASONS: Final[tuple[RetractionReason, ...]] = get_args(RetractionReason)
ActivityStatus = Literal["recorded", "retracted", "merged"]
"""`merged`: another activity is the same encounter and counts for both (`model/merging.py`)."""
ENCOUNTER_BENCHMARKS: Final[frozenset[CreditedBenchmark]] = frozenset({"gb5", "gb7"})
"""What makes a participation an encounter: an employer's or a provider's tests passed (domain vocabulary)."""


Benchmarks = tuple[CreditedBenchmark, ...]
Shares = Mapping[Benchmarks, Sequence[PupilRef]]
"""Pupils by the benchmarks that they are credited for."""
ByGroup = Mapping[int, Mapping[TrackedGroup, GroupFigures]]
"""By year group: what an activity meant for those of it who belong to a group."""


@dataclass(frozen=True, slots=True)
class Mark:
    """When something was done, and by which token's subject."""

    at: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Post:
    """What a school posts about one activity, checked as far as it goes without the sheets."""

    facts: Facts
    given: Given

    @property
    def fingerprint(self) -> str:
        """Digest all that was posted, independent of order."""
        groups, listed = self.given.groups, self.given.listed
        return digest_of(
            [
                facts_parts(self.facts),
                sorted(set(groups.year_groups)),
                sorted(set(groups.tutor_groups)),
                sorted(listed.items()),
            ]
        )

    @property
    def identity(self) -> str:
        """The text that the activity's id is made of; keyed and digested before it leaves this service."""
        return _reference_identity(self.facts) or f"content:{self.fingerprint}"


def identity_of_rows(facts: Facts) -> str:
    """The identity of an activity that comes as one row a pupil: more rows may come later."""
    return _reference_identity(facts) or f"rows:{digest_of(facts_parts(facts))}"


@dataclass(frozen=True, slots=True)
class Known:
    """What deciding about a repeated post needs to know of an activity."""

    id: ActivityId
    version: int
    status: ActivityStatus
    fingerprints: tuple[str, ...]
    merged_into: ActivityId | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """What an activity says by itself, apart from what was merged into it."""

    facts: Facts
    attendance: Attendance


@dataclass(frozen=True)
class Activity:
    """One version of an activity with everybody concerned; what follows from it is worked out once.

    `merged` are the activities that were merged into it and count through it. `own` is None where they
    brought nothing that it did not say itself. `sent_as_separate`: whoever sent it knew that it is no other's
    repeat.
    """

    id: ActivityId
    version: int
    status: ActivityStatus
    facts: Facts
    rules_version: str
    grant: Grant
    attendance: Attendance
    fingerprints: tuple[str, ...]
    recorded: Mark
    changed: Mark | None = None
    retraction: RetractionReason | None = None
    by_group: ByGroup = field(default_factory=dict)
    """As it was when this version was recorded: who belongs to a group changes, what was told does not."""
    merged_into: ActivityId | None = None
    merged: tuple[ActivityId, ...] = ()
    own: Own | None = None
    sent_as_separate: bool = False

    @property
    def academic_year(self) -> AcademicYear:
        """The academic year that it counts in."""
        return self.facts.academic_year

    @property
    def known(self) -> Known:
        """The part that a repeated post is compared with."""
        return Known(self.id, self.version, self.status, self.fingerprints, self.merged_into)

    @cached_property
    def concerned(self) -> frozenset[PupilRef]:
        """Everybody whom it names, whether they were there or not."""
        return frozenset(ref for ref, _, _ in self.attendance)

    @cached_property
    def attended(self) -> frozenset[PupilRef]:
        """Everybody who was there."""
        return frozenset(ref for ref, _, status in self.attendance if status == "attended")

    @cached_property
    def credited(self) -> Mapping[int, Shares]:
        """Who is credited for what, by year group of the activity's day; who gets nothing is left out."""
        return shares_of(self.grant, self.attendance)

    @cached_property
    def figures(self) -> ActivityFigures:
        """What the Hub may know: statuses, encounters and credits for each year group, counted."""
        return ActivityFigures(
            activity_type=self.facts.activity_type,
            held_on=self.facts.held_on,
            employer_id=self.facts.employer_id,
            match_id=self.facts.match_id,
            year_groups=tuple(
                _with_further(
                    self.grant,
                    _year_group_figures(
                        year_group,
                        {status: len(refs) for status, refs in by_status.items()},
                        self.credited[year_group],
                        self.by_group.get(year_group, {}),
                    ),
                )
                for year_group, by_status in self.attendance.statuses.items()
            ),
        )


def refuse_contradiction(known: Known, fingerprint: str) -> None:
    """Raise ConflictError unless a post that means a known activity repeats what was posted for it."""
    if known.status == "retracted":
        raise ConflictError(
            "This activity was recorded and then retracted. If it took place after all, "
            "record it with another reference."
        )
    if known.status == "merged" and fingerprint not in known.fingerprints:
        raise ConflictError(
            f"An activity with this reference is recorded with other content. {merged_advice(known)}"
        )
    if fingerprint not in known.fingerprints:
        raise ConflictError(
            "An activity with this reference is recorded with other content. To change it, correct it: "
            f"PUT .../activities/{known.id} with its current version."
        )


def shares_of(grant: Grant, attendance: Attendance) -> dict[int, Shares]:
    """Put those who attended together by what they are credited for, by year group."""
    return {
        year_group: _share_out(grant, by_status.get("attended", ()), attendance.listed)
        for year_group, by_status in attendance.statuses.items()
    }


def count_by_group(
    grant: Grant, attendance: Attendance, groups: Mapping[TrackedGroup, AbstractSet[PupilRef]]
) -> ByGroup:
    """Count who attended and who had an encounter, for each year group and group of which somebody did."""
    found: dict[int, dict[TrackedGroup, GroupFigures]] = {}
    for year_group, shares in shares_of(grant, attendance).items() if groups else ():
        attended = set(attendance.statuses[year_group].get("attended", ()))
        met = {ref for benchmarks, refs in shares.items() if _is_encounter(benchmarks) for ref in refs}
        found[year_group] = {
            group: GroupFigures(attended=len(attended & members), encounters=len(met & members))
            for group, members in groups.items()
            if attended & members
        }
    return found


def merged_advice(known: Known) -> str:
    """Say what to do about an activity that counts through another."""
    return (
        f"It was merged into activity {known.merged_into}: correct that one, or have this one count on its "
        f"own again (POST .../activities/{known.id}/separation)."
    )


def _is_encounter(benchmarks: Benchmarks) -> bool:
    return not ENCOUNTER_BENCHMARKS.isdisjoint(benchmarks)


def _share_out(grant: Grant, attended: Sequence[PupilRef], listed: Collection[PupilRef]) -> Shares:
    """Put those who attended together by what they are credited for."""
    if grant.everyone == grant.named:
        shares: dict[Benchmarks, Sequence[PupilRef]] = {grant.everyone: attended}
    else:
        shares = {
            grant.everyone: [ref for ref in attended if ref not in listed],
            grant.named: [ref for ref in attended if ref in listed],
        }
    return {benchmarks: refs for benchmarks, refs in shares.items() if benchmarks and refs}


def _year_group_figures(
    year_group: int,
    statuses: Mapping[str, int],
    shares: Shares,
    by_group: Mapping[TrackedGroup, GroupFigures],
) -> YearGroupFigures:
    counts: Counter[CreditedBenchmark] = Counter()
    encounters = 0
    for benchmarks, refs in shares.items():
        counts.update(dict.fromkeys(benchmarks, len(refs)))
        if _is_encounter(benchmarks):
            encounters += len(refs)
    return YearGroupFigures(
        year_group=year_group,
        attended=statuses.get("attended", 0),
        absent=statuses.get("absent", 0),
        excused=statuses.get("excused", 0),
        encounters=encounters,
        credits={benchmark: counts[benchmark] for benchmark in CREDITED_BENCHMARKS if benchmark in counts},
        by_group=dict(by_group),
    )


def _with_further(grant: Grant, figures: YearGroupFigures) -> YearGroupFigures:
    """Add what counts beyond the benchmarks: a phase of provider access, and time at work."""
    access = None
    if figures.year_group in grant.phases:
        phase, counts = grant.phases[figures.year_group]
        access = ProviderAccess(phase=phase, counted=sum(getattr(figures, status) for status in counts))
    minutes = grant.work_minutes * figures.attended
    if access is None and not minutes:
        return figures
    return figures.model_copy(update={"provider_access": access, "work_minutes": minutes})


def _reference_identity(facts: Facts) -> str | None:
    return None if facts.reference is None else f"reference:{facts.reference}"


def facts_parts(facts: Facts) -> list[object]:
    """List all that is said about an activity, apart from who was there, for a digest."""
    return [
        facts.reference,
        facts.activity_type,
        facts.title,
        facts.held_on.isoformat(),
        facts.mode,
        facts.hours,
        facts.employer_id,
        facts.provider_type,
        list(facts.tests_met),
        facts.in_school_day,
        *_parts_if_given(facts),
    ]


def _parts_if_given(facts: Facts) -> list[dict[str, object]]:
    """Name what a post need not say; without it a post must digest as before it could be said."""
    parts = {
        "learning_areas": list(facts.learning_areas),
        "learning_outcomes": list(facts.learning_outcomes),
        "preparation": facts.preparation,
        "reflection": facts.reflection,
        "match_id": facts.match_id,
    }
    given: dict[str, object] = {name: value for name, value in parts.items() if value}
    return [given] if given else []


def digest_of(parts: list[object]) -> str:
    """Digest parts of JSON, to recognise them when they come again."""
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
