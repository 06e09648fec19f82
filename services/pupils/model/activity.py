"""An activity as it is recorded, and how the same post is known again.

An activity's id comes from the school's own reference, else from the content of the post, so the same post
always means the same activity. Each version keeps the fingerprint of the post that made it: a post that
matches any of them has been here before and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from contracts.pupils import ActivityFigures, YearGroupFigures
from contracts.vocabulary import CREDITED_BENCHMARKS, AcademicYear, ActivityId, CreditedBenchmark
from services.pupils.model.attendance import Attendance, Given
from services.pupils.model.credit import Grant
from services.pupils.model.facts import Facts
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError

RetractionReason = Literal["did_not_take_place", "duplicate", "entered_in_error"]
RETRACTION_REASONS: Final[tuple[RetractionReason, ...]] = get_args(RetractionReason)
ActivityStatus = Literal["recorded", "retracted"]
ENCOUNTER_BENCHMARKS: Final[frozenset[CreditedBenchmark]] = frozenset({"gb5", "gb7"})
"""What makes a participation an encounter: an employer's or a provider's tests passed (domain vocabulary)."""


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
        return _digest(
            [
                _facts_parts(self.facts),
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
    return _reference_identity(facts) or f"rows:{_digest(_facts_parts(facts))}"


@dataclass(frozen=True, slots=True)
class Known:
    """What deciding about a repeated post needs to know of an activity."""

    id: ActivityId
    version: int
    status: ActivityStatus
    fingerprints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """One version of an activity with everybody concerned."""

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

    @property
    def academic_year(self) -> AcademicYear:
        """The academic year that it counts in."""
        return self.facts.academic_year

    @property
    def known(self) -> Known:
        """The part that a repeated post is compared with."""
        return Known(self.id, self.version, self.status, self.fingerprints)

    def credits(self) -> dict[PupilRef, tuple[CreditedBenchmark, ...]]:
        """Name the benchmarks that each pupil is credited for, without those who get none."""
        everyone, named, listed = self.grant.everyone, self.grant.named, self.attendance.listed
        credited = {
            ref: named if ref in listed else everyone
            for ref, _, status in self.attendance
            if status == "attended"
        }
        return {ref: benchmarks for ref, benchmarks in credited.items() if benchmarks}

    def figures(self) -> ActivityFigures:
        """Count what the Hub may know: statuses, encounters and credits for each year group."""
        credits_of = self.credits()
        return ActivityFigures(
            activity_type=self.facts.activity_type,
            held_on=self.facts.held_on,
            employer_id=self.facts.employer_id,
            year_groups=tuple(
                _year_group_figures(
                    year_group,
                    {status: len(refs) for status, refs in by_status.items()},
                    [credits_of[ref] for ref in by_status.get("attended", ()) if ref in credits_of],
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
    if fingerprint not in known.fingerprints:
        raise ConflictError(
            "An activity with this reference is recorded with other content. To change it, correct it: "
            f"PUT .../activities/{known.id} with its current version."
        )


def _year_group_figures(
    year_group: int, statuses: dict[str, int], credited: Iterable[tuple[CreditedBenchmark, ...]]
) -> YearGroupFigures:
    counts: dict[CreditedBenchmark, int] = {}
    encounters = 0
    for benchmarks in credited:
        encounters += not ENCOUNTER_BENCHMARKS.isdisjoint(benchmarks)
        for benchmark in benchmarks:
            counts[benchmark] = counts.get(benchmark, 0) + 1
    return YearGroupFigures(
        year_group=year_group,
        attended=statuses.get("attended", 0),
        absent=statuses.get("absent", 0),
        excused=statuses.get("excused", 0),
        encounters=encounters,
        credits={benchmark: counts[benchmark] for benchmark in CREDITED_BENCHMARKS if benchmark in counts},
    )


def _reference_identity(facts: Facts) -> str | None:
    return None if facts.reference is None else f"reference:{facts.reference}"


def _facts_parts(facts: Facts) -> list[object]:
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
    ]


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
