"""What a group of stakeholders is asked: a versioned data file each (`surveys/`), and what answers fit it.

Every question says which criteria it informs. A survey keeps the set that it was made with, so that a later
file changes nothing that has been asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.audit.model.criterion import can_be_criterion
from services.audit.model.stated import Stated, refuse_unsourced
from services.runtime.errors import FieldProblem

Audience = Literal["pupils", "parents_carers", "staff", "employers", "governors", "advisers"]
AUDIENCES: Final[tuple[Audience, ...]] = get_args(Audience)
Answer = int | str
Answers = Mapping[str, Answer]
"""By question: a number of the scale, the id of an option, or a short text. What is skipped is not there."""

LONGEST_FREE_TEXT: Final = 500
"""Characters: two or three sentences. Longer ones tell who wrote them."""
_FRAMEWORK: Final = ConfigDict(frozen=True, extra="forbid")


class Scale(BaseModel):
    """The numbers of scale questions, and what their ends mean."""

    model_config = _FRAMEWORK

    lowest: int
    highest: int
    lowest_means: str
    highest_means: str

    @model_validator(mode="after")
    def _goes_up(self) -> Self:
        if self.lowest >= self.highest:
            message = "the scale's lowest number is not below its highest"
            raise ValueError(message)
        return self

    @property
    def steps(self) -> tuple[int, ...]:
        """The numbers to choose from."""
        return tuple(range(self.lowest, self.highest + 1))


class Option(BaseModel):
    """One answer to choose."""

    model_config = _FRAMEWORK

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    text: Annotated[str, Field(min_length=1)]


class Question(Stated):
    """One question: on the scale, with options of which one is chosen, or answered in a short text."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    kind: Literal["scale", "choice", "text"]
    text: Annotated[str, Field(min_length=1)]
    criteria: Annotated[tuple[str, ...], Field(min_length=1)]
    options: tuple[Option, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind == "choice") != (len(self.options) > 1):
            message = f"{self.id}: two options or more go with a choice, and with nothing else"
            raise ValueError(message)
        if len({option.id for option in self.options}) != len(self.options):
            message = f"{self.id}: an option is there twice"
            raise ValueError(message)
        if unknown := [criterion for criterion in self.criteria if not can_be_criterion(criterion)]:
            message = f"{self.id}: '{unknown[0]}' is not a criterion"
            raise ValueError(message)
        return self


class QuestionSet(BaseModel):
    """One version of what an audience is asked."""

    model_config = _FRAMEWORK

    version: str
    audience: Audience
    title: str
    introduction: str
    scale: Scale
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    sources: dict[str, str]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.version.startswith(f"{self.audience}-"):
            message = f"version must begin with '{self.audience}-'"
            raise ValueError(message)
        if len({question.id for question in self.questions}) != len(self.questions):
            message = "a question's id is there twice"
            raise ValueError(message)
        refuse_unsourced(self.questions, self.sources)
        return self


def answer_problems(answers: Answers, asked: QuestionSet) -> tuple[FieldProblem, ...]:
    """List answers to what is not asked, outside the scale or the options, or too long; and no answer."""
    questions = {question.id: question for question in asked.questions}
    if not answers:
        return (FieldProblem("answers", "has no answer at all"),)
    problems = []
    if unknown := sum(name not in questions for name in answers):
        known = ", ".join(questions)
        problems.append(FieldProblem("answers", f"has {unknown} that are not asked; asked are {known}"))
    for name, question in questions.items():
        if name in answers and (reason := _misfit(answers[name], question, asked.scale)):
            problems.append(FieldProblem(f"answers.{name}", reason))
    return tuple(problems)


def _misfit(answer: Answer, question: Question, scale: Scale) -> str | None:
    match question.kind:
        case "scale":
            # True is the integer 1 in Python, and nobody's place on a scale.
            fits = isinstance(answer, int) and not isinstance(answer, bool) and answer in scale.steps
            return None if fits else f"is not a whole number from {scale.lowest} to {scale.highest}"
        case "choice":
            options = [option.id for option in question.options]
            return None if answer in options else f"is not one of {', '.join(options)}"
        case "text":
            return _misfit_of_text(answer)


def _misfit_of_text(answer: Answer) -> str | None:
    if not isinstance(answer, str) or not answer.strip():
        return "is not a text; leave it out to say nothing"
    if len(answer) > LONGEST_FREE_TEXT:
        return f"has more than {LONGEST_FREE_TEXT} characters"
    if not answer.replace("\n", "").isprintable():
        return "contains a control or invisible character"
    return None
