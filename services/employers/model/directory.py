"""What an entry of the directory is, and what a listing changes.

A listing adds entries and changes those that differ. It removes none: what a register no longer names may
still be named in a school's activities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from contracts.employers import EmployerListed, SchoolListed
from contracts.vocabulary import EmployerId, Setting, Urn
from services.employers.matching.land import Land
from services.runtime.errors import FieldProblem, InvalidError

SizeBand = Literal["sole_trader", "micro", "small", "medium", "large", "unknown"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where an organisation is, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class School:
    """A school or college that is a member of the Hub; `phase` is the register's word."""

    id: Urn
    name: str
    phase: str | None
    setting: Setting
    lowest_year: int
    highest_year: int
    has_post16: bool
    district: str
    position: Position | None

    def told(self) -> SchoolListed:
        """Say that it is listed."""
        return SchoolListed(
            urn=self.id,
            name=self.name,
            setting=self.setting,
            lowest_year=self.lowest_year,
            highest_year=self.highest_year,
            has_post16=self.has_post16,
            district=self.district,
            phase=self.phase,
        )


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer that schools can name in their activities."""

    id: EmployerId
    name: str
    sic_section: str | None
    size_band: SizeBand
    town: str | None
    position: Position | None

    def told(self, merged_into: EmployerId | None = None) -> EmployerListed:
        """Say that it is listed, and which employer it was merged into (`merging.py`)."""
        return EmployerListed(
            employer_id=self.id,
            name=self.name,
            sic_section=self.sic_section,
            size_band=self.size_band,
            merged_into=merged_into,
        )


Entry = School | Employer
E = TypeVar("E", School, Employer)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries of a listing were new, differed, and were known exactly so."""

    listed: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.listed + other.listed, self.changed + other.changed, self.unchanged + other.unchanged
        )


@dataclass(frozen=True, slots=True)
class Changes(Generic[E]):
    """A listing compared with what is stored."""

    listed: tuple[E, ...]
    changed: tuple[E, ...]
    unchanged: int

    @property
    def tally(self) -> Tally:
        """Count it."""
        return Tally(len(self.listed), len(self.changed), self.unchanged)


def compare(entries: Sequence[E], stored: Mapping[str, E]) -> Changes[E]:
    """Sort a listing's entries by what they do; `stored` holds those of them that are known, by id."""
    return Changes(
        listed=tuple(entry for entry in entries if entry.id not in stored),
        changed=tuple(entry for entry in entries if entry.id in stored and stored[entry.id] != entry),
        unchanged=sum(stored.get(entry.id) == entry for entry in entries),
    )


def require_once(schools: Sequence[School], employers: Sequence[Employer]) -> None:
    """Raise InvalidError if an entry is in the listing twice: which of the two would be right?"""
    problems = [
        *_repeated("schools", "urn", [school.id for school in schools]),
        *_repeated("employers", "employer_id", [employer.id for employer in employers]),
    ]
    if problems:
        raise InvalidError("An entry can be in a listing once.", tuple(problems))


def require_on_land(schools: Sequence[School], employers: Sequence[Employer], land: Land) -> None:
    """Raise InvalidError for positions in the sea or abroad: a match round could not use them."""
    kinds: tuple[tuple[str, Sequence[Entry]], ...] = (("schools", schools), ("employers", employers))
    problems = [
        FieldProblem(f"{kind}.{place}.position", reason)
        for kind, entries in kinds
        for place, entry in enumerate(entries)
        if (reason := land.problem(entry.position)) is not None
    ]
    if problems:
        raise InvalidError("Nothing was listed: some positions cannot be.", tuple(problems))


def _repeated(kind: str, field: str, identities: Iterable[str]) -> list[FieldProblem]:
    first: dict[str, int] = {}
    problems = []
    for place, identity in enumerate(identities):
        if identity in first:
            reason = f"is the same as that of {kind}.{first[identity]}"
            problems.append(FieldProblem(f"{kind}.{place}.{field}", reason))
        first.setdefault(identity, place)
    return problems
