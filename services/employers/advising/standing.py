"""How things stand: what each school wants, and what the matches so far say of schools and advisers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.employers import RelationshipEnd
from contracts.vocabulary import Urn
from services.employers.advising.adviser import Adviser, AdviserId, Mark, refuse_stale
from services.employers.advising.match import DECLINED, Match
from services.employers.advising.rules import AdvisingRules
from services.employers.model.directory import Position

MOST_WANTED: Final = 2
"""Advisers a school can have at once (domain §4: usually one, in London up to two)."""
NOT_YET: Final = 0
"""The version that a caller has seen of a need that is not there yet."""

Pair = tuple[AdviserId, Urn]


@dataclass(frozen=True, slots=True)
class Need:
    """What a school wants: how many advisers, from which sectors, whom it would rather have."""

    urn: Urn
    version: int
    wants: int
    since: dt.date
    """From which day it waits, if it has none."""
    sectors: tuple[str, ...]
    preferences: tuple[AdviserId, ...]
    coordinator: str | None
    changed: Mark

    def says_the_same(self, other: Need) -> bool:
        """Whether two versions differ in nothing but their number and who wrote them."""
        return _content(self) == _content(other)


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What matching needs to know of a school of the directory."""

    urn: Urn
    special: bool
    position: Position | None
    need: Need | None
    pupils_want: tuple[str, ...] = ()
    """Sectors that its pupils name, as `pupils` told them; the need's own come on top."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the matches say on a day; made by `standing_of`."""

    today: dt.date
    places_held: Mapping[AdviserId, int] = field(default_factory=dict)
    """Schools that an adviser has or is proposed to, paused ones as well: they hold their place."""
    with_school: Mapping[Urn, tuple[AdviserId, ...]] = field(default_factory=dict)
    """Whom a school has or is proposed; a paused match leaves it without."""
    open_pairs: frozenset[Pair] = frozenset()
    declined: frozenset[Pair] = frozenset()
    parted: Mapping[Pair, RelationshipEnd] = field(default_factory=dict)
    """Why two who have worked together parted last."""
    last_had: Mapping[Urn, dt.date] = field(default_factory=dict)
    """The day on which a school's last adviser at work left or paused."""
    sections: Mapping[str, int] = field(default_factory=dict)
    """Open matches by the adviser's section of industry."""

    def waits_since(self, school: SchoolFacts) -> dt.date | None:
        """From which day a school is without an adviser; None if it has one or says that it wants none."""
        if school.need is None or not school.need.wants or self.with_school.get(school.urn):
            return None
        return max(school.need.since, self.last_had.get(school.urn, school.need.since))


def state_need(before: Need | None, told: Need, seen: int) -> Need | None:
    """Say what a school wants; None if it is known so. Raises ConflictError for a stale version."""
    if before is not None and before.says_the_same(told):
        return None
    refuse_stale(NOT_YET if before is None else before.version, seen)
    return told


def standing_of(
    matches: Iterable[Match], advisers: Mapping[AdviserId, Adviser], rules: AdvisingRules, today: dt.date
) -> Standing:
    """Sum up the matches."""
    held: Counter[AdviserId] = Counter()
    sections: Counter[str] = Counter()
    with_school: dict[Urn, list[AdviserId]] = {}
    open_pairs, declined = set(), set()
    parted: dict[Pair, tuple[dt.date, RelationshipEnd]] = {}
    last_had: dict[Urn, dt.date] = {}
    for match in matches:
        pair = (match.adviser, match.urn)
        if match.is_open:
            open_pairs.add(pair)
            held[match.adviser] += 1
            adviser = advisers.get(match.adviser)
            if adviser is not None and adviser.profile.sic_section is not None:
                sections[adviser.profile.sic_section] += 1
            if match.state != "paused":
                with_school.setdefault(match.urn, []).append(match.adviser)
        reason = match.ended_because
        if reason in DECLINED.values():
            if (today - match.since).days < rules.declined.not_again_for_days:
                declined.add(pair)
        elif reason is not None and match.began_on is not None:
            parted[pair] = max(parted.get(pair, (match.since, reason)), (match.since, reason))
        if match.began_on is not None and match.state in {"ended", "paused"}:
            last_had[match.urn] = max(match.since, last_had.get(match.urn, match.since))
    return Standing(
        today=today,
        places_held=held,
        with_school={urn: tuple(sorted(those)) for urn, those in with_school.items()},
        open_pairs=frozenset(open_pairs),
        declined=frozenset(declined),
        parted={pair: reason for pair, (_, reason) in parted.items()},
        last_had=last_had,
        sections=sections,
    )


def _content(need: Need) -> tuple[object, ...]:
    return (need.urn, need.wants, need.since, need.sectors, need.preferences, need.coordinator)
