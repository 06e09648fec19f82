"""What a framework's file says, and whether an evaluation fits it.

A framework has criteria; a criterion has parts, which is what an evaluation asks; a part is answered yes or
no or with a band of a scale, and is worth points. What a school is asked depends on its setting, and on
whether it has Years 12 and 13. Every statement carries the sources that it was read in and how sure we are of
it (domain.md, marks H, M, L, INF). `framework_check.py` says whether a file's statements fit together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import Benchmark, CreditedBenchmark, Framework, Setting, YearGroupField
from services.runtime.errors import FieldProblem

Confidence = Literal["H", "M", "L", "INF"]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=500)]

CRITERION_PATTERN: Final = r"^gb[1-8]\.(?:[1-9]|c[1-9]|h)$"
PART_PATTERN: Final = r"^gb[1-8]\.(?:[1-9]|c[1-9]|h)\.[a-z0-9_]{1,40}$"
BAND_PATTERN: Final = r"^[a-z][a-z_]{1,39}$"
VERSION_PATTERN: Final = r"^[a-z0-9-]+\.[1-9][0-9]{0,3}$"
CriterionId = Annotated[str, Field(pattern=CRITERION_PATTERN)]
PartId = Annotated[str, Field(pattern=PART_PATTERN)]
BandId = Annotated[str, Field(pattern=BAND_PATTERN)]

QUARTERS: Final = 4
"""A band earns so many quarters of its part's points (domain §2.4)."""
MOST_POINTS_A_PART: Final = 100

YES: Final = "yes"
NO: Final = "no"
NOT_APPLICABLE: Final = "not_applicable"
RESERVED_ANSWERS: Final = frozenset({YES, NO, NOT_APPLICABLE})

Kind = Literal["yes_no", "proportion", "scale", "unscored"]
"""How a part is answered: yes or no; a share of pupils or staff; agreement; or for information alone."""


class Stated(BaseModel):
    """Something that the file states, with its warrant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]


class InUse(Stated):
    """From which day to which, both included, evaluations are completed against a framework."""

    first_day: dt.date
    last_day: dt.date | None
    note: str


class Named(Stated):
    """A benchmark, as the framework calls it."""

    name: ShortText


class NamedSetting(Named):
    """A setting, and what those who answer for one must know."""

    note: LongText | None = None


class Band(BaseModel):
    """One answer of a scale; the percentages are whole, both included, and absent for agreement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: ShortText
    from_percent: Annotated[int, Field(ge=0, le=100, strict=True)] | None = None
    to_percent: Annotated[int, Field(ge=0, le=100, strict=True)] | None = None
    quarters: Annotated[int, Field(ge=0, le=QUARTERS, strict=True)]


class Scale(Stated):
    """Bands in their order, the least first."""

    bands: Annotated[dict[BandId, Band], Field(min_length=2)]

    @property
    def is_of_shares(self) -> bool:
        """Whether its bands are ranges of per cent."""
        return any(band.from_percent is not None for band in self.bands.values())

    def band_of(self, count: int, total: int) -> str:
        """Name the band of a share; the percentage is floored, but nobody is never somebody, nor all most."""
        percent = 100 * count // total
        if count and not percent:
            percent = 1
        return next(
            name
            for name, band in self.bands.items()
            if band.to_percent is not None and percent <= band.to_percent
        )

    def rank(self, band: str) -> int:
        """Count the bands below one."""
        return list(self.bands).index(band)


class Criterion(Stated):
    """The smallest requirement of a benchmark that has a meaning outside; `titles` where settings differ."""

    id: CriterionId
    title: LongText
    titles: dict[Setting, LongText] = Field(default_factory=dict)
    settings: Annotated[tuple[Setting, ...], Field(min_length=1)]

    def title_in(self, setting: Setting) -> str:
        """Return its title for a setting."""
        return self.titles.get(setting, self.title)


class Need(BaseModel):
    """That a part is shown only when another is answered so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: PartId
    answers: Annotated[tuple[str, ...], Field(min_length=1)]


class Derivation(BaseModel):
    """How pupils' records answer a part, and whether fully or only with the least that it can be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Literal["reached", "intended_known"]
    benchmark: CreditedBenchmark | None = None
    year_groups: Annotated[tuple[YearGroupField, ...], Field(min_length=1)]
    certainty: Literal["exact", "at_least"]
    note: LongText


