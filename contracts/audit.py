"""What `audit` tells: that a school completed a Gatsby evaluation, and its scores if they are shared."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.vocabulary import (
    AcademicYearField,
    BenchmarkField,
    DataClass,
    DateField,
    EvaluationIdField,
    FrameworkField,
    Payload,
    SettingField,
    UrnField,
)


class BenchmarkScore(Payload):
    """One benchmark's result: a floored whole percentage; achieved means exactly 100 (domain rules 1, 2)."""

    benchmark: BenchmarkField
    score_percent: Annotated[int, Field(ge=0, le=100), DataClass.INSTITUTIONAL]
    achieved: Annotated[bool, DataClass.INSTITUTIONAL]


class EvaluationCompleted(Payload):
    """A school completed an evaluation. `scores` is None unless the school shares it with the Hub."""

    urn: UrnField
    evaluation_id: EvaluationIdField
    academic_year: AcademicYearField
    framework: FrameworkField
    setting: SettingField
    completed_on: DateField
    scores: tuple[BenchmarkScore, ...] | None
