"""What was thought of an activity: by the teacher, by the employer, and by the pupils together.

A rating is a number on the scale of the questions (`rules/activity-evaluation.json`). What pupils answered
comes as a count for each rating, so nobody's answer is kept with a name; a teacher's or an employer's rating
is a count of one. A mean is over answers, and None where there is none. Free text stays in the school.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.model.activity import Activity, Mark
from services.pupils.model.rules import Confidence
from services.runtime.errors import ConflictError, FieldProblem

ActivityEvaluationId = NewType("ActivityEvaluationId", str)
"""32 hex digits, made of the activity and what was said: the same evaluation twice is one."""
Evaluator = Literal["teacher", "employer", "pupils"]
EVALUATORS: Final[tuple[Evaluator, ...]] = get_args(Evaluator)
Counts = Mapping[int, int]
"""How many answers gave each rating; ratings that nobody gave are left out."""
FIRST_VERSION: Final = 1


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvaluationQuestion(_Rule):
    """One statement to rate, and who is asked."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    asked_of: tuple[Evaluator, ...] = Field(min_length=1)
    text: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: Confidence


class EvaluationQuestions(_Rule):
    """One version of the questions, with the scale of the ratings."""

    version: str
    about: str
    sources: tuple[str, ...] = Field(min_length=1)
    confidence: dict[Confidence, str]
    lowest: int
    highest: int
    questions: tuple[EvaluationQuestion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_nothing_twice(self) -> EvaluationQuestions:
        if len({question.id for question in self.questions}) != len(self.questions):
            message = "a question's id is there twice"
            raise ValueError(message)
        return self

    def asked_of(self, who: Evaluator) -> tuple[str, ...]:
        """Name the questions that somebody is asked."""
        return tuple(question.id for question in self.questions if who in question.asked_of)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is told in one evaluation."""

    who: Evaluator
    answers: Mapping[str, Counts]
    went_well: str | None
    to_change: str | None

    @property
    def fingerprint(self) -> str:
        """Digest all that is told."""
        answers = {name: sorted(counts.items()) for name, counts in sorted(self.answers.items())}
        parts = [self.who, answers, self.went_well, self.to_change]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ActivityEvaluation:
    """One version of an evaluation of one activity."""

    id: ActivityEvaluationId
    version: int
    activity: ActivityId
    academic_year: AcademicYear
    opinion: Opinion
    rules_version: str
    recorded: Mark
    changed: Mark | None = None


def opinion_problems(
    opinion: Opinion, questions: EvaluationQuestions, attended: int
) -> tuple[FieldProblem, ...]:
    """List ratings of what is not asked or off the scale, and more answers than there can be."""
    asked = questions.asked_of(opinion.who)
    field = "answers" if opinion.who == "pupils" else "ratings"
    problems = []
    if not opinion.answers and opinion.went_well is None and opinion.to_change is None:
        problems.append(FieldProblem(field, "says nothing: give a rating, went_well or to_change"))
    if not set(opinion.answers) <= set(asked):
        problems.append(FieldProblem(field, f"{opinion.who} are asked none but: {', '.join(asked)}"))
    for name in asked:
        counts = opinion.answers.get(name, {})
        if any(not questions.lowest <= rating <= questions.highest for rating in counts):
            reason = f"is not from {questions.lowest} to {questions.highest}"
            problems.append(FieldProblem(f"{field}.{name}", reason))
        if opinion.who == "pupils" and sum(counts.values()) > attended:
            reason = f"counts more answers than the {attended} pupils who attended"
            problems.append(FieldProblem(f"{field}.{name}", reason))
    return tuple(problems)


def refuse_retracted(activity: Activity) -> None:
    """Raise ConflictError for an activity that counts for nothing any more."""
    if activity.status == "retracted":
        raise ConflictError("This activity was retracted, so it cannot be evaluated.")


def correct(
    before: ActivityEvaluation, version: int, opinion: Opinion, by: tuple[str, Mark]
) -> ActivityEvaluation:
    """Tell an evaluation anew, `by` the version of the questions and the mark; the version before is kept.

    Raises ConflictError unless the caller has seen the current version.
    """
    if version != before.version:
        raise ConflictError(
            f"This evaluation was changed meanwhile (version {before.version}). Read it again."
        )
    rules_version, mark = by
    return replace(
        before, version=before.version + 1, opinion=opinion, rules_version=rules_version, changed=mark
    )


@dataclass(slots=True)
class Tally:
    """The answers to one question by one kind of evaluator."""

    answers: int = 0
    total: int = 0

    def add(self, counts: Counts) -> None:
        """Add one evaluation's answers."""
        self.answers += sum(counts.values())
        self.total += sum(rating * number for rating, number in counts.items())

    @property
    def mean(self) -> float | None:
        """The mean rating to two places, or None without an answer."""
        return round(self.total / self.answers, 2) if self.answers else None


def tally(opinions: Iterable[Opinion], questions: EvaluationQuestions) -> dict[str, dict[Evaluator, Tally]]:
    """Sum up what was answered to each question, by who was asked it."""
    found: dict[str, dict[Evaluator, Tally]] = {
        question.id: {who: Tally() for who in question.asked_of} for question in questions.questions
    }
    for opinion in opinions:
        for name, counts in opinion.answers.items():
            if opinion.who in found.get(name, {}):
                found[name][opinion.who].add(counts)
    return found
