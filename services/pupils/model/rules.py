"""The shape of the rule file that says what an activity can count for, and its consistency with itself.

The rules themselves are data, with their source: `rules/gatsby-2025.json` (domain §7.2, §7.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import CreditedBenchmark, Framework

Need = Literal["employer", "provider", "named"]
"""What else a credit asks for: an employer named, a provider's type named, or the pupil listed one by one."""
Confidence = Literal["H", "M", "L"]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BenchmarkRule(_Rule):
    """The tests that must all be met, the modes that count, and what else every credit of it needs."""

    requires: tuple[str, ...]
    modes: tuple[str, ...]
    needs: tuple[Need, ...]
    confidence: Confidence
    note: str = ""


class Permit(_Rule):
    """That a type may count for a benchmark, and what it needs beyond the benchmark's own rule."""

    needs: tuple[Need, ...] = ()


class ActivityType(_Rule):
    """One kind of activity; `provider_types` are those that it can be an encounter with."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$")]
    label: str
    permits: dict[CreditedBenchmark, Permit]
    provider_types: tuple[str, ...] = ()
    confidence: Confidence
    note: str = ""


class AccessPhase(_Rule):
    """A phase of provider access: two year groups, the second until 28 February, and whom it counts for."""

    phase: int
    whole_year: int
    until_end_of_february: int
    counts: tuple[Literal["attended", "absent", "excused"], ...]


class ProviderAccess(_Rule):
    """Which encounters count for the provider access legislation; it is not gb7 (domain rule 10)."""

    activity_types: tuple[str, ...]
    provider_types: tuple[str, ...]
    phases: tuple[AccessPhase, ...]
    source: str
    confidence: Confidence
    note: str


class WorkExperience(_Rule):
    """Which activities' hours are hours of work experience; they are no benchmark (domain rule 11)."""

    activity_types: tuple[str, ...]
    source: str
    confidence: Confidence
    note: str


class CreditRules(_Rule):
    """A version of the rules, checked to be consistent with itself."""

    version: str
    framework: Framework
    about: str
    sources: tuple[str, ...]
    confidence: dict[Confidence, str]
    modes: dict[str, str]
    tests: dict[str, str]
    provider_types: dict[str, str]
    benchmarks: dict[CreditedBenchmark, BenchmarkRule]
    provider_access: ProviderAccess
    work_experience: WorkExperience
    activity_types: tuple[ActivityType, ...]

    @model_validator(mode="after")
    def _names_only_what_it_defines(self) -> CreditRules:
        for benchmark, rule in self.benchmarks.items():
            _require(benchmark, set(rule.requires) <= set(self.tests), "requires an unknown test")
            _require(benchmark, set(rule.modes) <= set(self.modes), "names an unknown mode")
        for kind in self.activity_types:
            _require(kind.code, set(kind.permits) <= set(self.benchmarks), "permits a benchmark without rule")
            _require(
                kind.code,
                set(kind.provider_types) <= set(self.provider_types),
                "names an unknown provider type",
            )
            provider_needed = any("provider" in self.needs(kind, benchmark) for benchmark in kind.permits)
            _require(
                kind.code,
                provider_needed == bool(kind.provider_types),
                "needs provider types, or has them in vain",
            )
        access = self.provider_access
        known = {*access.activity_types, *self.work_experience.activity_types} <= set(self.types)
        _require("provider_access or work_experience", known, "names an unknown activity type")
        known = set(access.provider_types) <= set(self.provider_types)
        _require("provider_access", known, "names an unknown provider type")
        _require("activity_types", len(self.types) == len(self.activity_types), "repeats a code")
        return self

    @cached_property
    def types(self) -> Mapping[str, ActivityType]:
        """The activity types by their code."""
        return {kind.code: kind for kind in self.activity_types}

    def needs(self, kind: ActivityType, benchmark: CreditedBenchmark) -> frozenset[Need]:
        """All that a type's credit for a benchmark needs besides tests and mode."""
        return frozenset(self.benchmarks[benchmark].needs + kind.permits[benchmark].needs)


def _require(part: str, holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence where it is called
    if not holds:
        raise ValueError(f"{part} {complaint}")
