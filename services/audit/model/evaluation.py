"""Decides what a submitted evaluation does to those that a school has of the same academic year.

Of a year's evaluations one stands and the others are history. The one that stands is the one with the latest
`completed_on`; of the same day, the one that was stored last (a correction). So one that arrives late does
not displace a newer one, and whoever reads the events can tell by the same rule (domain rule 15).

A finished evaluation that comes whole is recognised by its content: the same content is the same evaluation,
however often it is sent. If only the sharing differs, the school shares the evaluation that stands, or
withdraws it, and that is told. One that was answered here is recognised by its sheet (`sheet.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from contracts.audit import (
    CriterionResult,
    CriterionState,
    EvaluationCompleted,
    EvaluationShared,
    EvaluationSuperseded,
    EvaluationUnshared,
    HubReader,
)
from contracts.vocabulary import (
    BENCHMARKS,
    AcademicYear,
    EvaluationId,
    Framework,
    Setting,
    Urn,
    academic_year_of,
)
from services.audit.model.days import today_in_england
from services.audit.model.framework import GatsbyFramework, misfits
from services.audit.model.scores import PointsByBenchmark, scores_of, weak_benchmarks
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

EvaluationState = Literal["draft", "completed", "superseded"]
"""As in the domain's vocabulary. What comes whole is completed at once and never a draft."""

# Termly makes three; a hundred is a client that changes something with each attempt.
EVALUATIONS_A_YEAR: Final = 100


@dataclass(frozen=True, slots=True)
class Submission:
    """A completed self-evaluation: sent whole by the school, or answered here in a sheet of its own.

    `criteria` are the states of the framework's criteria, known only of what was answered here.
    """

    framework: Framework
    setting: Setting
    completed_on: dt.date
    shared_with: tuple[HubReader, ...]
    points: PointsByBenchmark
    criteria: Mapping[str, CriterionState] = field(default_factory=dict)
    sheet: EvaluationId | None = None

    @property
    def academic_year(self) -> AcademicYear:
        """The academic year of the day on which it was completed."""
        return academic_year_of(self.completed_on)

    @property
    def content(self) -> str:
        """All that was evaluated, in one canonical line: what makes two submissions the same evaluation."""
        points = " ".join(
            f"{benchmark}={self.points[benchmark].points}/{self.points[benchmark].applicable_points}"
            for benchmark in BENCHMARKS
        )
        content = f"{self.completed_on.isoformat()} {self.framework} {self.setting} {points}"
        return content if self.sheet is None else f"{content} sheet {self.sheet}"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A stored evaluation; `number` counts those of its academic year as they came in."""

    id: EvaluationId
    number: int
    submission: Submission
    framework_version: str
    recorded_at: dt.datetime
    state: EvaluationState
    superseded_by: EvaluationId | None = None

    def told(self, urn: Urn) -> EvaluationCompleted:
        """Say what the Hub may know of it: the scores only if the school shares them."""
        submission = self.submission
        scores = scores_of(submission.points) if submission.shared_with else None
        return EvaluationCompleted(
            urn=urn,
            evaluation_id=self.id,
            academic_year=submission.academic_year,
            framework=submission.framework,
            setting=submission.setting,
            completed_on=submission.completed_on,
            scores=scores,
            shared_with=submission.shared_with,
            criteria=() if scores is None else self._criteria,
            weak_benchmarks=() if scores is None else weak_benchmarks(scores),
        )

    def sharing_told(self, urn: Urn) -> EvaluationShared | EvaluationUnshared:
        """Say with whom of the Hub it is shared now, and what; or that it no longer is."""
        submission = self.submission
        if not submission.shared_with:
            return EvaluationUnshared(urn=urn, evaluation_id=self.id, academic_year=submission.academic_year)
        scores = scores_of(submission.points)
        return EvaluationShared(
            urn=urn,
            evaluation_id=self.id,
            academic_year=submission.academic_year,
            framework=submission.framework,
            setting=submission.setting,
            completed_on=submission.completed_on,
            shared_with=submission.shared_with,
            scores=scores,
            criteria=self._criteria,
            weak_benchmarks=weak_benchmarks(scores),
        )

    def superseding_told(self, urn: Urn) -> EvaluationSuperseded:
        """Say that another stands instead; raises ValueError for one that stands."""
        if self.superseded_by is None:
            message = "an evaluation that stands has not been superseded"
            raise ValueError(message)
        return EvaluationSuperseded(
            urn=urn,
            evaluation_id=self.id,
            academic_year=self.submission.academic_year,
            superseded_by=self.superseded_by,
        )

    @property
    def _criteria(self) -> tuple[CriterionResult, ...]:
        states = self.submission.criteria.items()
        return tuple(CriterionResult(criterion=criterion, state=state) for criterion, state in states)

    def shared(self, readers: tuple[HubReader, ...]) -> Evaluation:
        """Return it as it is when it is shared with these readers, or with none."""
        return replace(self, submission=replace(self.submission, shared_with=readers))


@dataclass(frozen=True, slots=True)
class Recorded:
    """It is new; `superseded` is the one that stood until now, if it no longer does.

    A new one that arrived late is itself superseded.
    """

    evaluation: Evaluation
    superseded: Evaluation | None = None


@dataclass(frozen=True, slots=True)
class SharingChanged:
    """It was known; the school now shares it, or no longer does."""

    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Unchanged:
    """It was known exactly so."""

    evaluation: Evaluation


Outcome = Recorded | SharingChanged | Unchanged


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a new evaluation is given from outside."""

    id: EvaluationId
    framework_version: str
    at: dt.datetime


