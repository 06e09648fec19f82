"""A survey of one group of stakeholders: open for some days, answered by anonymous single-use links.

Links are made in batches; each is a secret of which the school keeps nothing but a digest. A batch can be
withdrawn, because a list of links that was lost on the way cannot be shown again. Once a survey is closed
nothing about it changes any more but the note on what changed as a result: its results are shown only then,
and nobody can tell the newest answer by looking twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from services.audit.model.question_set import Audience, QuestionSet
from services.runtime.errors import ConflictError, FieldProblem, NotFoundError

State = Literal["planned", "open", "closed"]

MOST_LINKS_A_BATCH: Final = 1_000
"""One transaction, and one sheet to hand out."""
MOST_LINKS: Final = 10_000
"""All families of the largest colleges."""
MOST_DAYS_OPEN: Final = 366
MOST_SURVEYS: Final = 500
"""Six groups each term for 27 years."""


@dataclass(frozen=True, slots=True)
class Batch:
    """So many links, made together."""

    links: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey with the question set that it was made with; its batches count from 1."""

    title: str
    audience: Audience
    question_set: QuestionSet
    opens_on: dt.date
    closes_on: dt.date
    batches: tuple[Batch, ...] = ()
    what_changed: str | None = None

    def state(self, today: dt.date) -> State:
        """Say whether it can be answered on a day."""
        if today < self.opens_on:
            return "planned"
        return "open" if today <= self.closes_on else "closed"

    def takes(self, batch: int, today: dt.date) -> bool:
        """Whether links of a batch can be used on a day."""
        return self.state(today) == "open" and not self.batches[batch - 1].withdrawn


def day_problems(survey: Survey, today: dt.date) -> tuple[FieldProblem, ...]:
    """List what makes no sense in a survey's days."""
    problems = []
    if survey.closes_on < survey.opens_on:
        problems.append(FieldProblem("closes_on", "is before opens_on"))
    elif (survey.closes_on - survey.opens_on).days >= MOST_DAYS_OPEN:
        problems.append(FieldProblem("closes_on", f"leaves it open for more than {MOST_DAYS_OPEN} days"))
    if survey.closes_on < today:
        problems.append(FieldProblem("closes_on", "has passed; today is the earliest day to close on"))
    return tuple(problems)


def refuse_closed(survey: Survey, today: dt.date) -> None:
    """Raise ConflictError if the survey is closed."""
    if survey.state(today) == "closed":
        raise ConflictError("This survey is closed, and stays as it is. Make a new one to ask again.")


def with_batch(survey: Survey, links: int) -> Survey:
    """Add a batch; raises ConflictError for more links than a survey can have."""
    if sum(batch.links for batch in survey.batches) + links > MOST_LINKS:
        raise ConflictError(f"A survey can have {MOST_LINKS} links, those of withdrawn batches included.")
    return replace(survey, batches=(*survey.batches, Batch(links)))


def without_batch(survey: Survey, number: int) -> Survey:
    """Withdraw a batch: its links that are not used yet open nothing any more."""
    if not 1 <= number <= len(survey.batches):
        raise NotFoundError("This survey has no such batch of links.")
    batches = list(survey.batches)
    batches[number - 1] = replace(batches[number - 1], withdrawn=True)
    return replace(survey, batches=tuple(batches))


def noted(survey: Survey, what_changed: str, today: dt.date) -> Survey:
    """Note what changed as a result; raises ConflictError before the survey is closed."""
    if survey.state(today) != "closed":
        raise ConflictError("This survey is not closed yet. Note what changed once its results are there.")
    return replace(survey, what_changed=what_changed)


def withdrawn_batches(batches: Sequence[Batch]) -> list[int]:
    """Number the batches that were withdrawn."""
    return [number for number, batch in enumerate(batches, start=1) if batch.withdrawn]


def links_out(survey: Survey, used_of_withdrawn: int) -> int:
    """Count the links that count for the response rate: withdrawn ones only if they were used before."""
    return used_of_withdrawn + sum(batch.links for batch in survey.batches if not batch.withdrawn)
