"""What `audit` tells: a school's Gatsby evaluations, with scores if they are shared, and its plan's progress.

An evaluation is told of when it is completed, with its scores if the school shares them by then; when another
supersedes it; when the school shares it later or with others; and when it withdraws it. The last word on an
evaluation's sharing holds: one that was unshared has no scores, whatever was told before.

Of the action plan counts are told, and never what an action says, whose it is or what it costs; nor which
criteria it works on, because that names a school's weak places whether or not it shares its scores.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from contracts.vocabulary import (
    AcademicYearField,
    BenchmarkField,
    CountField,
    DataClass,
    DateField,
    EvaluationIdField,
    FrameworkField,
    Payload,
    SettingField,
    UrnField,
)

CriterionState = Literal["not_started", "in_progress", "achieved", "unscored", "not_applicable"]
CriterionStateField = Annotated[CriterionState, DataClass.INSTITUTIONAL]
CriterionIdField = Annotated[str, Field(pattern=r"^gb[1-8]\.(?:[1-9]|c[1-9]|h)$"), DataClass.INSTITUTIONAL]
"""A criterion of the evaluation's framework, such as `gb5.1`."""

PlanStatus = Literal["not_started", "in_progress", "done", "superseded"]
PlanStatusField = Annotated[PlanStatus, DataClass.INSTITUTIONAL]

HubReader = Literal["hub_lead", "enterprise_coordinator"]
"""A role of the Hub that a school can share its scores with."""
HUB_READERS: Final[tuple[HubReader, ...]] = get_args(HubReader)
HubReaderField = Annotated[HubReader, DataClass.INSTITUTIONAL]


class BenchmarkScore(Payload):
    """One benchmark's result: a floored whole percentage; achieved means exactly 100 (domain rules 1, 2)."""

    benchmark: BenchmarkField
    score_percent: Annotated[int, Field(ge=0, le=100), DataClass.INSTITUTIONAL]
    achieved: Annotated[bool, DataClass.INSTITUTIONAL]


class CriterionResult(Payload):
    """Where a school stands with one criterion: the first three states count towards the score."""

    criterion: CriterionIdField
    state: CriterionStateField


class EvaluationCompleted(Payload):
    """A school completed an evaluation. `scores` is None unless the school shares it with the Hub.

    `criteria` and `weak_benchmarks` (not achieved, the lowest score first) are empty without scores, and
    `criteria` also for an evaluation that came whole from another tool. `shared_with` is absent from events
    told before sharing named its readers: where there are scores, all of them were meant.
    """

    urn: UrnField
    evaluation_id: EvaluationIdField
    academic_year: AcademicYearField
    framework: FrameworkField
    setting: SettingField
    completed_on: DateField
    scores: tuple[BenchmarkScore, ...] | None
    shared_with: tuple[HubReaderField, ...] | None = None
    criteria: tuple[CriterionResult, ...] = ()
    weak_benchmarks: tuple[BenchmarkField, ...] = ()


class EvaluationSuperseded(Payload):
    """A later evaluation of the academic year, or a correction of the same day, stands instead."""

    urn: UrnField
    evaluation_id: EvaluationIdField
    academic_year: AcademicYearField
    superseded_by: EvaluationIdField


class EvaluationShared(Payload):
    """A school shares a completed evaluation, or shares it with others than before."""

    urn: UrnField
    evaluation_id: EvaluationIdField
    academic_year: AcademicYearField
    framework: FrameworkField
    setting: SettingField
    completed_on: DateField
    shared_with: tuple[HubReaderField, ...]
    scores: tuple[BenchmarkScore, ...]
    criteria: tuple[CriterionResult, ...] = ()
    weak_benchmarks: tuple[BenchmarkField, ...] = ()


class EvaluationUnshared(Payload):
    """A school withdraws an evaluation that it shared: its scores are no longer the Hub's to show."""

    urn: UrnField
    evaluation_id: EvaluationIdField
    academic_year: AcademicYearField


class PlanProgressed(Payload):
    """How far the actions that are due in an academic year have come; the last word on a year holds."""

    urn: UrnField
    academic_year: AcademicYearField
    actions: dict[PlanStatusField, CountField]