def check(
    submission: Submission, frameworks: Mapping[str, GatsbyFramework], now: dt.datetime
) -> GatsbyFramework:
    """Return the submission's framework; raises InvalidError that lists everything that does not fit."""
    framework = frameworks[submission.framework]
    problems = [*_problems_of_points(submission)]
    if submission.completed_on > today_in_england(now):
        problems.append(FieldProblem("completed_on", "is in the future; send an evaluation once completed"))
    problems += misfits(framework, submission.setting, submission.completed_on, frameworks)
    if problems:
        raise InvalidError("This is not an evaluation that can be stored.", tuple(problems))
    return framework


def complete(submission: Submission, known: Sequence[Evaluation], stamp: Stamp) -> Outcome:
    """Decide what a checked submission does; `known` are the school's evaluations of its academic year.

    Raises ConflictError if the sharing of a superseded evaluation would change, or if there are too many.
    """
    for evaluation in known:
        if evaluation.submission.content == submission.content:
            return _again(submission, evaluation)
    if len(known) >= EVALUATIONS_A_YEAR:
        raise ConflictError(f"A school can have {EVALUATIONS_A_YEAR} evaluations of one academic year.")
    new = Evaluation(
        stamp.id, len(known) + 1, submission, stamp.framework_version, stamp.at, state="completed"
    )
    standing = next((evaluation for evaluation in known if evaluation.state == "completed"), None)
    if standing is None:
        return Recorded(new)
    if submission.completed_on < standing.submission.completed_on:
        return Recorded(replace(new, state="superseded", superseded_by=standing.id))
    return Recorded(new, replace(standing, state="superseded", superseded_by=new.id))


def _again(submission: Submission, evaluation: Evaluation) -> Outcome:
    if bool(submission.shared_with) == bool(evaluation.submission.shared_with):
        return Unchanged(evaluation)
    if evaluation.state == "superseded":
        raise ConflictError(
            "This evaluation is stored already and has been superseded. Only the one that stands can be "
            "shared with the Hub, or withdrawn."
        )
    return SharingChanged(evaluation.shared(submission.shared_with))


def _problems_of_points(submission: Submission) -> list[FieldProblem]:
    problems = []
    for benchmark in BENCHMARKS:
        points = submission.points.get(benchmark)
        if points is None:
            reason = "is missing; send applicable_points 0 for a benchmark that does not apply"
            problems.append(FieldProblem(f"benchmarks.{benchmark}", reason))
        elif points.points > points.applicable_points:
            reason = "has more points than apply"
            problems.append(FieldProblem(f"benchmarks.{benchmark}.points", reason))
    if not problems and not any(points.applies for points in submission.points.values()):
        problems.append(FieldProblem("benchmarks", "none applies, so there is nothing to evaluate"))
    return problems
