"""Finds employers that may be in the directory twice, and says why.

Two entries may be one employer if they have one company number; or one name, as far as names tell
(`names.py`), and one place: postcode, town, or positions close together. A name alone is enough where one of
the two says nothing of its place. Two different company numbers are two companies, whatever they are called.

It suggests and does no more: that two are one is for a coordinator to say (`merging.py`), or that they are
not. Then the pair is left out for as long as nothing speaks for it that they had not seen: another reason, or
the same one of another value. So another legal form, a site moved away or a lost postcode changes nothing,
but one new name of both, or a postcode that turns out to be the same, is suggested again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from contracts.vocabulary import EmployerId
from services.employers.model.directory import Employer, Position
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


def known_of(employer: Employer, details: Mapping[str, Any]) -> Known:
    """Put together what tells an employer from another."""
    return Known(
        id=employer.id,
        name=employer.name,
        town=employer.town,
        postcode=details.get("postcode"),
        position=employer.position,
        company_number=details.get("company_number"),
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a pair: the reason, and the value that both have. Nearness has none."""

    reason: Reason
    value: str = ""


Pair = tuple[EmployerId, EmployerId]
"""Two employers, the lower id first."""
Distinctions = Mapping[Pair, frozenset[Evidence]]
"""Pairs that are not the same, each with what had spoken for it when a coordinator said so."""


_NONE: Final[Distinctions] = {}


def pair_of(one: EmployerId, other: EmployerId) -> Pair:
    """Put two ids in their order."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two entries that may be one employer, the lower id first."""

    one: EmployerId
    other: EmployerId
    evidence: tuple[Evidence, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What speaks for it, without the values."""
        return tuple(each.reason for each in self.evidence)

    @property
    def order(self) -> tuple[bool, int, str, str]:
        """The surest first: one company number, then the most reasons."""
        return ("same_company_number" not in self.reasons, -len(self.reasons), self.one, self.other)


class Likenesses:
    """The pairs among some employers that may be one, but for those known to be two."""

    def __init__(
        self, employers: Iterable[Known], terms: NameTerms, distinctions: Distinctions = _NONE
    ) -> None:
        self._terms = terms
        self._distinctions = distinctions
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
            if (likeness := self._likeness(one, other)) is not None and not self._is_settled(likeness)
        }
        return tuple(sorted(found.values(), key=lambda likeness: likeness.order))

    def of(self, identities: Iterable[EmployerId]) -> tuple[Likeness, ...]:
        """Keep the pairs with one of these in them."""
        asked = frozenset(identities)
        return tuple(pair for pair in self.pairs if pair.one in asked or pair.other in asked)

    def _is_settled(self, likeness: Likeness) -> bool:
        """Whether somebody who had seen all that speaks for a pair said that it is two employers."""
        seen = self._distinctions.get((likeness.one, likeness.other))
        return seen is not None and seen.issuperset(likeness.evidence)

    def _likeness(self, one: Known, other: Known) -> Likeness | None:
        numbers = {one.company_number, other.company_number} - {None}
        if len(numbers) > 1:
            return None
        found: list[Evidence] = []
        if one.company_number is not None and one.company_number == other.company_number:
            found.append(Evidence("same_company_number", one.company_number))
        plain = self._terms.plain(one.name)
        if plain == self._terms.plain(other.name):
            found.append(Evidence("same_name", plain))
        places = self._places(one, other)
        by_name_alone = [each.reason for each in found] == ["same_name"]
        if by_name_alone and not places and _has_place(one) and _has_place(other):
            return None
        return Likeness(one.id, other.id, (*found, *places)) if found else None

    def _places(self, one: Known, other: Known) -> list[Evidence]:
        places: list[Evidence] = []
        if one.postcode is not None and one.postcode == other.postcode:
            places.append(Evidence("same_postcode", one.postcode))
        town = None if one.town is None else one.town.casefold()
        if town is not None and other.town is not None and town == other.town.casefold():
            places.append(Evidence("same_town", town))
        if one.position is not None and other.position is not None:
            near = _kilometres(one.position, other.position) <= self._terms.near_km
            places += [Evidence("near")] if near else []
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
