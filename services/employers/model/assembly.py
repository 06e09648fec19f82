"""Puts a round together from what the Hub knows: the engine's input, the same for the same facts.

Confirmed matches of this round are locks. Those of other rounds, and those that an employer cancelled, have
taken of a need's slots, an offer's capacity and an employer's ask budget, and come off before. Completed ones
are as confirmed ones, but for those of this round whose need or offer has been withdrawn since: they are
over, and come off too.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.vocabulary import AcademicYear, EmployerId, Urn
from services.employers.matching import round as engine
from services.employers.model import directory
from services.employers.model.calendar import SchoolTerm
from services.employers.model.match import ACTIVE, BARRED, FIXED, Match
from services.employers.model.need import Wanted
from services.employers.model.offer import Offering


@dataclass(frozen=True, slots=True)
class Settled:
    """What a coordinator has settled: lines that stay, lines that must not be, and who is kept apart."""

    locks: tuple[engine.Pair, ...] = ()
    excluded: tuple[engine.Pair, ...] = ()
    apart: tuple[engine.Apart, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a round. Days before the first are passed over, however late it is solved again."""

    first: dt.date
    last: dt.date

    def of(self, days: tuple[dt.date, ...] | None) -> frozenset[dt.date] | None:
        """Keep the days that are in it; None, any day, stays so."""
        return None if days is None else frozenset(day for day in days if self.first <= day <= self.last)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the Hub knows. Needs by tenant; `own` are this round's matches.

    `taken` are the academic year's matches that take of capacity and ask budget, without those that this
    round has fixed: they are its locks.

    `engagement` and `sectors` are by tenant: what each school did with each employer by academic year, and
    the sectors that its pupils are drawn to; so is `recommended`, the employers that its Enterprise Advisers
    recommend.
    """

    term: SchoolTerm
    schools: Mapping[Urn, directory.School]
    needs: Mapping[Urn, Mapping[str, Wanted]]
    offers: Mapping[str, Offering]
    employers: Mapping[EmployerId, directory.Employer]
    ask_budgets: Mapping[EmployerId, int]
    engagement: Mapping[Urn, Mapping[AcademicYear, Mapping[str, Mapping[str, int]]]]
    sectors: Mapping[Urn, Mapping[str, int]]
    recommended: Mapping[Urn, frozenset[EmployerId]] = field(default_factory=dict)
    own: Mapping[str, Match] = field(default_factory=dict)
    taken: Sequence[Match] = ()


def assemble(facts: Facts, window: Window, settled: Settled) -> engine.MatchRound:
    """Make the engine's round."""
    fixed = [match for match in facts.own.values() if match.state in FIXED]
    own_fixed = {match.pair for match in fixed if not _is_over(facts, match)}
    taken = [*facts.taken, *(match for match in fixed if _is_over(facts, match))]
    needs = _needs(facts, taken, window)
    offers = _offers(facts, taken, window)
    known_needs, known_offers = {need.id for need in needs}, {offer.id for offer in offers}
    barred = {match.pair for match in facts.own.values() if match.state in BARRED}
    employers = _employers(facts, taken, {offer.employer_id for offer in offers})
    met = {employer.id for employer in employers}
    return engine.MatchRound(
        ends_on=window.last,
        schools=tuple(_school(facts, urn) for urn in facts.schools),
        employers=employers,
        offers=offers,
        needs=needs,
        locks=tuple(sorted(own_fixed | set(settled.locks))),
        excluded=frozenset(
            pair
            for pair in barred | set(settled.excluded)
            if pair.need_id in known_needs and pair.offer_id in known_offers
        ),
        apart=frozenset(one for one in settled.apart if one.urn in facts.schools and one.employer_id in met),
        previous=frozenset(match.pair for match in facts.own.values() if match.state in ACTIVE),
    ).canonical()


def _is_over(facts: Facts, match: Match) -> bool:
    """Whether a match is completed, and its need or offer is no longer there to lock it to."""
    known = match.need_id in facts.needs.get(match.urn, {}) and match.offer_id in facts.offers
    return match.state == "completed" and not known


def _needs(facts: Facts, taken: Sequence[Match], window: Window) -> tuple[engine.Need, ...]:
    filled = Counter(match.need_id for match in taken if match.state in FIXED)
    return tuple(
        engine.Need(
            id=engine.NeedId(identity),
            urn=urn,
            type=wanted.type,
            year_groups=frozenset(wanted.year_groups),
            pupils=wanted.pupils,
            slots=wanted.slots - filled[engine.NeedId(identity)],
            mode=wanted.mode,
            send=wanted.send,
            benchmark=wanted.benchmark,
            sectors=frozenset(wanted.sectors),
            days=window.of(wanted.days),
        )
        for urn in facts.schools
        for identity, wanted in facts.needs.get(urn, {}).items()
        if wanted.slots > filled[engine.NeedId(identity)]
    )


def _offers(facts: Facts, taken: Sequence[Match], window: Window) -> tuple[engine.Offer, ...]:
    used = Counter(match.offer_id for match in taken)
    return tuple(
        engine.Offer(
            id=engine.OfferId(identity),
            employer_id=offering.employer_id,
            type=offering.type,
            year_groups=frozenset(offering.year_groups),
            group_size=offering.group_size,
            capacity=max(0, offering.capacity - used[engine.OfferId(identity)]),
            radius_km=offering.radius_km or 0,
            virtual=offering.virtual,
            send=offering.send,
            safeguarding_until=offering.safeguarding_until,
            days=window.of(offering.days),
        )
        for identity, offering in facts.offers.items()
        if offering.employer_id in facts.employers
    )


def _employers(
    facts: Facts, taken: Sequence[Match], offering: set[EmployerId]
) -> tuple[engine.Employer, ...]:
    asked_this_year = Counter(match.employer_id for match in taken)
    asked_this_term = Counter(match.employer_id for match in taken if match.term == facts.term)
    return tuple(
        engine.Employer(
            id=identity,
            name=employer.name,
            sic_section=employer.sic_section,
            size_band=employer.size_band,
            position=_position(employer.position),
            ask_budget=max(0, facts.ask_budgets[identity] - asked_this_term[identity]),
            asked=asked_this_year[identity],
        )
        for identity, employer in facts.employers.items()
        if identity in offering
    )


def _school(facts: Facts, urn: Urn) -> engine.School:
    listed = facts.schools[urn]
    years = facts.engagement.get(urn, {})
    sectors: Counter[str] = Counter()
    sizes: Counter[Any] = Counter()
    for identity, counts in years.get(facts.term.academic_year, {}).items():
        employer = facts.employers.get(EmployerId(identity))
        if employer is None or not counts["encounters"]:
            continue
        sizes[employer.size_band] += counts["activities"]
        if employer.sic_section is not None:
            sectors[employer.sic_section] += counts["activities"]
    return engine.School(
        urn=urn,
        setting=listed.setting,
        position=_position(listed.position),
        met_sectors=dict(sorted(sectors.items())),
        met_sizes=dict(sorted(sizes.items())),
        worked_with=frozenset(EmployerId(one) for counts in years.values() for one in counts),
        recommended=facts.recommended.get(urn, frozenset()),
        interests=dict(sorted(facts.sectors.get(urn, {}).items())),
    )


def _position(position: directory.Position | None) -> engine.Position | None:
    return None if position is None else engine.Position(position.latitude, position.longitude)