class Part(Stated):
    """One question. `points` is its weight, and absent for what is not scored."""

    id: PartId
    criterion: CriterionId
    text: LongText
    kind: Kind
    scale: str | None = None
    points: Annotated[int, Field(ge=1, le=MOST_POINTS_A_PART, strict=True)] | None = None
    required: bool
    settings: Annotated[tuple[Setting, ...], Field(min_length=1)]
    applies_when: Literal["has_post16"] | None = None
    may_not_apply: bool = False
    needs: Need | None = None
    derivable_from: Derivation | None = None

    @property
    def is_scored(self) -> bool:
        """Whether it counts towards a score."""
        return self.kind != "unscored"


@dataclass(frozen=True, slots=True)
class Profile:
    """What decides which parts a school is asked."""

    setting: Setting
    has_post16: bool


class GatsbyFramework(BaseModel):
    """One version of the Gatsby Benchmarks (domain §1); `version` also counts corrections of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    framework: Framework
    version: Annotated[str, Field(pattern=VERSION_PATTERN)]
    title: ShortText
    in_use: InUse
    settings: dict[Setting, NamedSetting]
    benchmarks: dict[Benchmark, Named]
    scales: dict[str, Scale]
    criteria: tuple[Criterion, ...]
    parts: tuple[Part, ...]
    confidence: dict[Confidence, ShortText]
    sources: dict[str, ShortText]

    def covers(self, day: dt.date) -> bool:
        """Whether an evaluation completed on this day is made against this framework."""
        return self.in_use.first_day <= day and (self.in_use.last_day is None or day <= self.in_use.last_day)

    @cached_property
    def by_part(self) -> Mapping[str, Part]:
        """Every part by its id."""
        return {part.id: part for part in self.parts}

    @cached_property
    def known_criteria(self) -> frozenset[str]:
        """The ids of all criteria."""
        return frozenset(criterion.id for criterion in self.criteria)

    def criteria_in(self, setting: Setting) -> list[Criterion]:
        """List the criteria of a setting."""
        return [criterion for criterion in self.criteria if setting in criterion.settings]

    def parts_for(self, profile: Profile) -> list[Part]:
        """List the parts that apply to a school, those too that are shown only after another's answer."""
        return [part for part in self.parts if applies(part, profile)]

    def answers_of(self, part: Part) -> list[str]:
        """List what a part can be answered with, the least first."""
        answers = [NO, YES] if part.scale is None else list(self.scales[part.scale].bands)
        return [*answers, NOT_APPLICABLE] if part.may_not_apply else answers


def number_of(version: str) -> int:
    """Read the number of a version, to tell which is the newer."""
    return int(version.rpartition(".")[2])


def benchmark_of(identity: str) -> Benchmark:
    """Name the benchmark of a criterion or a part by its id."""
    return identity.partition(".")[0]  # type: ignore[return-value]  # the ids' patterns see to it


def applies(part: Part, profile: Profile) -> bool:
    """Whether a school is asked a part at all: what does not apply leaves the denominator (domain rule 3)."""
    if profile.setting not in part.settings:
        return False
    # A college is post-16 as a whole: nothing vanishes from its set.
    return part.applies_when is None or profile.has_post16 or profile.setting == "college"


def misfits(
    framework: GatsbyFramework, setting: Setting, completed_on: dt.date, known: Mapping[str, GatsbyFramework]
) -> list[FieldProblem]:
    """Say why an evaluation cannot be of this framework: another setting, or another time.

    The day that counts is `completed_on`: an evaluation that was begun against the older framework and is
    completed after its last day is refused, because that framework is a closed series (domain rule 4).
    """
    problems = []
    if setting not in framework.settings:
        settings = ", ".join(sorted(framework.settings))
        problems.append(
            FieldProblem("setting", f"{framework.framework} has none of this kind, only {settings}")
        )
    if not framework.covers(completed_on):
        problems.append(
            FieldProblem(
                "framework", f"{_when(framework)}, {_use_instead(known.values(), completed_on)} for that day"
            )
        )
    return problems


def _when(framework: GatsbyFramework) -> str:
    first, last = framework.in_use.first_day, framework.in_use.last_day
    until = "on" if last is None else f"to {last.isoformat()}"
    return f"{framework.framework} is for evaluations completed from {first.isoformat()} {until}"


def _use_instead(known: Collection[GatsbyFramework], day: dt.date) -> str:
    fitting = [framework.framework for framework in known if framework.covers(day)]
    return f"use {' or '.join(fitting)}" if fitting else "there is no framework"
