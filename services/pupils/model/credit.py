"""What taking part in an activity counts for: the type permits, the meaningful tests confirm.

An activity has one `Grant`, fixed with each version of it: the benchmarks that everybody who attended gets,
and those that only pupils who were listed one by one get (a fair's contact, a guidance meeting).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.vocabulary import CREDITED_BENCHMARKS, CreditedBenchmark
from services.pupils.model.attendance import Status
from services.pupils.model.facts import Facts
from services.pupils.model.rules import CreditRules, Need, ProviderAccess, WorkExperience
from services.pupils.model.sheets import CreditKey, PupilRef

UNIVERSITY_VISIT: Final = "university_visit"
WORK_MINUTES: Final = "work_experience:minutes"
SEPTEMBER: Final = 9
LAST_DAY: Final = (2, 28)
"""Month and day until which the later year group of a phase counts, inclusive."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What attending counts for: `everyone` for all, `named` for pupils listed one by one (all of it)."""

    everyone: tuple[CreditedBenchmark, ...]
    named: tuple[CreditedBenchmark, ...]
    phases: Mapping[int, tuple[int, tuple[Status, ...]]] = field(default_factory=dict)
    """By year group: the phase of provider access that it counts for, and for which statuses."""
    work_minutes: int = 0
    """Minutes of work experience for everybody who attended."""

    def of(self, *, listed: bool) -> tuple[CreditedBenchmark, ...]:
        """Name the benchmarks that one pupil's attendance counts for."""
        return self.named if listed else self.everyone


def grant_of(rules: CreditRules, facts: Facts) -> Grant:
    """Judge an activity whose facts are known to be consistent (`facts.problems_of`)."""
    kind = rules.types[facts.activity_type]
    given: set[Need] = set()
    if facts.employer_id is not None:
        given.add("employer")
    if facts.provider_type is not None:
        given.add("provider")
    permitted = [
        benchmark
        for benchmark in CREDITED_BENCHMARKS
        if benchmark in kind.permits
        and set(rules.benchmarks[benchmark].requires) <= set(facts.tests_met)
        and facts.mode in rules.benchmarks[benchmark].modes
    ]
    return Grant(
        phases=_phases(rules.provider_access, facts),
        work_minutes=_work_minutes(rules.work_experience, facts),
        everyone=tuple(b for b in permitted if rules.needs(kind, b) <= given),
        named=tuple(b for b in permitted if rules.needs(kind, b) <= given | {"named"}),
    )


def _work_minutes(work: WorkExperience, facts: Facts) -> int:
    """Count an activity's minutes of work experience (domain st.16)."""
    return round(60 * (facts.hours or 0)) if facts.activity_type in work.activity_types else 0


def _phases(access: ProviderAccess, facts: Facts) -> dict[int, tuple[int, tuple[Status, ...]]]:
    """Find the year groups for which an encounter counts for provider access (domain st.7, §10.5)."""
    if not (
        facts.in_school_day
        and facts.activity_type in access.activity_types
        and facts.provider_type in access.provider_types
    ):
        return {}
    in_time = facts.held_on.month >= SEPTEMBER or (facts.held_on.month, facts.held_on.day) <= LAST_DAY
    found: dict[int, tuple[int, tuple[Status, ...]]] = {}
    for phase in access.phases:
        found[phase.whole_year] = (phase.phase, phase.counts)
        if in_time:
            found[phase.until_end_of_february] = (phase.phase, phase.counts)
    return found


def further_credits(
    grant: Grant, year_group: int, by_status: Mapping[Status, Sequence[PupilRef]]
) -> list[tuple[CreditKey, list[PupilRef], int]]:
    """Name what a year group's attendance counts for beyond the benchmarks: key, pupils, how much each."""
    found: list[tuple[CreditKey, list[PupilRef], int]] = []
    if year_group in grant.phases:
        phase, counts = grant.phases[year_group]
        found.append((f"pal:{phase}", [ref for status in counts for ref in by_status.get(status, ())], 1))
    if grant.work_minutes:
        found.append((WORK_MINUTES, list(by_status.get("attended", ())), grant.work_minutes))
    return found


def credit_keys(benchmarks: Iterable[CreditedBenchmark], facts: Facts) -> tuple[CreditKey, ...]:
    """Name what a credit is kept under: the benchmarks, and for gb7 the type of provider as well.

    gb7 asks for every type of provider (domain rule 9), and for visits to universities by themselves (gb7.2).
    """
    keys: list[CreditKey] = list(benchmarks)
    if "gb7" in keys and facts.provider_type is not None:
        keys.append(f"gb7:{facts.provider_type}")
        if facts.activity_type == UNIVERSITY_VISIT:
            keys.append(f"gb7:{UNIVERSITY_VISIT}")
    return tuple(keys)
