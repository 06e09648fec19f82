"""A round as arrays: one row a need, offer, employer and school, in the order of their ids.

What can be said of a school and an employer is a table of schools by employers (distance, met before), so
that rules and costs look it up for millions of pairs at once. Days are compared once for each kind of
calendar, and few are different.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from services.employers.matching.geography import distances_hm
from services.employers.matching.round import (
    Employer,
    MatchRound,
    Need,
    Offer,
    Pair,
    School,
    SendConfidence,
    SizeBand,
)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Name = TypeVar("Name", bound=str)

SECTIONS: Final = "ABCDEFGHIJKLMNOPQRSTU"
NO_SECTION: Final = len(SECTIONS)
"""The place of employers whose section is not known; it counts as a sector of its own."""
SIZES: Final[tuple[SizeBand, ...]] = get_args(SizeBand)
SEND_LEVELS: Final[tuple[SendConfidence, ...]] = get_args(SendConfidence)
TENTHS: Final = 10


@dataclass(frozen=True, slots=True)
class NeedColumns:
    """One row a need. `years` and `sectors` are bit sets; `days` is the calendar's number."""

    school: Ints
    type: Ints
    years: Ints
    pupils: Ints
    slots: Ints
    in_person: Bools
    virtual: Bools
    send: Bools
    sectors: Ints
    days: Ints


@dataclass(frozen=True, slots=True)
class OfferColumns:
    """One row an offer; `safe` tells whether safeguarding is in order for as long as it may be needed."""

    employer: Ints
    type: Ints
    years: Ints
    group_size: Ints
    capacity: Ints
    radius_hm: Ints
    virtual: Bools
    send: Ints
    safe: Bools
    days: Ints


@dataclass(frozen=True, slots=True)
class EmployerColumns:
    """One row an employer."""

    section: Ints
    size: Ints
    budget: Ints
    asked: Ints


@dataclass(frozen=True, slots=True)
class SchoolTables:
    """What is known of a school and an employer (schools by employers), or a section or size band."""

    distance_hm: NDArray[np.int32]
    apart: Bools
    worked_with: Bools
    recommended: Bools
    met_section: Ints
    met_size: Ints
    interest_tenths: Ints


@dataclass(frozen=True, slots=True)
class Columns:
    """All of a round. `excluded` and `previous` are sorted codes of pairs (`pair_codes`)."""

    round: MatchRound
    needs: NeedColumns
    offers: OfferColumns
    employers: EmployerColumns
    tables: SchoolTables
    common_days: Bools
    excluded: Ints
    previous: Ints
    locks: tuple[Ints, Ints]

    def pair_codes(self, need: Ints, offer: Ints) -> Ints:
        """Number every pair of a need and an offer."""
        return need * len(self.round.offers) + offer


def columns_of(match_round: MatchRound) -> Columns:
    """Turn a round in canonical order, which `checks.py` found sound, into arrays."""
    types = _numbered({need.type for need in match_round.needs} | {o.type for o in match_round.offers})
    need_calendars = _Calendars(need.days for need in match_round.needs)
    offer_calendars = _Calendars(offer.days for offer in match_round.offers)
    pairs = _PairIndex(match_round)
    lock_needs, lock_offers = pairs.places(match_round.locks)
    return Columns(
        round=match_round,
        needs=_need_columns(match_round, types, need_calendars),
        offers=_offer_columns(match_round, types, offer_calendars),
        employers=_employer_columns(match_round.employers),
        tables=_tables(match_round),
        common_days=need_calendars.common(offer_calendars),
        excluded=pairs.codes(match_round.excluded),
        previous=pairs.codes(match_round.previous),
        locks=(lock_needs, lock_offers),
    )


def _numbered(values: Iterable[str]) -> dict[str, int]:
    return {value: place for place, value in enumerate(sorted(values))}


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _bools(values: Iterable[bool]) -> Bools:
    return np.fromiter(values, dtype=np.bool_)


class _BitSets:
    """Small sets of numbers as bits; the few different ones are worked out once."""

    def __init__(self) -> None:
        self._known: dict[frozenset[int] | frozenset[str], int] = {}

    def of_numbers(self, numbers: frozenset[int]) -> int:
        bits = self._known.get(numbers)
        if bits is None:
            bits = self._known[numbers] = sum(1 << number for number in numbers)
        return bits

    def of_sections(self, sections: frozenset[str]) -> int:
        bits = self._known.get(sections)
        if bits is None:
            bits = self._known[sections] = sum(1 << SECTIONS.index(section) for section in sections)
        return bits


class _Calendars:
    """The different sets of days, numbered as they come; None is every day."""

    def __init__(self, days: Iterable[frozenset[dt.date] | None]) -> None:
        self._numbers: dict[frozenset[dt.date] | None, int] = {}
        self.column = _ints(self._numbers.setdefault(each, len(self._numbers)) for each in days)

    def common(self, other: _Calendars) -> Bools:
        """Tell for each two calendars whether they have a day in common."""
        named = {day for each in (*self._numbers, *other._numbers) if each for day in each}
        places = {day: place for place, day in enumerate(sorted(named))}
        shared: Bools = self._days(places) @ other._days(places).T > 0
        if None in self._numbers:
            shared[self._numbers[None], :] = other._have_days()
        if None in other._numbers:
            shared[:, other._numbers[None]] = self._have_days()
        return shared

    def _have_days(self) -> list[bool]:
        return [days is None or len(days) > 0 for days in self._numbers]

    def _days(self, places: Mapping[dt.date, int]) -> NDArray[np.float32]:
        grid = np.zeros((len(self._numbers), len(places)), dtype=np.float32)
        for days, row in self._numbers.items():
            if days:
                grid[row, [places[day] for day in days]] = 1
        return grid


