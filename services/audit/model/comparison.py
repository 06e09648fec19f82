"""An evaluation beside the one before, and beside the country: two quantities that are never set off.

A change is told between evaluations of the same framework alone; between frameworks there is a series break
(domain rule 4). National figures are shares of schools that achieve a benchmark; a school's score is a share
of points. They are never one beside the other (domain rule 1, §2.5): what compares with the national figures
is whether the benchmark is achieved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from contracts.audit import BenchmarkScore
from contracts.vocabulary import BENCHMARKS, AcademicYear, Benchmark, Framework
from services.audit.model.evaluation import Evaluation
from services.audit.model.scores import scores_of
from services.audit.model.stated import Stated

COUNTRY: Final = "England"


class NationalFigures(Stated):
    """One year's published shares of schools that achieve each benchmark, and their mean number achieved.

    Shares are of all benchmarks or, where only the mean was published, of none.
    """

    academic_year: AcademicYear
    area: str
    framework: Framework
    achieving_percent: Mapping[Benchmark, Annotated[float, Field(ge=0, le=100)]]
    mean_achieved: Annotated[float, Field(ge=0, le=len(BENCHMARKS))] | None = None
    institutions: Annotated[int, Field(gt=0)] | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if missing := [
            name for name in BENCHMARKS if self.achieving_percent and name not in self.achieving_percent
        ]:
            message = f"achieving_percent: {', '.join(missing)} missing"
            raise ValueError(message)
        if not self.achieving_percent and self.mean_achieved is None:
            message = "there are neither shares nor a mean"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class NationalReference:
    """The latest shares and the latest mean of the country, with the titles of the sources by their keys."""

    shares: NationalFigures
    mean: NationalFigures
    titles: Mapping[str, str]

    @property
    def sources(self) -> tuple[str, ...]:
        """The titles of what both were read in."""
        return tuple(dict.fromkeys(self.titles[key] for key in (*self.shares.sources, *self.mean.sources)))


def latest_reference(figures: Iterable[NationalFigures], titles: Mapping[str, str]) -> NationalReference:
    """Pick the latest year with shares and the latest with a mean; they need not be the same."""
    of_country = sorted(
        (row for row in figures if row.area == COUNTRY), key=lambda row: row.academic_year, reverse=True
    )
    return NationalReference(
        shares=next(row for row in of_country if row.achieving_percent),
        mean=next(row for row in of_country if row.mean_achieved is not None),
        titles=titles,
    )


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
