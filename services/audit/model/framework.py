"""What a framework's file says, and whether an evaluation fits it.

Every statement carries the sources that it was read in and how sure we are of it (domain.md, marks H, M, L).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import BENCHMARKS, Benchmark, Framework, Setting
from services.runtime.errors import FieldProblem

Confidence = Literal["H", "M", "L"]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


class _Stated(BaseModel):
    """Something that the file states, with its warrant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: Confidence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]


class InUse(_Stated):
    """From which day to which, both included, evaluations are completed against a framework."""

    first_day: dt.date
    last_day: dt.date | None
    note: str


class Named(_Stated):
    """A setting or a benchmark, as the framework calls it."""

    name: ShortText


class GatsbyFramework(BaseModel):
    """One version of the Gatsby Benchmarks (domain §1); `version` also counts corrections of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    framework: Framework
    version: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[0-9]+$")]
    title: ShortText
    in_use: InUse
    settings: dict[Setting, Named]
    benchmarks: dict[Benchmark, Named]
    confidence: dict[Confidence, ShortText]
    sources: dict[str, ShortText]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if problems := list(self._contradictions()):
            raise ValueError("; ".join(problems))
        return self

    def _contradictions(self) -> Iterator[str]:
        if self.version.rpartition(".")[0] != self.framework:
            yield f"version must begin with '{self.framework}.'"
        if self.in_use.last_day is not None and self.in_use.last_day < self.in_use.first_day:
            yield "in_use: last_day is before first_day"
        if missing := [benchmark for benchmark in BENCHMARKS if benchmark not in self.benchmarks]:
            yield f"benchmarks: {', '.join(missing)} missing"
        if not self.settings:
            yield "settings: none is named"
        statements: dict[str, _Stated] = {"in_use": self.in_use}
        statements |= {f"settings.{name}": setting for name, setting in self.settings.items()}
        statements |= {f"benchmarks.{name}": benchmark for name, benchmark in self.benchmarks.items()}
        for where, stated in statements.items():
            if unknown := [key for key in stated.sources if key not in self.sources]:
                yield f"{where}: source '{unknown[0]}' is not one of the file's sources"
            if stated.confidence not in self.confidence:
                yield f"{where}: confidence {stated.confidence} is not explained"
        used = {key for stated in statements.values() for key in stated.sources}
        if unused := sorted(self.sources.keys() - used):
            yield f"sources: nothing is said to come from '{unused[0]}'"

    def covers(self, day: dt.date) -> bool:
        """Whether an evaluation completed on this day is made against this framework."""
        return self.in_use.first_day <= day and (self.in_use.last_day is None or day <= self.in_use.last_day)


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
