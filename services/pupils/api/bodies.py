"""What callers send as JSON. Unknown fields are refused, and numbers do not pass as text or the reverse.

Whether a type, mode, test or provider type exists is the rules' to say, not this module's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from contracts.vocabulary import (
    EMPLOYER_ID_PATTERN,
    FIRST_YEAR_GROUP,
    LAST_YEAR_GROUP,
    OPAQUE_ID_PATTERN,
    EmployerId,
)
from services.pupils.model.activity import RetractionReason
from services.pupils.model.attendance import MOST_ATTENDEES, Groups, Status
from services.pupils.model.draft import Draft, ListedPupil
from services.pupils.model.facts import Facts
from services.pupils.model.roll import LONGEST_TUTOR_GROUP
from services.runtime.bodies import Body, Day, printable, readable
from services.runtime.errors import FieldProblem, HubError, InvalidError

MOST_TUTOR_GROUPS: Final = 100
MOST_ACTIVITIES_IN_BULK: Final = 50
"""One transaction of some 12,000 attendances; larger ones hold the school's other posts up."""
LONGEST_HOURS: Final = 1_000
"""A year's extended placement; more is a slip of the keyboard."""
LONGEST_UPN: Final = 20
LONGEST_NOTE: Final = 1_000
"""Characters of what was done before or after an activity: a paragraph or two."""
MOST_LEARNING_AREAS: Final = 10
MOST_LEARNING_OUTCOMES: Final = 40


OpaqueId = Annotated[str, Field(pattern=OPAQUE_ID_PATTERN)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Note = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE), AfterValidator(readable)]


class DescriptionBody(Body):
    """What is said about an activity, apart from its day and who was there."""

    reference: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)] | None = None
    activity_type: Code
    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable)]
    mode: Code
    hours: Annotated[float, Field(strict=True, ge=0, le=LONGEST_HOURS, allow_inf_nan=False)] | None = None
    employer_id: Annotated[str, Field(pattern=EMPLOYER_ID_PATTERN)] | None = None
    provider_type: Code | None = None
    in_school_day: Annotated[bool, Field(strict=True)] | None = None
    tests_met: Annotated[list[Code], Field(max_length=20)] = Field(default_factory=list)
    learning_areas: Annotated[list[Code], Field(max_length=MOST_LEARNING_AREAS)] = Field(default_factory=list)
    learning_outcomes: Annotated[list[Code], Field(max_length=MOST_LEARNING_OUTCOMES)] = Field(
        default_factory=list
    )
    preparation: Note | None = None
    reflection: Note | None = None

    def facts_on(self, day: dt.date) -> Facts:
        """Return the model's value for an activity of a day."""
        return Facts(
            reference=self.reference,
            activity_type=self.activity_type,
            title=self.title,
            held_on=day,
            mode=self.mode,
            hours=self.hours,
            employer_id=None if self.employer_id is None else EmployerId(self.employer_id),
            provider_type=self.provider_type,
            tests_met=tuple(sorted(set(self.tests_met))),
            in_school_day=self.in_school_day,
            learning_areas=tuple(sorted(set(self.learning_areas))),
            learning_outcomes=tuple(sorted(set(self.learning_outcomes))),
            preparation=self.preparation,
            reflection=self.reflection,
        )


class FactsBody(DescriptionBody):
    """What is said about an activity, apart from who was there; `match_id` is the match that it comes of."""

    held_on: Day
    match_id: OpaqueId | None = None

    def facts(self) -> Facts:
        """Return the model's value."""
        return replace(self.facts_on(self.held_on), match_id=self.match_id)


class ListedPupilBody(Body):
    """One pupil by id or UPN: an exception to the groups, or an addition."""

    pupil: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    upn: Annotated[str, Field(min_length=1, max_length=LONGEST_UPN)] | None = None
    status: Status = "attended"

    @model_validator(mode="after")
    def _named_once(self) -> ListedPupilBody:
        if (self.pupil is None) == (self.upn is None):
            raise PydanticCustomError("named_once", "needs either pupil or upn")
        return self


class AttendanceBody(Body):
    """Who was there: whole groups, and pupils listed."""

    year_groups: Annotated[
        list[Annotated[int, Field(strict=True, ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]],
        Field(max_length=LAST_YEAR_GROUP),
    ] = Field(default_factory=list)
    tutor_groups: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_TUTOR_GROUP)]],
        Field(max_length=MOST_TUTOR_GROUPS),
    ] = Field(default_factory=list)
    pupils: Annotated[list[ListedPupilBody], Field(max_length=MOST_ATTENDEES)] = Field(default_factory=list)


class AttendedBody(FactsBody):
    """An activity with everybody who was there."""

    attendance: AttendanceBody

    def draft(self) -> Draft:
        """Return the model's value."""
        attendance = self.attendance
        return Draft(
            facts=self.facts(),
            groups=Groups(
                tuple(dict.fromkeys(attendance.year_groups)), tuple(dict.fromkeys(attendance.tutor_groups))
            ),
            listed=[ListedPupil(body.pupil, body.upn, body.status) for body in attendance.pupils],
        )


class ActivityBody(AttendedBody):
    """An activity to record; `separate` says that it is no other's repeat, whatever it looks like."""

    separate: Annotated[bool, Field(strict=True)] = False

    def draft(self) -> Draft:
        """Return the model's value."""
        return replace(AttendedBody.draft(self), separate=self.separate)


class CorrectionBody(AttendedBody):
    """What an activity is to be; `version` is the one that the caller has seen (or in If-Match)."""

    version: Annotated[int, Field(strict=True, ge=1)] | None = None


class RetractionBody(Body):
    """Why an activity leaves every count."""

    reason: RetractionReason


class MergingBody(Body):
    """Which activity is the same encounter, and the version of the one to merge (or in If-Match)."""

    into: OpaqueId
    version: Annotated[int, Field(strict=True, ge=1)] | None = None


class DismissalBody(Body):
    """Two activities that are not the same encounter."""

    activities: Annotated[list[OpaqueId], Field(min_length=2, max_length=2)]


class BulkBody(Body):
    """Several activities; each is checked on its own, so one mistake does not cost the others."""

    activities: Annotated[list[Any], Field(min_length=1, max_length=MOST_ACTIVITIES_IN_BULK)]


class RollBody(Body):
    """A roll as JSON; each pupil is checked on its own."""

    pupils: Annotated[list[Any], Field(min_length=1, max_length=10_000)]


def draft_of(item: object) -> Draft | HubError:
    """Read one activity of a bulk; returns the refusal if it cannot be."""
    try:
        return ActivityBody.model_validate(item).draft()
    except ValidationError as invalid:
        return InvalidError("The activity cannot be read.", problems_of(invalid))


def problems_of(invalid: ValidationError) -> tuple[FieldProblem, ...]:
    """Say where and why, without what was sent."""
    errors = invalid.errors(include_url=False, include_context=False, include_input=False)
    return tuple(FieldProblem(".".join(map(str, error["loc"])) or "body", error["msg"]) for error in errors)


def reference_of(item: object) -> str | None:
    """Find the reference of an item that could not be read, for the receipt."""
    reference = item.get("reference") if isinstance(item, Mapping) else None
    return reference[:64] if isinstance(reference, str) else None


def reason_of(refusal: HubError) -> str:
    """Put a refusal in one line for the list of what was refused."""
    return "; ".join(f"{p.where}: {p.reason}" for p in refusal.problems) or refusal.detail
