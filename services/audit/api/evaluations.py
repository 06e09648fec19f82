"""The JSON routes of `audit`: a school completes evaluations and reads its own.

What the Hub may see of them is told by events and read in `reporting`, never here.
"""

from __future__ import annotations

import datetime as dt
import json
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.audit import HUB_READERS, CriterionState, HubReader
from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    BENCHMARKS,
    OPAQUE_ID_PATTERN,
    AcademicYear,
    Benchmark,
    Framework,
    Setting,
    Urn,
)
from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.commands.evaluations import Receipt, Request, Result, complete_evaluation
from services.audit.frameworks import framework_versions
from services.audit.model.evaluation import Evaluation, EvaluationState, Submission
from services.audit.model.scores import Points, achieved_count, scores_of
from services.audit.views.evaluations import evaluation_of, evaluations_of
from services.runtime.idempotency import fingerprint
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, IdempotencyKey, SecuredRouter

# The largest benchmark known has 24 parts (domain §2.4).
MOST_POINTS: Final = 1_000
_PointsField = Annotated[int, Field(ge=0, le=MOST_POINTS, strict=True)]

router = SecuredRouter(SERVICE_NAME, PREFIX)


class PointsBody(BaseModel):
    """Points of one benchmark; `applicable_points` 0 says that it does not apply to this school."""

    model_config = ConfigDict(extra="forbid")

    points: _PointsField
    applicable_points: _PointsField


class EvaluationBody(BaseModel):
    """A completed self-evaluation, with all eight benchmarks."""

    model_config = ConfigDict(extra="forbid")

    framework: Framework
    setting: Setting
    completed_on: dt.date
    share_with_hub: Annotated[bool, Field(strict=True)]
    benchmarks: dict[Benchmark, PointsBody]

    def submission(self) -> Submission:
        """Hand it to the model."""
        return Submission(
            framework=self.framework,
            setting=self.setting,
            completed_on=self.completed_on,
            shared_with=HUB_READERS if self.share_with_hub else (),
            points={
                benchmark: Points(given.points, given.applicable_points)
                for benchmark, given in self.benchmarks.items()
            },
        )

    def fingerprint(self) -> str:
        """Digest what is asked for, whatever the order of its fields."""
        return fingerprint(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode())


class BenchmarkAnswer(BaseModel):
    """One benchmark's points and score; `score_percent` and `achieved` are null where none apply."""

    benchmark: Benchmark
    name: str
    points: int
    applicable_points: int
    score_percent: int | None
    achieved: bool | None


class EvaluationAnswer(BaseModel):
    """An evaluation as it is stored, scored. Never compare a score with a share of schools that achieve."""

    evaluation_id: str
    urn: Urn
    academic_year: AcademicYear
    framework: Framework
    framework_version: str
    setting: Setting
    completed_on: dt.date
    state: EvaluationState
    superseded_by: str | None
    shared_with_hub: bool
    shared_with: list[HubReader]
    answered_here: bool
    recorded_at: dt.datetime
    achieved_count: int
    applicable_count: int
    benchmarks: list[BenchmarkAnswer]
    criteria: dict[str, CriterionState]


class EvaluationReceipt(EvaluationAnswer):
    """The evaluation, and what became of the request."""

    result: Result


class EvaluationList(BaseModel):
    """A school's evaluations, the latest first."""

    evaluations: list[EvaluationAnswer]


@router.post("/evaluations", Permission.COMPLETE_EVALUATION, status_code=HTTPStatus.CREATED)
async def post_evaluation(
    caller: AdmittedToSchool,
    body: EvaluationBody,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> EvaluationReceipt:
    """Complete an evaluation; 201 if it is new, 200 if it was known."""
    receipt = await complete_evaluation(
        caller.context,
        caller.actor,
        caller.urn,
        body.submission(),
        Request(idempotency_key, body.fingerprint()),
    )
    if receipt.result != "recorded":
        response.status_code = HTTPStatus.OK
    return receipt_of(caller.asked, receipt)


@router.get("/evaluations", Permission.READ_EVALUATIONS)
async def get_evaluations(
    caller: AdmittedToSchool,
    academic_year: Annotated[AcademicYear | None, Query(pattern=ACADEMIC_YEAR_PATTERN)] = None,
) -> EvaluationList:
    """List the school's evaluations, superseded ones too."""
    found = await evaluations_of(caller.context, caller.urn, academic_year)
    return EvaluationList(evaluations=[_answer(caller.asked, evaluation) for evaluation in found])


@router.get("/evaluations/{evaluation_id}", Permission.READ_EVALUATIONS)
async def get_evaluation(
    caller: AdmittedToSchool, evaluation_id: Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
) -> EvaluationAnswer:
    """Read one evaluation."""
    return _answer(caller.asked, await evaluation_of(caller.context, caller.urn, evaluation_id))


def receipt_of(urn: Urn, receipt: Receipt) -> EvaluationReceipt:
    """Answer with the evaluation as it is stored, and what became of the request."""
    return EvaluationReceipt(result=receipt.result, **_answer(urn, receipt.evaluation).model_dump())


def _answer(urn: Urn, evaluation: Evaluation) -> EvaluationAnswer:
    submission = evaluation.submission
    named = framework_versions()[evaluation.framework_version].benchmarks
    scores = scores_of(submission.points)
    by_benchmark = {score.benchmark: score for score in scores}
    benchmarks = []
    for benchmark in BENCHMARKS:
        points, score = submission.points[benchmark], by_benchmark.get(benchmark)
        benchmarks.append(
            BenchmarkAnswer(
                benchmark=benchmark,
                name=named[benchmark].name,
                points=points.points,
                applicable_points=points.applicable_points,
                score_percent=None if score is None else score.score_percent,
                achieved=None if score is None else score.achieved,
            )
        )
    return EvaluationAnswer(
        evaluation_id=evaluation.id,
        urn=urn,
        academic_year=submission.academic_year,
        framework=submission.framework,
        framework_version=evaluation.framework_version,
        setting=submission.setting,
        completed_on=submission.completed_on,
        state=evaluation.state,
        superseded_by=evaluation.superseded_by,
        shared_with_hub=bool(submission.shared_with),
        shared_with=list(submission.shared_with),
        answered_here=submission.sheet is not None,
        recorded_at=evaluation.recorded_at,
        achieved_count=achieved_count(scores),
        applicable_count=len(scores),
        benchmarks=benchmarks,
        criteria=dict(submission.criteria),
    )
