"""What callers send of plans as JSON: one plan, a series, a report of what took place, answers."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary import EMPLOYER_ID_PATTERN, FIRST_YEAR_GROUP, LAST_YEAR_GROUP
from services.pupils.api.bodies import (
    LONGEST_HOURS,
    LONGEST_UPN,
    MOST_LEARNING_AREAS,
    MOST_LEARNING_OUTCOMES,
    MOST_TUTOR_GROUPS,
    Code,
    DescriptionBody,
    ListedPupilBody,
    Note,
    OpaqueId,
)
from services.pupils.commands.plan_recording import PlanReport
from services.pupils.model.attendance import MOST_ATTENDEES, Groups
from services.pupils.model.draft import ListedPupil
from services.pupils.model.invitation import Response
from services.pupils.model.plan import Arrangements, Cancellation, CancellationReason, PlanDraft
from services.pupils.model.recurrence import ListedDays, Recurrence, Rule, Span
from services.pupils.model.roll import LONGEST_TUTOR_GROUP
from services.runtime.bodies import (
    Body,
    Day,
    printable,
    readable,
)

LONGEST_LINE: Final = 300
LONGEST_PLAN_NOTES: Final = 2_000
MOST_DAYS: Final = 366
"""Days that can be listed or excepted: more than there are in a year is a slip."""
MOST_HOLIDAYS: Final = 30
LONGEST_SERIES_REFERENCE: Final = 53
"""Each occurrence's reference has its day after it, within the 64 characters of an activity's."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
EVERY_WEEKS: Final[dict[str, Literal[1, 2]]] = {"week": 1, "fortnight": 2}

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A local time of day, such as 09:30."""
Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(printable)]


class InvitedPupilBody(Body):
    """One pupil by id or UPN."""

    pupil: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    upn: Annotated[str, Field(min_length=1, max_length=LONGEST_UPN)] | None = None

    @model_validator(mode="after")
    def _named_once(self) -> InvitedPupilBody:
        if (self.pupil is None) == (self.upn is None):
            raise PydanticCustomError("named_once", "needs either pupil or upn")
        return self

    def mention(self) -> ListedPupil:
        """Return the model's value; being invited, nobody has been absent."""
        return ListedPupil(self.pupil, self.upn, "attended")


class InvitedBody(Body):
    """Whom a plan is for: whole groups, and pupils by name."""

    year_groups: Annotated[
        list[Annotated[int, Field(strict=True, ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]],
        Field(max_length=LAST_YEAR_GROUP),
    ] = Field(default_factory=list)
    tutor_groups: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_TUTOR_GROUP)]],
        Field(max_length=MOST_TUTOR_GROUPS),
    ] = Field(default_factory=list)
    pupils: Annotated[list[InvitedPupilBody], Field(max_length=MOST_ATTENDEES)] = Field(default_factory=list)


class OutlineBody(DescriptionBody):
    """What is said of a plan, apart from its day."""

    invited: InvitedBody
    starts_at: Clock | None = None
    ends_at: Clock | None = None
    place: Line | None = None
    capacity: Annotated[int, Field(strict=True, ge=1, le=MOST_ATTENDEES)] | None = None
    responsible: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(printable)] | None = None
    notes: (
        Annotated[str, Field(min_length=1, max_length=LONGEST_PLAN_NOTES), AfterValidator(readable)] | None
    ) = None

    def draft_on(self, day: dt.date) -> PlanDraft:
        """Return the model's value for a plan of a day."""
        return PlanDraft(
            facts=self.facts_on(day),
            groups=Groups(
                tuple(dict.fromkeys(self.invited.year_groups)),
                tuple(dict.fromkeys(self.invited.tutor_groups)),
            ),
            listed=[pupil.mention() for pupil in self.invited.pupils],
            arrangements=Arrangements(
                starts_at=None if self.starts_at is None else dt.time.fromisoformat(self.starts_at),
                ends_at=None if self.ends_at is None else dt.time.fromisoformat(self.ends_at),
                place=self.place,
                capacity=self.capacity,
                responsible=self.responsible,
                notes=self.notes,
            ),
        )


class PlanBody(OutlineBody):
    """An activity to plan."""

    planned_on: Day

    def draft(self) -> PlanDraft:
        """Return the model's value."""
        return self.draft_on(self.planned_on)


