"""An evaluation beside the one before, and beside the country: two quantities that are never set off.

A change is told between evaluations of the same framework alone; between frameworks there is a series break
(domain rule 4). National figures are shares of schools that achieve a benchmark; a school's score is a share
of points. They are never one beside the other (domain rule 1, §2.5): what compares with the national figures
is whether the benchmark is achieved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.audit import BenchmarkScore
from contracts.vocabulary import BENCHMARKS, Benchmark
from services.audit.model.evaluation import Evaluation
from services.audit.model.scores import scores_of


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one benchmark since the evaluation before; None where one of the two has no score."""

    benchmark: Benchmark
    before: BenchmarkScore | None
    now: BenchmarkScore | None

    @property
    def points(self) -> int | None:
        """By how many percentage points the score has changed."""
        if self.before is None or self.now is None:
            return None
        return self.now.score_percent - self.before.score_percent


@dataclass(frozen=True, slots=True)
class Comparison:
    """An evaluation, the one before, and what changed: nothing can be said across a series break."""

    evaluation: Evaluation
    previous: Evaluation | None
    series_break: bool
    changes: tuple[Change, ...]


def previous_of(evaluation: Evaluation, all_of_school: Sequence[Evaluation]) -> Evaluation | None:
    """Find the evaluation completed before this one, last."""
    return max((e for e in all_of_school if _place(e) < _place(evaluation)), key=_place, default=None)


def compare(evaluation: Evaluation, previous: Evaluation | None) -> Comparison:
    """Set an evaluation beside the one before."""
    if previous is None:
        return Comparison(evaluation, None, series_break=False, changes=())
    if previous.submission.framework != evaluation.submission.framework:
        return Comparison(evaluation, previous, series_break=True, changes=())
    before = {score.benchmark: score for score in scores_of(previous.submission.points)}
    now = {score.benchmark: score for score in scores_of(evaluation.submission.points)}
    changes = tuple(Change(benchmark, before.get(benchmark), now.get(benchmark)) for benchmark in BENCHMARKS)
    return Comparison(evaluation, previous, series_break=False, changes=changes)


def _place(evaluation: Evaluation) -> tuple[dt.date, dt.datetime, int]:
    return evaluation.submission.completed_on, evaluation.recorded_at, evaluation.number
