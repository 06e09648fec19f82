"""What a round is made of: schools' needs, employers' offers, and what is already settled between them.

Values only: whole numbers, text and days. Whether they make sense is asked in `checks.py`. `canonical` puts a
round into one order, so that the order in which it was written cannot change the plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Final, Literal, NewType

from contracts.vocabulary import Benchmark, EmployerId, Setting, Urn

OfferId = NewType("OfferId", str)
NeedId = NewType("NeedId", str)

SizeBand = Literal["sole_trader", "micro", "small", "medium", "large", "unknown"]
Mode = Literal["in_person", "virtual", "either"]
SendConfidence = Literal["none", "confident", "evidenced"]
"""Whether an employer can meet pupils with SEND: not yet, by its own word, or with evidence kept."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where something is, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class School:
    """A school, with what it has had this academic year and what its pupils are drawn to.

    `met_sectors` and `met_sizes` count this year's encounters by SIC section and size band. `worked_with`
    holds the employers met before, `recommended` those that its Enterprise Adviser recommends. `interests`
    counts pupils by section; a suppressed count is left out.
    """

    urn: Urn
    setting: Setting
    position: Position | None
    met_sectors: Mapping[str, int] = field(default_factory=dict)
    met_sizes: Mapping[SizeBand, int] = field(default_factory=dict)
    worked_with: frozenset[EmployerId] = frozenset()
    recommended: frozenset[EmployerId] = frozenset()
    interests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer; `ask_budget` is how often all schools together may ask it, `asked` how often they have."""

    id: EmployerId
    name: str
    sic_section: str | None
    size_band: SizeBand
    position: Position | None
    ask_budget: int
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """What an employer offers this term, `capacity` times, to groups of up to `group_size`.

    `days` are the only days on which it can be, None for any. `safeguarding_until` is the last day on which
    supervision, insurance and checks are in order, None if they are not (domain §9.5).
    """

    id: OfferId
    employer_id: EmployerId
    type: str
    year_groups: frozenset[int]
    group_size: int
    capacity: int
    radius_km: int
    virtual: bool
    send: SendConfidence
    safeguarding_until: dt.date | None
    days: frozenset[dt.date] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        # What dataclasses do of themselves takes three times as long, and a round sends 25,000 to its solver.
        return Offer, _FIELDS_OF_OFFER(self)


_FIELDS_OF_OFFER: Final = attrgetter(*(each.name for each in fields(Offer)))


@dataclass(frozen=True, slots=True)
class Need:
    """What a school is looking for: `slots` encounters of one type, each for up to `pupils` at once.

    Each slot is met by a different offer. `days` are those that the timetable can release, None for any;
    `sectors` the SIC sections wanted, none for any.
    """

    id: NeedId
    urn: Urn
    type: str
    year_groups: frozenset[int]
    pupils: int
    slots: int
    mode: Mode
    send: bool = False
    benchmark: Benchmark | None = None
    sectors: frozenset[str] = frozenset()
    days: frozenset[dt.date] | None = None


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A need and an offer: a line of a plan, a lock, or one that must not be."""

    need_id: NeedId
    offer_id: OfferId


@dataclass(frozen=True, slots=True, order=True)
class Apart:
    """A school and an employer that must not be matched at all, say for a conflict of interest."""

    urn: Urn
    employer_id: EmployerId


@dataclass(frozen=True, slots=True)
class MatchRound:
    """All of it. `locks` are lines that stay, confirmed ones among them; `previous` are the last plan's."""

    ends_on: dt.date
    schools: tuple[School, ...]
    employers: tuple[Employer, ...]
    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    locks: tuple[Pair, ...] = ()
    excluded: frozenset[Pair] = frozenset()
    apart: frozenset[Apart] = frozenset()
    previous: frozenset[Pair] = frozenset()

    def canonical(self) -> MatchRound:
        """Put everything in order of its id; cheap where it is in order."""
        return replace(
            self,
            schools=tuple(sorted(self.schools, key=lambda school: school.urn)),
            employers=tuple(sorted(self.employers, key=lambda employer: employer.id)),
            offers=tuple(sorted(self.offers, key=lambda offer: offer.id)),
            needs=tuple(sorted(self.needs, key=lambda need: need.id)),
            locks=tuple(sorted(self.locks)),
        )
