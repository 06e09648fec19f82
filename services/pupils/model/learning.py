"""What an activity teaches: the learning areas and outcomes of the CDI framework (domain §7.1).

The framework is data (`rules/cdi-framework.json`). Areas of the framework before 2021 can still be named, so
that older records keep what they said; they are counted apart and are no gap. `reach` tells which of the six
areas a year group meets, and how many of its pupils.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.pupils.model.facts import Facts
from services.pupils.model.rules import Confidence
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import FieldProblem

AreaCode = Annotated[str, Field(pattern=r"^cdi3?\.[a-z]+$")]
OutcomeId = Annotated[str, Field(pattern=r"^cdi\.[a-z]+\.[a-z0-9]+\.[1-9]$")]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyStage(_Rule):
    """A key stage and the year groups that it covers."""

    title: str
    year_groups: tuple[int, ...]


class Area(_Rule):
    """One learning area; `legacy` are those of the framework before 2021."""

    title: str
    legacy: bool
    confidence: Confidence


class Outcome(_Rule):
    """One learning outcome, in our own words; its id begins with its area and key stage."""

    text: str = Field(min_length=1)
    confidence: Confidence


class LearningFramework(_Rule):
    """A version of the framework, checked to be consistent with itself."""

    version: str
    about: str
    sources: tuple[str, ...] = Field(min_length=1)
    confidence: dict[Confidence, str]
    key_stages: dict[str, KeyStage]
    areas: dict[AreaCode, Area]
    outcomes: dict[OutcomeId, Outcome]

    @model_validator(mode="after")
    def _names_only_what_it_defines(self) -> LearningFramework:
        for name in self.outcomes:
            area, key_stage = area_of(name), name.split(".")[2]
            if area not in self.areas or self.areas[area].legacy or key_stage not in self.key_stages:
                message = f"{name} is of no learning area or key stage of this framework"
                raise ValueError(message)
        return self

    @property
    def current(self) -> tuple[str, ...]:
        """The six areas that a programme is to cover, in the framework's order."""
        return tuple(code for code, area in self.areas.items() if not area.legacy)


def area_of(outcome: str) -> str:
    """Name the area that an outcome belongs to: `cdi.explore` of `cdi.explore.ks4.2`."""
    return ".".join(outcome.split(".")[:2])


def learning_problems(facts: Facts, framework: LearningFramework) -> tuple[FieldProblem, ...]:
    """List what is wrong with an activity's learning areas and outcomes."""
    problems = []
    if not set(facts.learning_areas) <= framework.areas.keys():
        known = ", ".join(framework.areas)
        problems.append(FieldProblem("learning_areas", f"is none of: {known}"))
    for outcome in facts.learning_outcomes:
        if outcome not in framework.outcomes:
            reason = (
                f"is no outcome of {framework.version}; see GET .../activities/learning for those there are"
            )
            problems.append(FieldProblem("learning_outcomes", reason))
            break
        if area_of(outcome) not in facts.learning_areas:
            reason = f"names an outcome of {area_of(outcome)}; name that area in learning_areas too"
            problems.append(FieldProblem("learning_outcomes", reason))
            break
    return tuple(problems)


@dataclass(frozen=True, slots=True)
class Taught:
    """What one activity taught, and who attended it, by year group of its day."""

    areas: Collection[str]
    attended: Mapping[int, Collection[PupilRef]]


@dataclass(slots=True)
class Reach:
    """How far one area reaches into a year group: activities, and the different pupils who attended any."""

    activities: int = 0
    pupils: set[PupilRef] = field(default_factory=set)


def reach(
    taught: Iterable[Taught], on_roll: Mapping[int, Collection[PupilRef]]
) -> dict[tuple[int, str], Reach]:
    """Count, for each year group and area, the activities and the pupils on roll who attended any of them.

    An activity counts for a year group if anybody of it attended, whether or not they have left since.
    """
    found: dict[tuple[int, str], Reach] = {}
    for one in taught:
        for year_group, refs in one.attended.items():
            if not refs:
                continue
            here = set(refs).intersection(on_roll.get(year_group, ()))
            for area in one.areas:
                cell = found.setdefault((year_group, area), Reach())
                cell.activities += 1
                cell.pupils |= here
    return found
