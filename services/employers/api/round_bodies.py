"""What callers send about rounds and matches, and the model's values of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary import EMPLOYER_ID_PATTERN, EmployerId, UrnField
from services.employers.api.fields import (
    OpaqueId,
    SeenBody,
    TypeCode,
    YearGroups,
)
from services.employers.matching.round import NeedId, Offer, OfferId, Pair, SendConfidence
from services.employers.matching.weights import MOST_POINTS, ArcPart
from services.employers.model.match import Answer, Side
from services.employers.model.offer import LARGEST_CAPACITY, LARGEST_GROUP, LARGEST_RADIUS_KM
from services.employers.round_questions import OfferChange
from services.runtime.bodies import (
    Body,
    Day,
)

MOST_PAIRS: Final = 2_000
"""Settled in one request."""
MOST_CHANGES: Final = 100
"""Of one kind in one what-if."""
FULL_FAIRNESS: Final = 1000

Fairness = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Capacity = Annotated[int, Field(strict=True, ge=0, le=LARGEST_CAPACITY)]
Radius = Annotated[int, Field(strict=True, ge=1, le=LARGEST_RADIUS_KM)]
EmployerIdText = Annotated[EmployerId, Field(pattern=EMPLOYER_ID_PATTERN)]


def thousandths(fairness: float) -> int:
    """Return a strength of fairness in thousandths, as the engine has it."""
    return round(fairness * FULL_FAIRNESS)


class RoundBody(Body):
    """A round to propose, from today until a day; fairness from 0 (none) to 1 (above every cost)."""

    ends_on: Day
    fairness: Fairness = 1.0


class PairBody(Body):
    """A need and an offer."""

    need: OpaqueId
    offer: OpaqueId

    def pair(self) -> Pair:
        """Return the engine's value."""
        return Pair(NeedId(self.need), OfferId(self.offer))


class ApartBody(Body):
    """A school and an employer that must not meet at all."""

    urn: UrnField
    employer_id: EmployerIdText


Pairs = Annotated[list[PairBody], Field(max_length=MOST_PAIRS)]
Aparts = Annotated[list[ApartBody], Field(max_length=MOST_PAIRS)]


class LocksBody(SeenBody):
    """Lines to lock and to unlock."""

    add: Pairs = Field(default_factory=list)
    remove: Pairs = Field(default_factory=list)


class ExclusionsBody(LocksBody):
    """Lines to exclude and to allow again; schools and employers to keep apart, and no longer."""

    add_apart: Aparts = Field(default_factory=list)
    remove_apart: Aparts = Field(default_factory=list)


class AnswerBody(SeenBody):
    """A side's answer to a match."""

    answer: Answer


class CancellationBody(SeenBody):
    """Who cancels."""

    by: Side


class OfferChangeBody(Body):
    """What of an offer would be otherwise."""

    offer_id: OpaqueId
    capacity: Capacity | None = None
    radius_km: Radius | None = None

    def change(self) -> OfferChange:
        """Return the engine's value."""
        return OfferChange(OfferId(self.offer_id), self.capacity, self.radius_km)


class MoreOfferBody(Body):
    """An offer that an employer of the directory might make. Safeguarding is taken to be in order."""

    employer_id: EmployerIdText
    type: TypeCode
    year_groups: YearGroups
    group_size: Annotated[int, Field(strict=True, ge=1, le=LARGEST_GROUP)]
    capacity: Capacity = 1
    radius_km: Radius | None = None
    virtual: Annotated[bool, Field(strict=True)] = False
    send: SendConfidence = "none"

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.virtual == (self.radius_km is not None):
            raise PydanticCustomError("place", "give radius_km, or say virtual: one of the two")
        return self

    def offer(self, place: int, ends_on: dt.date) -> Offer:
        """Return the engine's value."""
        return Offer(
            id=OfferId(f"what-if-{place}"),
            employer_id=self.employer_id,
            type=self.type,
            year_groups=frozenset(self.year_groups),
            group_size=self.group_size,
            capacity=self.capacity,
            radius_km=self.radius_km or 0,
            virtual=self.virtual,
            send=self.send,
            safeguarding_until=ends_on,
        )


class WhatIfBody(Body):
    """A round that might be: what is named is otherwise, the rest as it was when the round was solved."""

    fairness: Fairness | None = None
    without_employers: Annotated[list[EmployerIdText], Field(max_length=MOST_CHANGES)] = Field(
        default_factory=list
    )
    offers: Annotated[list[OfferChangeBody], Field(max_length=MOST_CHANGES)] = Field(default_factory=list)
    more_offers: Annotated[list[MoreOfferBody], Field(max_length=MOST_CHANGES)] = Field(default_factory=list)
    locks: Pairs = Field(default_factory=list)
    exclusions: Pairs = Field(default_factory=list)
    weights: dict[ArcPart, Annotated[int, Field(strict=True, ge=-MOST_POINTS, le=MOST_POINTS)]] = Field(
        default_factory=dict
    )