class PlanChangeBody(PlanBody):
    """What a plan is to be; `version` is the one that the caller has seen."""

    version: Annotated[int, Field(strict=True, ge=1)]


class HolidayBody(Body):
    """A range of days without school, both ends included."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day


class RuleBody(Body):
    """Every week or fortnight from a day until another, on some weekdays, minus some days and holidays."""

    every: Literal["week", "fortnight"]
    from_: Annotated[Day, Field(alias="from")]
    until: Day
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=len(WEEKDAYS))]
    except_: Annotated[list[Day], Field(alias="except", max_length=MOST_DAYS)] = Field(default_factory=list)
    holidays: Annotated[list[HolidayBody], Field(max_length=MOST_HOLIDAYS)] = Field(default_factory=list)

    def rule(self) -> Recurrence:
        """Return the model's value."""
        return Recurrence(
            every_weeks=EVERY_WEEKS[self.every],
            span=Span(self.from_, self.until),
            weekdays=frozenset(map(WEEKDAYS.index, self.weekdays)),
            except_days=frozenset(self.except_),
            holidays=tuple(Span(holiday.from_, holiday.to) for holiday in self.holidays),
        )


class SeriesBody(OutlineBody):
    """One plan for many days: by a rule, or by the days."""

    reference: (
        Annotated[str, Field(min_length=1, max_length=LONGEST_SERIES_REFERENCE), AfterValidator(printable)]
        | None
    ) = None
    rule: RuleBody | None = None
    days: Annotated[list[Day], Field(min_length=1, max_length=MOST_DAYS)] | None = None

    @model_validator(mode="after")
    def _by_one_of_them(self) -> SeriesBody:
        if (self.rule is None) == (self.days is None):
            raise PydanticCustomError("one_of_them", "needs either rule or days")
        return self

    def occurs(self) -> Rule:
        """Return the model's value of the rule or the days."""
        return ListedDays(frozenset(self.days or ())) if self.rule is None else self.rule.rule()

    def draft(self) -> PlanDraft:
        """Return the model's value; the day is each occurrence's own."""
        return self.draft_on(dt.date.min)


class CancellationBody(Body):
    """Why a plan does not take place."""

    reason: CancellationReason
    note: Line | None = None

    def cancellation(self) -> Cancellation:
        """Return the model's value."""
        return Cancellation(self.reason, self.note)


class ReportBody(Body):
    """How what took place differs from the plan; what is left out was as planned.

    A plan names no match: which one was kept is said with what took place.
    """

    title: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable)] | None = None
    held_on: Day | None = None
    mode: Code | None = None
    hours: Annotated[float, Field(strict=True, ge=0, le=LONGEST_HOURS, allow_inf_nan=False)] | None = None
    employer_id: Annotated[str, Field(pattern=EMPLOYER_ID_PATTERN)] | None = None
    match_id: OpaqueId | None = None
    provider_type: Code | None = None
    in_school_day: Annotated[bool, Field(strict=True)] | None = None
    tests_met: Annotated[list[Code], Field(max_length=20)] | None = None
    learning_areas: Annotated[list[Code], Field(max_length=MOST_LEARNING_AREAS)] | None = None
    learning_outcomes: Annotated[list[Code], Field(max_length=MOST_LEARNING_OUTCOMES)] | None = None
    preparation: Note | None = None
    reflection: Note | None = None
    exceptions: Annotated[list[ListedPupilBody], Field(max_length=MOST_ATTENDEES)] = Field(
        default_factory=list
    )

    def report(self) -> PlanReport:
        """Return the command's value."""
        differing: dict[str, Any] = {
            name: tuple(sorted(set(value))) if isinstance(value, list) else value
            for name in self.model_fields_set - {"exceptions"}
            if (value := getattr(self, name)) is not None
        }
        exceptions = [ListedPupil(body.pupil, body.upn, body.status) for body in self.exceptions]
        # Without it a report must read as before it could be said.
        unsaid = {"match_id"} if self.match_id is None else None
        return PlanReport(differing, exceptions, self.model_dump_json(exclude=unsaid))


class AnswerBody(InvitedPupilBody):
    """What one pupil answered."""

    response: Response
