"""The match rounds of R7 and R8: a Hub at its largest, made from a seed.

40 schools and their employers in an area of some 40 km; each employer offers five things, and each school
needs five.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Final

from contracts.vocabulary import EmployerId, Urn
from services.employers.matching.round import (
    Employer,
    MatchRound,
    Need,
    NeedId,
    Offer,
    OfferId,
    Position,
    School,
)

SCHOOLS: Final = 40
EMPLOYERS: Final = 5_000
TYPES: Final = ("cv_workshop", "employer_talk", "mock_interview", "work_experience_block", "workplace_visit")
SECTIONS: Final = "ABCDEFGHIJKLMNOPQRSTU"
ENDS_ON: Final = dt.date(2026, 12, 18)
SEED: Final = 2026


def hub(dice: Random, *, employers: int, scarce: bool) -> MatchRound:
    """Make a Hub: all in plenty, or each offer once and only nearby, with schools at the edge."""
    firms = tuple(_employer(dice, number, scarce=scarce) for number in range(employers))
    schools = tuple(_school(dice, number, scarce=scarce) for number in range(SCHOOLS))
    return MatchRound(
        ends_on=ENDS_ON,
        schools=schools,
        employers=firms,
        offers=tuple(_offer(dice, firm, kind, scarce=scarce) for firm in firms for kind in TYPES),
        needs=tuple(_need(dice, school, kind, scarce=scarce) for school in schools for kind in TYPES),
    )


def _somewhere(dice: Random, *, middle: bool) -> Position:
    """In an area around Dorset's inland, or in its middle only."""
    low, high = (0.1, 0.25) if middle else (0.0, 0.35)
    return Position(50.75 + dice.uniform(low, high), -2.3 + 1.6 * dice.uniform(low, high))


def _school(dice: Random, number: int, *, scarce: bool) -> School:
    return School(
        urn=Urn(str(100_000 + number)),
        setting="school",
        position=_somewhere(dice, middle=scarce and number % 2 == 0),
        met_sectors={dice.choice(SECTIONS): dice.randint(0, 3)},
        interests={section: dice.randint(6, 90) for section in dice.sample(SECTIONS, 6)},
    )


def _employer(dice: Random, number: int, *, scarce: bool) -> Employer:
    return Employer(
        id=EmployerId(f"e-{number:05d}"),
        name=f"Employer {number}",
        sic_section=dice.choice(SECTIONS),
        size_band=dice.choice(("micro", "small", "medium", "large")),
        position=_somewhere(dice, middle=scarce and number % 4 > 0),
        ask_budget=3 if scarce else dice.randint(1, 3),
    )


def _offer(dice: Random, firm: Employer, kind: str, *, scarce: bool) -> Offer:
    return Offer(
        id=OfferId(f"{firm.id}-{kind.replace('_', '-')}"),
        employer_id=firm.id,
        type=kind,
        year_groups=frozenset(range(7, 14) if dice.random() < 0.5 else dice.sample(range(7, 14), 4)),
        group_size=dice.choice((15, 30, 60, 240)),
        capacity=1 if scarce else dice.randint(1, 3),
        radius_km=dice.randint(5, 25 if scarce else 40),
        virtual=False,
        send=dice.choice(("none", "confident", "evidenced")),
        safeguarding_until=ENDS_ON,
    )


def _need(dice: Random, school: School, kind: str, *, scarce: bool) -> Need:
    return Need(
        id=NeedId(f"n-{school.urn}-{kind.replace('_', '-')}"),
        urn=school.urn,
        type=kind,
        year_groups=frozenset({dice.randint(7, 13)}),
        pupils=dice.choice((15, 30, 60)),
        slots=dice.randint(12, 20) if scarce else dice.randint(4, 12),
        mode="in_person",
        send=dice.random() < 0.2,
        sectors=frozenset(dice.sample(SECTIONS, 3)),
    )
