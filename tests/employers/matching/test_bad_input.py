from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId, Urn
from services.areas import area_names, load_area
from services.employers import rules
from services.employers.matching import limits
from services.employers.matching.land import AT_SEA, EXCHANGED, WRONG_SIGN
from services.employers.matching.propose import Terms, propose
from services.employers.matching.round import Apart, MatchRound, Position
from services.employers.matching.weights import Weights
from services.runtime.errors import InvalidError, TooLargeError
from tests.employers.matching.rounds import by_hand, employer, need, offer, pair, school, seeded, terms

Spoil = Callable[[MatchRound], MatchRound]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            lambda r: replace(r, offers=(replace(offer(), capacity=-1),)),
            "offers.o-0.capacity is -1; it must be 0",
        ),
        (
            lambda r: replace(r, employers=(employer(ask_budget=-2),)),
            "employers.e-0.ask_budget is -2; it must be 0",
        ),
        (
            lambda r: replace(r, needs=(replace(need(), pupils=10_000),)),
            "needs.n-0.pupils is 10,000; it must be 1",
        ),
        (lambda r: replace(r, needs=(replace(need(), slots=0),)), "needs.n-0.slots is 0; it must be 1"),
        (
            lambda r: replace(r, needs=(replace(need(), year_groups=frozenset()),)),
            "needs.n-0.year_groups names no year group",
        ),
        (
            lambda r: replace(r, offers=(replace(offer(), year_groups=frozenset({3})),)),
            "offers.o-0.year_groups has a year group outside 7 to 14",
        ),
        (
            lambda r: replace(r, employers=(replace(employer(), position=Position(50.2, -1.0)),)),
            f"employers.e-0.position {AT_SEA}",
        ),
        (
            lambda r: replace(r, employers=(replace(employer(), position=Position(-2.0, 51.0)),)),
            f"employers.e-0.position {EXCHANGED}",
        ),
        (
            lambda r: replace(r, schools=(replace(school(), position=Position(float("nan"), 0.0)),)),
            f"schools.100000.position {AT_SEA}",
        ),
        (
            lambda r: replace(r, offers=(offer(0), offer(0))),
            "offers.o-0 is there 2 times; an id can be there once",
        ),
        (
            lambda r: replace(r, offers=(replace(offer(), employer_id=EmployerId("e-7")),)),
            "offers.o-0.employer_id is not an employer of this round",
        ),
        (
            lambda r: replace(r, needs=(replace(need(), urn=Urn("999999")),)),
            "needs.n-0.urn is not a school of this round",
        ),
        (
            lambda r: replace(r, excluded=frozenset({pair(4, 0)})),
            "excluded.n-4+o-0 names a need that is not in this round",
        ),
        (
            lambda r: replace(r, apart=frozenset({Apart(Urn("999999"), EmployerId("e-0"))})),
            "apart.999999+e-0 names a school or employer that is not in this round",
        ),
        (
            lambda r: replace(r, schools=(replace(school(), interests={"C": 10**30}),)),
            "schools.100000.interests has a count that is not 0 to 100,000",
        ),
        (
            lambda r: replace(r, needs=(replace(need(), sectors=frozenset({"Z"})),)),
            "needs.n-0.sectors has a section that SIC 2007 does not know",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(spoil: Spoil, problem: str) -> None:
    with pytest.raises(InvalidError) as caught:
        propose(spoil(by_hand()), terms())

    told = [f"{each.where} {each.reason}" for each in caught.value.problems]
    assert len(told) == 1
    assert told[0].startswith(problem)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda r: replace(r, employers=(employer(),) * (limits.MOST_EMPLOYERS + 1)), "employers"),
        (lambda r: replace(r, offers=(offer(),) * (limits.MOST_OFFERS + 1)), "offers"),
        (lambda r: replace(r, needs=(need(),) * (limits.MOST_NEEDS + 1)), "needs"),
        (lambda r: replace(r, schools=(school(),) * (limits.MOST_SCHOOLS + 1)), "schools"),
        (lambda r: replace(r, needs=(need(slots=10**12),)), "slots"),
    ],
)
def test_a_bomb_is_refused_before_any_work(spoil: Spoil, what: str) -> None:
    bomb = spoil(by_hand())
    began_s = time.process_time()

    with pytest.raises(TooLargeError, match=what):
        propose(bomb, terms())

    assert time.process_time() - began_s < 0.5


