"""The JSON file of a round: needs, and what else is known. Every field is checked, unknown ones refused."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.vocabulary import Benchmark, EmployerIdField, UrnField
from services.employers.match_files.defaults import DefaultOffers
from services.employers.matching.round import (
    Apart,
    Employer,
    MatchRound,
    Mode,
    Need,
    NeedId,
    Offer,
    OfferId,
    Pair,
    School,
    SendConfidence,
    SizeBand,
)
from services.runtime.errors import FieldProblem, InvalidError

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
TypeCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
"""A code of domain §7.3, such as `employer_talk`. Needs and offers must only agree on it."""
Section = Annotated[str, Field(pattern=r"^[A-U]$")]
MOST_PROBLEMS: Final = 50


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class NeedEntry(_Part):
    """One need, as in `matching/round.py`."""

    id: Id
    urn: UrnField
    type: TypeCode
    year_groups: frozenset[int]
    pupils: int
    slots: int
    mode: Mode = "in_person"
    send: bool = False
    benchmark: Benchmark | None = None
    sectors: frozenset[Section] = frozenset()
    days: frozenset[dt.date] | None = None


class OfferEntry(_Part):
    """One offer."""

    id: Id
    employer_id: EmployerIdField
    type: TypeCode
    year_groups: frozenset[int]
    group_size: int
    capacity: int
    radius_km: int = 0
    virtual: bool = False
    send: SendConfidence = "none"
    safeguarding_until: dt.date | None
    days: frozenset[dt.date] | None = None


class SchoolEntry(_Part):
    """What is known of a school beyond the register."""

    urn: UrnField
    met_sectors: dict[Section, int] = {}
    met_sizes: dict[SizeBand, int] = {}
    worked_with: frozenset[EmployerIdField] = frozenset()
    recommended: frozenset[EmployerIdField] = frozenset()
    interests: dict[Section, int] = {}


class PairEntry(_Part):
    """A need and an offer."""

    need: Id
    offer: Id

    @property
    def pair(self) -> Pair:
        """As the engine has it."""
        return Pair(NeedId(self.need), OfferId(self.offer))


class ApartEntry(_Part):
    """A school and an employer that must not meet."""

    urn: UrnField
    employer_id: EmployerIdField


class NeedsFile(_Part):
    """All of it. Without `offers`, every employer is taken to offer what `default-offers.json` says."""

    ends_on: dt.date
    needs: tuple[NeedEntry, ...]
    offers: tuple[OfferEntry, ...] | None = None
    schools: tuple[SchoolEntry, ...] = ()
    locks: tuple[PairEntry, ...] = ()
    excluded: tuple[PairEntry, ...] = ()
    apart: tuple[ApartEntry, ...] = ()
    previous: tuple[PairEntry, ...] = ()


E = TypeVar("E", bound=BaseModel)


def read_needs(text: str | bytes) -> NeedsFile:
    """Read the file; raises InvalidError, which says where in it."""
    try:
        return NeedsFile.model_validate_json(text)
    except ValidationError as error:
        problems = tuple(
            FieldProblem(".".join(str(part) for part in each["loc"]) or "the file", each["msg"])
            for each in error.errors(include_input=False, include_url=False)[:MOST_PROBLEMS]
        )
        first = problems[0]
        raise InvalidError(f"The file of needs: {first.where}: {first.reason}.", problems) from error


def round_of(
    file: NeedsFile, schools: tuple[School, ...], employers: tuple[Employer, ...], defaults: DefaultOffers
) -> MatchRound:
    """Put the files together; raises InvalidError for a school of the JSON that the CSV does not have."""
    known = {school.urn for school in schools}
    for place, entry in enumerate(file.schools):
        if entry.urn not in known:
            reason = "is not a school of the file of schools"
            raise InvalidError(
                f"schools.{place}.urn {reason}.", (FieldProblem(f"schools.{place}.urn", reason),)
            )
    more = {entry.urn: entry for entry in file.schools}
    if file.offers is None:
        offers = tuple(offer for employer in employers for offer in defaults.of(employer, file.ends_on))
    else:
        offers = tuple(_offer(entry) for entry in file.offers)
    return MatchRound(
        ends_on=file.ends_on,
        schools=tuple(_school(school, more.get(school.urn)) for school in schools),
        employers=employers,
        offers=offers,
        needs=tuple(_need(entry) for entry in file.needs),
        locks=tuple(entry.pair for entry in file.locks),
        excluded=frozenset(entry.pair for entry in file.excluded),
        apart=frozenset(Apart(entry.urn, entry.employer_id) for entry in file.apart),
        previous=frozenset(entry.pair for entry in file.previous),
    )


def _school(school: School, more: SchoolEntry | None) -> School:
    if more is None:
        return school
    return School(
        urn=school.urn,
        setting=school.setting,
        position=school.position,
        met_sectors=more.met_sectors,
        met_sizes=more.met_sizes,
        worked_with=more.worked_with,
        recommended=more.recommended,
        interests=more.interests,
    )


def _need(entry: NeedEntry) -> Need:
    return Need(**{**dict(entry), "id": NeedId(entry.id)})


def _offer(entry: OfferEntry) -> Offer:
    return Offer(**{**dict(entry), "id": OfferId(entry.id)})
