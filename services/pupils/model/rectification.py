"""Rectification (UK GDPR article 16): somebody asks that something be put right, and is answered in time.

A request names what it is about, in the asker's words what is wrong, and who asks. It is open until it is
answered: done, with what was corrected, or refused, with the reason. The day by which it must be answered is
one month after it was received (`rules/rights.json`), whenever it was entered.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Final, Literal, NewType, get_args

from services.pupils.model.activity import Mark
from services.pupils.model.sheets import PupilRef
from services.runtime.errors import ConflictError, FieldProblem

RectificationId = NewType("RectificationId", str)
"""32 hex digits, made of what was asked when: the same request twice is one."""
Kind = Literal[
    "pupil", "activity", "conversation", "interest", "intention", "destination", "self_assessment", "other"
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
KINDS_WITH_ID: Final = frozenset({"activity", "conversation", "interest", "intention", "destination"})
"""What a record has many of, so that one must be named."""
Asker = Literal["pupil", "parent", "staff"]
Outcome = Literal["done", "refused"]
MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class About:
    """What is wrong: a part of the record, and which one where there are many."""

    kind: Kind
    identity: str | None = None

    def problem(self) -> FieldProblem | None:
        """Say why this names nothing, or None."""
        if self.kind in KINDS_WITH_ID and self.identity is None:
            return FieldProblem("about.id", f"is missing: say which {self.kind} is wrong")
        if self.kind not in KINDS_WITH_ID and self.identity is not None:
            return FieldProblem("about.id", f"does not go with {self.kind}: leave it out")
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked."""

    about: About
    asked_by: Asker
    text: str
    received_on: dt.date

    def fingerprint(self, pupil: PupilRef) -> str:
        """Digest who asks what, to recognise it when it is sent again."""
        parts = [pupil, self.about.kind, self.about.identity, self.asked_by, self.text, str(self.received_on)]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request ended; `text` says what was corrected, or why not."""

    outcome: Outcome
    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Rectification:
    """A request as it is kept."""

    id: RectificationId
    pupil: PupilRef
    asked: Asked
    due_on: dt.date
    recorded: Mark
    answer: Answer | None = None

    @property
    def state(self) -> Literal["open"] | Outcome:
        """Whether it waits, or how it ended."""
        return "open" if self.answer is None else self.answer.outcome

    def answered(self, answer: Answer) -> Rectification | None:
        """Answer it; None if it was answered in just this way. Raises ConflictError if otherwise."""
        if self.answer is None:
            return replace(self, answer=answer)
        if (self.answer.outcome, self.answer.text) == (answer.outcome, answer.text):
            return None
        raise ConflictError(
            "This request was answered already. If the pupil asks again, record that as a new request."
        )


def answer_by(received_on: dt.date, months: int) -> dt.date:
    """Count calendar months on: to the same day, or to the last day of a month that does not have it."""
    month = received_on.month - 1 + months
    year, month = received_on.year + month // MONTHS_A_YEAR, month % MONTHS_A_YEAR + 1
    return dt.date(year, month, min(received_on.day, calendar.monthrange(year, month)[1]))
