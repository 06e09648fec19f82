"""Finds employers that may be in the directory twice, and says why.

Two entries may be one employer if they have one company number; or one name, as far as names tell
(`names.py`), and one place: postcode, town, or positions close together. A name alone is enough where one of
the two says nothing of its place. Two different company numbers are two companies, whatever they are called.

It suggests and does no more: that two are one is for a coordinator to say (`merging.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import EmployerId
from services.employers.model.directory import Position
from services.employers.model.names import NameTerms

Reason = Literal["same_company_number", "same_name", "same_postcode", "same_town", "near"]

MOST_OF_ONE_NAME: Final = 50
"""Entries compared of those with one name or number; more of them are one mistake of a file."""
_KM_A_DEGREE: Final = 111.2
"""Of latitude: the Earth's circumference of 40,030 km in 360 parts."""


@dataclass(frozen=True, slots=True)
class Known:
    """What tells one employer from another."""

    id: EmployerId
    name: str
    town: str | None = None
    postcode: str | None = None
    position: Position | None = None
    company_number: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two entries that may be one employer, the lower id first."""

    one: EmployerId
    other: EmployerId
    reasons: tuple[Reason, ...]

    @property
    def order(self) -> tuple[bool, int, str, str]:
        """The surest first: one company number, then the most reasons."""
        return ("same_company_number" not in self.reasons, -len(self.reasons), self.one, self.other)


class Likenesses:
    """The pairs among some employers that may be one."""

    def __init__(self, employers: Iterable[Known], terms: NameTerms) -> None:
        self._terms = terms
        self._groups: dict[tuple[str, str], list[Known]] = {}
        groups = self._groups
        for employer in sorted(employers, key=lambda one: one.id):
            if plain := terms.plain(employer.name):
                groups.setdefault(("name", plain), []).append(employer)
            if employer.company_number is not None:
                groups.setdefault(("number", employer.company_number), []).append(employer)

    @property
    def pairs(self) -> tuple[Likeness, ...]:
        """All pairs, the surest first."""
        found = {
            (one.id, other.id): likeness
            for group in self._groups.values()
            for one, other in _pairs(group)
            if (likeness := self._likeness(one, other)) is not None
        }
        return tuple(sorted(found.values(), key=lambda likeness: likeness.order))

    def of(self, identities: Iterable[EmployerId]) -> tuple[Likeness, ...]:
        """Keep the pairs with one of these in them."""
        asked = frozenset(identities)
        return tuple(pair for pair in self.pairs if pair.one in asked or pair.other in asked)

    def _likeness(self, one: Known, other: Known) -> Likeness | None:
        numbers = {one.company_number, other.company_number} - {None}
        if len(numbers) > 1:
            return None
        reasons: list[Reason] = []
        if one.company_number is not None and one.company_number == other.company_number:
            reasons.append("same_company_number")
        if self._terms.plain(one.name) == self._terms.plain(other.name):
            reasons.append("same_name")
        places = self._places(one, other)
        if reasons == ["same_name"] and not places and _has_place(one) and _has_place(other):
            return None
        return Likeness(one.id, other.id, (*reasons, *places)) if reasons else None

    def _places(self, one: Known, other: Known) -> list[Reason]:
        places: list[Reason] = []
        if one.postcode is not None and one.postcode == other.postcode:
            places.append("same_postcode")
        if one.town is not None and other.town is not None and one.town.casefold() == other.town.casefold():
            places.append("same_town")
        if one.position is not None and other.position is not None:
            near = _kilometres(one.position, other.position) <= self._terms.near_km
            places += ["near"] if near else []
        return places


def _pairs(group: Sequence[Known]) -> Iterable[tuple[Known, Known]]:
    compared = group[:MOST_OF_ONE_NAME]
    return ((one, other) for place, one in enumerate(compared) for other in compared[place + 1 :])


def _has_place(employer: Known) -> bool:
    return any(place is not None for place in (employer.postcode, employer.town, employer.position))


def _kilometres(one: Position, other: Position) -> float:
    """Measure on a flat map, which is exact enough for what is near."""
    north = one.latitude - other.latitude
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return _KM_A_DEGREE * math.hypot(north, east)
