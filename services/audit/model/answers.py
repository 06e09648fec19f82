"""From answers to points and states, by a framework's parts (domain §2.4, rules 1-3).

A part is in one of the states of the domain's vocabulary. What does not apply to the school, and what is not
scored, leaves the denominator; a scored part without an answer stays in it with nothing, because leaving a
question out must never raise a score. So does a part that is not shown because another was answered no: it is
answered by that. An answer to such a part is kept and does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.audit import CriterionState
from contracts.vocabulary import BENCHMARKS, Benchmark
from services.audit.model.framework import (
    NOT_APPLICABLE,
    QUARTERS,
    YES,
    GatsbyFramework,
    Part,
    Profile,
    applies,
    benchmark_of,
)
from services.audit.model.scores import Points
from services.runtime.errors import FieldProblem

Answers = Mapping[str, str]
"""What was answered, by part: `yes` or `no`, a band of the part's scale, or `not_applicable`."""

_LEAVES: Final = frozenset({"unscored", "not_applicable"})
"""The states that leave the denominator."""


@dataclass(frozen=True, slots=True)
class PartScore:
    """What one part that applies came to."""

    part: Part
    state: CriterionState
    earned: int
    shown: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """What the answers of an evaluation come to; `missing` are required parts without an answer."""

    points: Mapping[Benchmark, Points]
    parts: tuple[PartScore, ...]
    criteria: Mapping[str, CriterionState]
    missing: tuple[str, ...]


def problems_of(
    framework: GatsbyFramework, profile: Profile, answers: Mapping[str, object]
) -> list[FieldProblem]:
    """Say which answers cannot be: to an unknown or inapplicable part, or of another scale."""
    problems = []
    for identity, answer in answers.items():
        reason = _misfit(framework, profile, identity, answer)
        if reason is not None:
            problems.append(FieldProblem(f"answers.{identity}", reason))
    return problems


def score(framework: GatsbyFramework, profile: Profile, answers: Answers) -> Scored:
    """Score answers that have no problems."""
    shown = shown_parts(framework, profile, answers)
    parts = tuple(
        _scored_part(framework, part, answers.get(part.id) if part.id in shown else None, part.id in shown)
        for part in framework.parts_for(profile)
    )
    points: dict[Benchmark, Points] = {}
    for benchmark in BENCHMARKS:
        counted = [
            found
            for found in parts
            if benchmark_of(found.part.id) == benchmark and found.state not in _LEAVES
        ]
        possible = sum(found.part.points or 0 for found in counted)
        points[benchmark] = Points(sum(found.earned for found in counted), possible)
    criteria = {
        criterion.id: state_of([found.state for found in parts if found.part.criterion == criterion.id])
        for criterion in framework.criteria_in(profile.setting)
    }
    missing = tuple(
        found.part.id
        for found in parts
        if found.shown and found.part.required and answers.get(found.part.id) is None
    )
    return Scored(points, parts, criteria, missing)


def shown_parts(framework: GatsbyFramework, profile: Profile, answers: Answers) -> frozenset[str]:
    """Name the parts that a school is shown, given what it has answered."""
    known: dict[str, bool] = {}

    def is_shown(part: Part) -> bool:
        if part.id not in known:
            # A loaded framework has no cycle, so this ends.
            known[part.id] = applies(part, profile) and (
                part.needs is None
                or (
                    answers.get(part.needs.part) in part.needs.answers
                    and is_shown(framework.by_part[part.needs.part])
                )
            )
        return known[part.id]

    return frozenset(part.id for part in framework.parts if is_shown(part))


def state_of(states: Iterable[CriterionState]) -> CriterionState:
    """Put the states of parts together: achieved only if every part that counts is."""
    found = set(states)
    if found <= {"not_applicable"}:
        return "not_applicable"
    counted = found - _LEAVES
    if not counted:
        return "unscored"
    if len(counted) == 1:
        return counted.pop()
    return "in_progress"


def _scored_part(framework: GatsbyFramework, part: Part, answer: str | None, shown: bool) -> PartScore:  # noqa: FBT001 - a part of the value that is made
    if answer == NOT_APPLICABLE:
        return PartScore(part, "not_applicable", 0, shown)
    if part.points is None or (answer is None and not part.required):
        return PartScore(part, "unscored", 0, shown)
    earned = 0 if answer is None else _earned(framework, part, answer, part.points)
    if earned == part.points:
        return PartScore(part, "achieved", earned, shown)
    return PartScore(part, "in_progress" if earned else "not_started", earned, shown)


def _earned(framework: GatsbyFramework, part: Part, answer: str, points: int) -> int:
    if part.scale is None:
        return points if answer == YES else 0
    return points * framework.scales[part.scale].bands[answer].quarters // QUARTERS


def _misfit(framework: GatsbyFramework, profile: Profile, identity: str, answer: object) -> str | None:
    part = framework.by_part.get(identity)
    if part is None:
        return f"is not a part of {framework.version}; `careers-hub framework show` lists them"
    if profile.setting not in part.settings:
        return f"is not asked in the setting {profile.setting}"
    if not applies(part, profile):
        return "does not apply to a school without Years 12 and 13"
    if answer not in (possible := framework.answers_of(part)):
        return f"cannot be answered so in {framework.version}, only with {', '.join(possible)}"
    return None
