"""What callers send as JSON to the routes of evaluations answered here. Unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from contracts.audit import HubReader
from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP, Setting
from services.audit.model.evidence import LONGEST_LINK, Evidence, EvidenceId
from services.audit.model.framework import PART_PATTERN, Profile
from services.audit.model.sheet import Change
from services.runtime.bodies import Body, Day, readable
from services.runtime.versions import Mark

ANSWERS_AT_ONCE: Final = 200
"""More than any framework has parts."""
LONGEST_NOTE: Final = 2_000
MOST_LEARNERS: Final = 20_000
"""In a year group: the largest colleges have some 15,000 learners in all."""


PartField = Annotated[str, Field(pattern=PART_PATTERN)]
AnswerField = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")]
Note = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE), AfterValidator(readable)]
YearGroupKey = Annotated[int, Field(ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]


class ProfileBody(Body):
    """For whom an evaluation is made."""

    setting: Setting
    has_post16: Annotated[bool, Field(strict=True)]

    def profile(self) -> Profile:
        """Hand it to the model."""
        return Profile(self.setting, self.has_post16)


class AnswerBody(Body):
    """An answer to one part; null takes it back. `version` is that of the part as the caller has seen it."""

    part: PartField
    answer: AnswerField | None
    version: Annotated[int, Field(strict=True, ge=0)]


class AnswersBody(Body):
    """Answers that are stored together, or not at all."""

    answers: Annotated[list[AnswerBody], Field(min_length=1, max_length=ANSWERS_AT_ONCE)]

    def changes(self) -> list[Change]:
        """Hand them to the model."""
        return [Change(given.part, given.answer, given.version) for given in self.answers]


class EvidenceBody(Body):
    """A link or a note that supports a part."""

    part: PartField
    link: Annotated[str, Field(min_length=1, max_length=LONGEST_LINK)] | None = None
    note: Note | None = None
    review_on: Day | None = None

    def evidence(self, identity: EvidenceId, mark: Mark) -> Evidence:
        """Hand it to the model."""
        return Evidence(identity, self.part, self.link, self.note, self.review_on, mark)


class NumbersBody(Body):
    """Learners by year group; a year group that is left out has none."""

    learners: Annotated[
        dict[YearGroupKey, Annotated[int, Field(strict=True, ge=0, le=MOST_LEARNERS)]], Field(min_length=1)
    ]


class SharingBody(Body):
    """The Hub's roles that may see the school's scores from now on; an empty list withdraws them."""

    shared_with: Annotated[list[HubReader], Field(max_length=10)]
