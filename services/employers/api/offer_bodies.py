"""What callers send about offers, and the model's values of it: coordinators, and employers of their own."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.employers import TermName
from contracts.vocabulary import EMPLOYER_ID_PATTERN, OPAQUE_ID_PATTERN, AcademicYearField, EmployerId
from services.employers.api.fields import (
    Days,
    Line,
    SeenBody,
    TypeCode,
    Windows,
    YearGroups,
)
from services.employers.commands.changes import refuse
from services.employers.matching.round import SendConfidence
from services.employers.model.calendar import SchoolTerm, all_days, window_problems
from services.employers.model.offer import LARGEST_CAPACITY, LARGEST_GROUP, LARGEST_RADIUS_KM, Offering
from services.employers.views import offers as views
from services.runtime.bodies import (
    Body,
    Day,
    SeenVersion,
)

LONGEST_PAGE: Final = 500


class OwnOfferBody(Body):
    """An employer's own offer. Virtual, or within a radius; on days or in windows, or on any day of its term.

    Whose it is, the route knows; until when safeguarding is in order, a coordinator says.
    """

    type: TypeCode
    academic_year: AcademicYearField
    term: TermName
    year_groups: YearGroups
    group_size: Annotated[int, Field(strict=True, ge=1, le=LARGEST_GROUP)]
    capacity: Annotated[int, Field(strict=True, ge=0, le=LARGEST_CAPACITY)]
    radius_km: Annotated[int, Field(strict=True, ge=1, le=LARGEST_RADIUS_KM)] | None = None
    virtual: Annotated[bool, Field(strict=True)] = False
    send: SendConfidence = "none"
    evidence_note: Line | None = None
    days: Days | None = None
    windows: Windows = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.virtual == (self.radius_km is not None):
            raise PydanticCustomError("place", "give radius_km, or say virtual: one of the two")
        return self

    def offering_of(self, employer_id: EmployerId, safeguarding_until: dt.date | None = None) -> Offering:
        """Return the model's value; raises InvalidError for a window that makes no sense."""
        windows = [window.window() for window in self.windows]
        refuse("The offer makes no sense.", window_problems(windows))
        return Offering(
            employer_id=employer_id,
            type=self.type,
            term=SchoolTerm(self.academic_year, self.term),
            year_groups=tuple(sorted(set(self.year_groups))),
            group_size=self.group_size,
            capacity=self.capacity,
            radius_km=self.radius_km,
            send=self.send,
            evidence_note=self.evidence_note,
            safeguarding_until=safeguarding_until,
            days=all_days(self.days, windows),
        )


class OwnOfferChangeBody(OwnOfferBody):
    """What an employer's own offer is to be; one that was withdrawn is published again."""

    version: SeenVersion


class OfferBody(OwnOfferBody):
    """An offer as a coordinator tells it."""

    employer_id: Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)]
    safeguarding_until: Day | None = None

    def offering(self) -> Offering:
        """Return the model's value; raises InvalidError for a window that makes no sense."""
        return self.offering_of(self.employer_id, self.safeguarding_until)


class OfferChangeBody(OfferBody):
    """What an offer is to be; one that was withdrawn is published again."""

    version: SeenVersion


class AskBudgetBody(SeenBody):
    """How often all schools together may ask an employer in a term."""

    asks: Annotated[int, Field(strict=True, ge=0, le=LARGEST_CAPACITY)]


class OwnOffersQuery(Body):
    """Which of an employer's own offers to list."""

    type: TypeCode | None = None
    academic_year: AcademicYearField | None = None
    term: TermName | None = None
    withdrawn: bool = False
    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = 100
    cursor: Annotated[str, Field(pattern=OPAQUE_ID_PATTERN)] | None = None

    @model_validator(mode="after")
    def _has_a_whole_term(self) -> Self:
        if (self.academic_year is None) != (self.term is None):
            raise PydanticCustomError("term", "give academic_year and term together, or neither")
        return self

    def asked_of(self, employer_id: EmployerId | None) -> views.OffersAsked:
        """Return the view's value."""
        term = None
        if self.academic_year is not None and self.term is not None:
            term = SchoolTerm(self.academic_year, self.term)
        return views.OffersAsked(employer_id, self.type, term, self.withdrawn, self.limit, self.cursor)


class OffersQuery(OwnOffersQuery):
    """Which offers to list."""

    employer_id: Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)] | None = None

    def asked(self) -> views.OffersAsked:
        """Return the view's value."""
        return self.asked_of(self.employer_id)
