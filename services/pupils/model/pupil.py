"""A pupil as the service knows one, and whether a pupil can have been at an activity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from contracts.vocabulary import AcademicYear, academic_year_of
from services.pupils.model.enrolment import CURRENT, EnrolmentStatus
from services.pupils.model.restriction import Restriction
from services.pupils.model.sheets import PupilRef


@dataclass(frozen=True, slots=True)
class YearPlace:
    """Where a pupil is in one academic year.

    `left_on` is the first day off the roll: the leaving date, or the day of the import that no longer had
    them. `admitted_on` is None where the school has not said.
    """

    year_group: int
    tutor_group: str
    left_on: dt.date | None = None
    admitted_on: dt.date | None = None
    enrolment: EnrolmentStatus = CURRENT


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What naming a pupil takes: the id, the keyed digest of the UPN, and the place in each year.

    `former_digests`, sorted, are those of the UPNs that the pupil had before, such as a temporary one.
    """

    ref: PupilRef
    upn_digest: str
    years: Mapping[AcademicYear, YearPlace]
    former_digests: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def digests(self) -> tuple[str, ...]:
        """The digest of every UPN that the pupil has or had, the present one first."""
        return (self.upn_digest, *self.former_digests)


@dataclass(frozen=True, slots=True)
class Pupil(Enrolled):
    """A pupil as stored, with the names and the sealed UPN."""

    upn_sealed: bytes
    surname: str
    forename: str
    groups: Mapping[AcademicYear, tuple[str, ...]] = field(default_factory=dict)
    """What else the school has told, by academic year (`groups.py`); absent where that is nothing."""
    restriction: Restriction | None = None
    pseudonymised_on: dt.date | None = None
    """When names and free texts were taken away; the names are empty since."""


class Pupils:
    """Pupils that have been looked up, by their id and by the digest of their UPN, present or former."""

    def __init__(self, found: Iterable[Enrolled]) -> None:
        found = tuple(found)
        self.by_ref: Mapping[str, Enrolled] = MappingProxyType({pupil.ref: pupil for pupil in found})
        self.by_digest: Mapping[str, Enrolled] = MappingProxyType(
            {digest: pupil for pupil in found for digest in pupil.digests}
        )


def absence_reason(pupil: Enrolled, held_on: dt.date) -> str | None:
    """Say why a pupil cannot have been at this school's activity of a day, or None."""
    return absence_in(pupil, academic_year_of(held_on), held_on)


def absence_in(pupil: Enrolled, year: AcademicYear, held_on: dt.date) -> str | None:
    """Say the same for whoever knows the day's academic year already."""
    place = pupil.years.get(year)
    if place is None:
        return f"this pupil is not on the roll of {year}"
    if place.admitted_on is not None and held_on < place.admitted_on:
        return "this pupil was not yet on the roll when the activity was held"
    if place.left_on is not None and held_on >= place.left_on:
        return "this pupil was off the roll before the activity was held"
    return None
