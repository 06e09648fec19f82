"""Which criteria a school's evaluation shows to be weak, the weakest first: where a plan begins.

Weak is what counts and is not achieved. An evaluation that came whole from another tool has scores and no
criteria: then all criteria of its weak benchmarks are named, because which of them it was is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.audit import CriterionState
from services.audit.model.evaluation import Evaluation
from services.audit.model.framework import GatsbyFramework, benchmark_of
from services.audit.model.scores import scores_of

WEAK: Final[tuple[CriterionState, ...]] = ("not_started", "in_progress")
"""States that count and are not achieved, the weakest first."""


@dataclass(frozen=True, slots=True)
class WeakCriterion:
    """A criterion that is not achieved; `state` is None where only its benchmark's score is known."""

    criterion: str
    state: CriterionState | None
    benchmark_percent: int


def weak_criteria(evaluation: Evaluation, framework: GatsbyFramework) -> tuple[WeakCriterion, ...]:
    """Name the weak criteria: by state, then by the benchmark's score, then in the framework's order."""
    submission = evaluation.submission
    percents = {score.benchmark: score.score_percent for score in scores_of(submission.points)}
    found = []
    for criterion in framework.criteria_in(submission.setting):
        percent = percents.get(benchmark_of(criterion.id))
        state = submission.criteria.get(criterion.id)
        if percent is None:
            continue
        if state in WEAK or (not submission.criteria and percent < 100):  # noqa: PLR2004 - per cent
            found.append(WeakCriterion(criterion.id, state, percent))
    return tuple(sorted(found, key=_strength))


def _strength(weak: WeakCriterion) -> tuple[int, int]:
    return 0 if weak.state is None else WEAK.index(weak.state), weak.benchmark_percent
