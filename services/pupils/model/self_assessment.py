"""What pupils say of their own career learning, before and after a stage, and what changed between.

The question sets are data (`rules/future-skills.json`), versioned: an answer keeps the version that it was
given to, and only answers to one version are compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NewType

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import AcademicYear
from services.pupils.model.activity import Mark
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import FieldProblem

SelfAssessmentId = NewType("SelfAssessmentId", str)
"""`2025/26:ks4:before:<pupil>`: once before and once after, each academic year."""
Moment = Literal["before", "after"]


class StatementRule(BaseModel):
    """One statement to agree or disagree with, and the CDI learning area that it belongs to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    area: str = Field(pattern=r"^cdi\.[a-z]+$")
    text: str = Field(min_length=1)


class QuestionSet(BaseModel):
    """The statements of one key stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    year_groups: tuple[int, ...]
    statements: tuple[StatementRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_nothing_twice(self) -> QuestionSet:
        if len({statement.id for statement in self.statements}) != len(self.statements):
            message = "a statement's id is there twice"
            raise ValueError(message)
        return self


class QuestionSets(BaseModel):
    """One version of all sets, with the scale of the answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    about: str
    sources: tuple[str, ...]
    lowest: int
    highest: int
    sets: dict[str, QuestionSet]

    @model_validator(mode="after")
    def _gives_a_year_group_one_set(self) -> QuestionSets:
        asked = [year_group for found in self.sets.values() for year_group in found.year_groups]
        if len(set(asked)) != len(asked):
            message = "a year group is in two sets"
            raise ValueError(message)
        return self

    def key_stage_of(self, year_group: int) -> str | None:
        """Name the set that a year group answers, or None."""
        return next((name for name, found in self.sets.items() if year_group in found.year_groups), None)


@dataclass(frozen=True, slots=True)
class SelfAssessment:
    """A pupil's answers to one set, before or after."""

    pupil: PupilRef
    academic_year: AcademicYear
    year_group: int
    key_stage: str
    moment: Moment
    version: str
    answers: Mapping[str, int]
    taken_on: dt.date
    recorded: Mark

    @property
    def id(self) -> SelfAssessmentId:
        """A pupil answers a set once before and once after in an academic year."""
        return SelfAssessmentId(f"{self.academic_year}:{self.key_stage}:{self.moment}:{self.pupil}")


def answer_problems(
    answers: Mapping[str, int], asked: QuestionSet, scale: tuple[int, int]
) -> tuple[FieldProblem, ...]:
    """List statements that are not asked, not answered, or answered outside the scale."""
    ids = [statement.id for statement in asked.statements]
    problems = [FieldProblem("answers", f"has no answer to {name}") for name in ids if name not in answers]
    unknown = sum(name not in ids for name in answers)
    if unknown:
        problems.append(
            FieldProblem("answers", f"has {unknown} that are not asked; asked are {', '.join(ids)}")
        )
    lowest, highest = scale
    problems += [
        FieldProblem(f"answers.{name}", f"is not from {lowest} to {highest}")
        for name in ids
        if name in answers and not lowest <= answers[name] <= highest
    ]
    return tuple(problems)


@dataclass(frozen=True, slots=True)
class Change:
    """How the answers to one statement moved among those who answered before and after."""

    statement: str
    pupils: int
    before: float
    after: float
    higher: int
    lower: int


def compare(assessments: Iterable[SelfAssessment], asked: QuestionSet, version: str) -> list[Change]:
    """Compare the answers of the pupils who gave both, statement by statement; means are not rounded.

    Pupils with one answer only are left out: who is missing differs from who stayed.
    """
    pairs = _pairs(assessments, version)
    if not pairs:
        return []
    return [_change(statement.id, pairs) for statement in asked.statements]


def _pairs(
    assessments: Iterable[SelfAssessment], version: str
) -> list[tuple[Mapping[str, int], Mapping[str, int]]]:
    by_moment: dict[Moment, dict[PupilRef, Mapping[str, int]]] = {"before": {}, "after": {}}
    for assessment in assessments:
        if assessment.version == version:
            by_moment[assessment.moment][assessment.pupil] = assessment.answers
    before, after = by_moment["before"], by_moment["after"]
    return [(before[pupil], after[pupil]) for pupil in sorted(before.keys() & after.keys())]


def _change(statement: str, pairs: Sequence[tuple[Mapping[str, int], Mapping[str, int]]]) -> Change:
    moved = [(before[statement], after[statement]) for before, after in pairs]
    return Change(
        statement=statement,
        pupils=len(moved),
        before=sum(before for before, _ in moved) / len(moved),
        after=sum(after for _, after in moved) / len(moved),
        higher=sum(after > before for before, after in moved),
        lower=sum(after < before for before, after in moved),
    )
