"""What callers send of advisers, needs and matches. Unknown fields are refused; no error repeats them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.employers import RelationshipEnd
from contracts.vocabulary import EMPLOYER_ID_PATTERN, URN_PATTERN, EmployerId, Urn
from services.employers.advisers.proposals import MOST_PROPOSED
from services.employers.advising.adviser import (
    AdviserId,
    AdviserLeft,
    Contact,
    Mark,
    Moving,
    Profile,
    SaidState,
    Seniority,
)
from services.employers.advising.match import Action, Doing, Side
from services.employers.advising.standing import MOST_WANTED, Need
from services.employers.model.directory import Position
from services.runtime.bodies import Body, Day, printable

ID_PATTERN: Final = r"^[0-9a-f]{32}$"
SUBJECT_PATTERN: Final = r"^[A-Za-z0-9_.@:|-]{1,128}$"
MOST_SCHOOLS_OF_ONE: Final = 10
"""More than one or two is rare (domain §4); above ten is a slip of the keyboard."""
MOST_HOURS: Final = 80
"""A month, for ten schools."""
FURTHEST_KM: Final = 500
MOST_NAMED: Final = 50
"""Schools or advisers in one list: more than a Hub's, or nearly."""


def _once(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise PydanticCustomError("once", "names the same one twice")
    return values


Version = Annotated[int, Field(strict=True, ge=0)]
Id = Annotated[str, Field(pattern=ID_PATTERN)]
Subject = Annotated[str, Field(pattern=SUBJECT_PATTERN)]
UrnText = Annotated[str, Field(pattern=URN_PATTERN)]
Schools = Annotated[int, Field(strict=True, ge=0, le=MOST_SCHOOLS_OF_ONE)]
Hours = Annotated[int, Field(strict=True, ge=0, le=MOST_HOURS)]
Section = Annotated[str, Field(pattern=r"^[A-U]$")]
Urns = Annotated[list[UrnText], Field(max_length=MOST_NAMED), AfterValidator(_once)]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class ContactBody(Body):
    """How to reach an adviser."""

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable)]
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,24}$")] | None = None

    def contact(self) -> Contact:
        """Hand it to the model."""
        return Contact(self.name, self.email, self.phone)


class ProfileBody(Body):
    """What matching needs to know of an adviser; preferences in order, the dearest first."""

    seniority: Seniority
    capacity_schools: Schools
    hours_a_month: Hours
    latitude: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Degrees, Field(ge=-180, le=180)] | None = None
    remote: Annotated[bool, Field(strict=True)] = False
    travel_km: Annotated[int, Field(strict=True, ge=0, le=FURTHEST_KM)] | None = None
    employer_id: Annotated[str, Field(pattern=EMPLOYER_ID_PATTERN)] | None = None
    sic_section: Section | None = None
    send_trained_until: Day | None = None
    conflicts: Urns = Field(default_factory=list)
    preferences: Urns = Field(default_factory=list)
    coordinator: Subject | None = None

    @model_validator(mode="after")
    def _has_both_or_none(self) -> ProfileBody:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError("position", "give both latitude and longitude, or neither")
        return self

    def profile(self) -> Profile:
        """Hand it to the model."""
        known = self.latitude is not None and self.longitude is not None
        return Profile(
            seniority=self.seniority,
            capacity_schools=self.capacity_schools,
            hours_a_month=self.hours_a_month,
            position=Position(self.latitude or 0.0, self.longitude or 0.0) if known else None,
            remote=self.remote,
            travel_km=self.travel_km,
            employer_id=None if self.employer_id is None else EmployerId(self.employer_id),
            sic_section=self.sic_section,
            send_trained_until=self.send_trained_until,
            conflicts=tuple(map(Urn, self.conflicts)),
            preferences=tuple(map(Urn, self.preferences)),
            coordinator=self.coordinator,
        )


class AdviserBody(ProfileBody):
    """An adviser to register, with contact details; without a day, the enquiry came today."""

    contact: ContactBody
    on: Day | None = None


class ProfileChangeBody(ProfileBody):
    """What an adviser is to be; `version` is the one that the caller has seen."""

    version: Version


class StateBody(Body):
    """A state to enter; without a day, today. `reason` goes with the end."""

    to: SaidState
    version: Version
    on: Day | None = None
    reason: AdviserLeft | None = None

    def moving(self, today: dt.date) -> Moving:
        """Hand it to the model."""
        return Moving(self.to, self.on or today, self.reason, self.version)


class NeedBody(Body):
    """What a school wants, and from which day; `version` is 0 for the first time."""

    urn: UrnText
    version: Version
    wants: Annotated[int, Field(strict=True, ge=0, le=MOST_WANTED)]
    since: Day
    sectors: Annotated[list[Section], Field(max_length=21), AfterValidator(_once)] = Field(
        default_factory=list
    )
    preferences: Annotated[list[Id], Field(max_length=MOST_NAMED), AfterValidator(_once)] = Field(
        default_factory=list
    )
    coordinator: Subject | None = None

    def need(self, mark: Mark) -> Need:
        """Hand it to the model; the command gives it its version."""
        return Need(
            urn=Urn(self.urn),
            version=self.version,
            wants=self.wants,
            since=self.since,
            sectors=tuple(sorted(self.sectors)),
            preferences=tuple(map(AdviserId, self.preferences)),
            coordinator=self.coordinator,
            changed=mark,
        )


class PairBody(Body):
    """An adviser and a school to propose to each other."""

    adviser_id: Id
    urn: UrnText


class ProposalsBody(Body):
    """Pairs to propose, all or none."""

    matches: Annotated[list[PairBody], Field(min_length=1, max_length=MOST_PROPOSED)]


class MatchBody(Body):
    """What to do with a match: `side` accepts or declines, `reason` goes with the end."""

    action: Action
    version: Version
    side: Side | None = None
    reason: RelationshipEnd | None = None
    on: Day | None = None

    def doing(self, today: dt.date) -> Doing:
        """Hand it to the model."""
        return Doing(self.action, self.on or today, self.version, self.side, self.reason)