class _PairIndex:
    """Finds the places of needs and offers by id."""

    def __init__(self, match_round: MatchRound) -> None:
        self._needs = {need.id: place for place, need in enumerate(match_round.needs)}
        self._offers = {offer.id: place for place, offer in enumerate(match_round.offers)}

    def places(self, pairs: Iterable[Pair]) -> tuple[Ints, Ints]:
        """Look up pairs; those with a need or offer that is no longer there are left out."""
        found = [
            (self._needs[pair.need_id], self._offers[pair.offer_id])
            for pair in pairs
            if pair.need_id in self._needs and pair.offer_id in self._offers
        ]
        return _ints(need for need, _ in found), _ints(offer for _, offer in found)

    def codes(self, pairs: Iterable[Pair]) -> Ints:
        needs, offers = self.places(pairs)
        return np.unique(needs * len(self._offers) + offers)


def _need_columns(match_round: MatchRound, types: Mapping[str, int], calendars: _Calendars) -> NeedColumns:
    needs: Sequence[Need] = match_round.needs
    schools = {school.urn: place for place, school in enumerate(match_round.schools)}
    bits = _BitSets()
    return NeedColumns(
        school=_ints(schools[need.urn] for need in needs),
        type=_ints(types[need.type] for need in needs),
        years=_ints(bits.of_numbers(need.year_groups) for need in needs),
        pupils=_ints(need.pupils for need in needs),
        slots=_ints(need.slots for need in needs),
        in_person=_bools(need.mode != "virtual" for need in needs),
        virtual=_bools(need.mode != "in_person" for need in needs),
        send=_bools(need.send for need in needs),
        sectors=_ints(bits.of_sections(need.sectors) for need in needs),
        days=calendars.column,
    )


def _offer_columns(match_round: MatchRound, types: Mapping[str, int], calendars: _Calendars) -> OfferColumns:
    offers: Sequence[Offer] = match_round.offers
    employers = {employer.id: place for place, employer in enumerate(match_round.employers)}
    levels = {level: place for place, level in enumerate(SEND_LEVELS)}
    bits = _BitSets()
    return OfferColumns(
        employer=_ints(employers[offer.employer_id] for offer in offers),
        type=_ints(types[offer.type] for offer in offers),
        years=_ints(bits.of_numbers(offer.year_groups) for offer in offers),
        group_size=_ints(offer.group_size for offer in offers),
        capacity=_ints(offer.capacity for offer in offers),
        radius_hm=_ints(offer.radius_km * 10 for offer in offers),
        virtual=_bools(offer.virtual for offer in offers),
        send=_ints(levels[offer.send] for offer in offers),
        safe=_bools(_is_safe(offer, match_round.ends_on) for offer in offers),
        days=calendars.column,
    )


def _is_safe(offer: Offer, ends_on: dt.date) -> bool:
    last = max(offer.days) if offer.days else ends_on
    return offer.safeguarding_until is not None and offer.safeguarding_until >= last


def _employer_columns(employers: Sequence[Employer]) -> EmployerColumns:
    sections: dict[str | None, int] = {section: place for place, section in enumerate(SECTIONS)}
    sections[None] = NO_SECTION
    sizes = {size: place for place, size in enumerate(SIZES)}
    return EmployerColumns(
        section=_ints(sections[employer.sic_section] for employer in employers),
        size=_ints(sizes[employer.size_band] for employer in employers),
        budget=_ints(employer.ask_budget for employer in employers),
        asked=_ints(employer.asked for employer in employers),
    )


def _tables(match_round: MatchRound) -> SchoolTables:
    schools = match_round.schools
    employers = {employer.id: place for place, employer in enumerate(match_round.employers)}
    places = {school.urn: place for place, school in enumerate(schools)}
    shape = (len(schools), len(employers))
    apart, worked_with, recommended = (np.zeros(shape, dtype=bool) for _ in range(3))
    for each in match_round.apart:
        apart[places[each.urn], employers[each.employer_id]] = True
    for row, school in enumerate(schools):
        worked_with[row, [employers[one] for one in school.worked_with if one in employers]] = True
        recommended[row, [employers[one] for one in school.recommended if one in employers]] = True
    return SchoolTables(
        distance_hm=distances_hm(
            [school.position for school in schools], [e.position for e in match_round.employers]
        ),
        apart=apart,
        worked_with=worked_with,
        recommended=recommended,
        met_section=_counts([school.met_sectors for school in schools], [*SECTIONS, "unknown"]),
        met_size=_counts([school.met_sizes for school in schools], SIZES),
        interest_tenths=np.array([_interest(school) for school in schools], dtype=np.int64).reshape(
            len(schools), len(SECTIONS) + 1
        ),
    )


def _counts(rows: Sequence[Mapping[Name, int]], names: Sequence[Name]) -> Ints:
    counts = [[row.get(name, 0) for name in names] for row in rows]
    return np.array(counts, dtype=np.int64).reshape(len(rows), len(names))


def _interest(school: School) -> list[int]:
    """Tell for each section by how many tenths fewer pupils named it than the one most named."""
    most = max(school.interests.values(), default=0)
    if most == 0:
        return [0] * (len(SECTIONS) + 1)
    counts = [school.interests.get(section, 0) for section in SECTIONS]
    return [TENTHS * (most - count) // most for count in counts] + [TENTHS]
