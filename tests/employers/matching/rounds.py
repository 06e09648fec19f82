"""Rounds to solve: one by hand, and seeded ones in which every rule and every cost matters now and then."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

from contracts.vocabulary import EmployerId, Urn
from services.employers import rules
from services.employers.matching.propose import Terms
from services.employers.matching.round import (
    Apart,
    Employer,
    MatchRound,
    Need,
    NeedId,
    Offer,
    OfferId,
    Pair,
    Position,
    School,
)

ENDS_ON = dt.date(2026, 12, 18)
TYPES = ("employer_talk", "mock_interview")
SECTIONS = "CFGJQ"
DAYS = tuple(dt.date(2026, 11, day) for day in range(2, 7))
MIDDLE = Position(51.0, -2.0)


def terms(fairness: int = 1000) -> Terms:
    return Terms(rules.weights(), rules.land(), fairness)


def school(number: int = 0) -> School:
    return School(Urn(str(100000 + number)), "school", MIDDLE)


def employer(number: int = 0, ask_budget: int = 1) -> Employer:
    return Employer(EmployerId(f"e-{number}"), f"Employer {number}", "C", "small", MIDDLE, ask_budget)


def offer(number: int = 0, of: int | None = None) -> Offer:
    return Offer(
        id=OfferId(f"o-{number}"),
        employer_id=EmployerId(f"e-{number if of is None else of}"),
        type="employer_talk",
        year_groups=frozenset({9, 10}),
        group_size=60,
        capacity=1,
        radius_km=20,
        virtual=False,
        send="confident",
        safeguarding_until=ENDS_ON,
    )


def need(number: int = 0, slots: int = 1) -> Need:
    return Need(
        id=NeedId(f"n-{number}"),
        urn=Urn(str(100000 + number)),
        type="employer_talk",
        year_groups=frozenset({10}),
        pupils=30,
        slots=slots,
        mode="in_person",
    )


def pair(need_number: int = 0, offer_number: int = 0) -> Pair:
    return Pair(NeedId(f"n-{need_number}"), OfferId(f"o-{offer_number}"))


def by_hand(schools: int = 1, employers: int = 1, slots: int = 1) -> MatchRound:
    """Everybody in one place, each school with one need and each employer with one offer that fits."""
    return MatchRound(
        ends_on=ENDS_ON,
        schools=tuple(school(number) for number in range(schools)),
        employers=tuple(employer(number) for number in range(employers)),
        offers=tuple(offer(number) for number in range(employers)),
        needs=tuple(need(number, slots) for number in range(schools)),
    )


def seeded(seed: int, schools: int = 4, employers: int = 8) -> MatchRound:
    """A small Hub in which most things are scarce."""
    dice = Random(seed)
    firms = tuple(_employer(dice, number) for number in range(employers))
    offers = tuple(_offer(dice, firm, kind) for firm in firms for kind in TYPES if dice.random() < 0.9)
    members = tuple(_school(dice, number, firms) for number in range(schools))
    needs = tuple(_need(dice, member, kind) for member in members for kind in TYPES if dice.random() < 0.9)
    every = [Pair(each.id, one.id) for each in needs for one in offers]
    return MatchRound(
        ends_on=ENDS_ON,
        schools=members,
        employers=firms,
        offers=offers,
        needs=needs,
        excluded=frozenset(dice.sample(every, min(3, len(every)))),
        apart=frozenset({Apart(members[0].urn, firms[0].id)}),
        previous=frozenset(dice.sample(every, min(5, len(every)))),
    )


def _somewhere(dice: Random) -> Position:
    return Position(51.0 + dice.uniform(0, 0.2), -2.0 + dice.uniform(0, 0.3))


def _school(dice: Random, number: int, firms: tuple[Employer, ...]) -> School:
    return replace(
        school(number),
        position=_somewhere(dice),
        met_sectors={dice.choice(SECTIONS): dice.randint(0, 3)},
        met_sizes={dice.choice(("micro", "small", "large")): dice.randint(1, 5)},
        worked_with=frozenset({dice.choice(firms).id}),
        recommended=frozenset({dice.choice(firms).id}),
        interests={section: dice.randint(6, 60) for section in dice.sample(SECTIONS, 2)},
    )


def _employer(dice: Random, number: int) -> Employer:
    return Employer(
        id=EmployerId(f"e-{number}"),
        name=f"Employer {number}",
        sic_section=dice.choice((*SECTIONS, None)),
        size_band=dice.choice(("micro", "small", "large", "unknown")),
        position=_somewhere(dice) if dice.random() < 0.95 else None,
        ask_budget=dice.randint(0, 3),
        asked=dice.randint(0, 4),
    )


def _offer(dice: Random, firm: Employer, kind: str) -> Offer:
    return Offer(
        id=OfferId(f"{firm.id}-{kind}"),
        employer_id=firm.id,
        type=kind,
        year_groups=frozenset(dice.sample(range(7, 14), 5)),
        group_size=dice.choice((15, 30, 60)),
        capacity=dice.randint(0, 3),
        radius_km=dice.randint(8, 25),
        virtual=dice.random() < 0.2,
        send=dice.choice(("none", "confident", "evidenced")),
        safeguarding_until=dice.choice((ENDS_ON, ENDS_ON, ENDS_ON, DAYS[1], None)),
        days=frozenset(dice.sample(DAYS, 2)) if dice.random() < 0.4 else None,
    )


def _need(dice: Random, member: School, kind: str) -> Need:
    return Need(
        id=NeedId(f"n-{member.urn}-{kind}"),
        urn=member.urn,
        type=kind,
        year_groups=frozenset({dice.randint(7, 13)}),
        pupils=dice.choice((10, 30)),
        slots=dice.randint(1, 4),
        mode=dice.choice(("in_person", "either", "either", "virtual")),
        send=dice.random() < 0.2,
        sectors=frozenset(dice.sample(SECTIONS, dice.randint(0, 2))),
        days=frozenset(dice.sample(DAYS, 3)) if dice.random() < 0.5 else None,
    )