def test_of_very_many_problems_the_first_are_listed() -> None:
    spoiled = tuple(replace(offer(number), capacity=-1) for number in range(500))

    with pytest.raises(InvalidError) as caught:
        propose(replace(by_hand(employers=500), offers=spoiled), terms())

    assert len(caught.value.problems) == limits.MOST_PROBLEMS


def test_an_employer_without_offers_is_in_nobodys_way() -> None:
    match_round = by_hand(employers=2)

    assert propose(replace(match_round, offers=(offer(0),)), terms()).pairs == {pair()}


@pytest.mark.parametrize(
    ("spoil", "unmet"),
    [
        (lambda r: replace(r, offers=()), 1),
        (lambda r: replace(r, needs=()), 0),
        (lambda r: replace(r, needs=(), offers=(), employers=(), schools=()), 0),
    ],
)
def test_a_round_without_offers_or_needs_has_an_empty_plan(spoil: Spoil, unmet: int) -> None:
    plan = propose(spoil(by_hand()), terms())

    assert plan.lines == ()
    assert plan.objective.unmet == unmet


def test_an_employer_of_unknown_place_can_only_be_met_virtually() -> None:
    nowhere = replace(by_hand(), employers=(replace(employer(), position=None),))
    virtual = replace(
        nowhere, offers=(replace(offer(), virtual=True),), needs=(replace(need(), mode="either"),)
    )

    assert propose(nowhere, terms()).lines == ()
    assert [dict(line.parts)["distance"] for line in propose(virtual, terms()).lines] == [0]


def test_weights_that_no_64_bits_can_hold_are_refused() -> None:
    match_round = seeded(1, schools=60, employers=300)
    huge = Terms(terms().weights.scaled(10**12), terms().land)
    odd = huge.weights.tiers["load"].model_copy(update={"points": (1, 10**17)})
    weights = huge.weights.model_copy(update={"tiers": {**huge.weights.tiers, "load": odd}})

    with pytest.raises(TooLargeError, match="weights"):
        propose(match_round, replace(huge, weights=weights))


def test_tiers_that_fall_are_refused() -> None:
    body = rules.weights().model_dump()
    body["tiers"]["load"]["points"] = [5, 3]

    with pytest.raises(ValueError, match="never fall"):
        Weights.model_validate(body)


def test_every_place_of_the_shipped_areas_is_on_land() -> None:
    areas = [load_area(name) for name in area_names()]
    found = [
        *((each.latitude, each.longitude) for area in areas for each in area.schools),
        *((each.latitude, each.longitude) for area in areas for each in area.employers),
    ]
    places = [Position(a, b) for a, b in found if a is not None and b is not None]

    assert len(places) > 700
    assert all(rules.land().is_land(place) for place in places)


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (None, None),
        (Position(50.72, -1.98), None),
        (Position(51.48, -3.18), None),
        (Position(55.95, -3.19), None),
        (Position(54.6, -5.93), None),
        (Position(50.2, -1.0), AT_SEA),
        (Position(48.85, 2.35), AT_SEA),
        (Position(0.0, 0.0), AT_SEA),
        (Position(1e308, -1e308), AT_SEA),
        (Position(-1.98, 50.72), EXCHANGED),
        (Position(50.72, 1.98), WRONG_SIGN),
        (Position(53.48, 2.24), WRONG_SIGN),
    ],
    ids=str,
)
def test_a_position_has_a_reason_that_says_what_may_be_wrong(
    position: Position | None, reason: str | None
) -> None:
    assert rules.land().problem(position) == reason


@given(st.floats(), st.floats())
def test_there_is_a_reason_for_all_that_is_not_land_and_for_nothing_else(
    latitude: float, longitude: float
) -> None:
    place = Position(latitude, longitude)

    assert (rules.land().problem(place) is None) == rules.land().is_land(place)
