from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest

from services.employers.matching.compare import price_of_fairness
from services.employers.matching.plan import Plan
from services.employers.matching.propose import propose
from services.employers.matching.round import Position
from tests.employers.matching.oracle import Oracle
from tests.employers.matching.rounds import by_hand, employer, need, seeded, terms

SEEDS = range(10)


def shares(plan: Plan) -> list[Fraction]:
    return sorted(each.satisfaction for each in plan.schools if each.satisfaction is not None)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_worst_school_has_the_best_share_that_all_can_have_in_whole_slots(seed: int) -> None:
    match_round = seeded(seed, schools=5, employers=7)
    oracle = Oracle(match_round, terms().weights)
    bound = oracle.max_min()
    wanted = [count for count in oracle.wanted.values() if count]

    worst = shares(propose(match_round, terms()))[0]

    assert worst >= min(Fraction(math.floor(bound * count + 1e-9), count) for count in wanted)
    assert float(worst) <= bound + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_no_other_way_of_sharing_out_is_fairer(seed: int) -> None:
    match_round = seeded(seed, schools=3, employers=5)
    oracle = Oracle(match_round, terms().weights)
    urns = [urn for urn, count in oracle.wanted.items() if count]
    most = oracle.most_matches()
    ways = product(*(range(oracle.wanted[urn] + 1) for urn in urns))
    best = max(
        (sorted(Fraction(met, oracle.wanted[urn]) for urn, met in zip(urns, way, strict=True)))
        for way in ways
        if sum(way) == most and oracle.can_meet(dict(zip(urns, way, strict=True)))
    )

    assert shares(propose(match_round, terms())) == best


@pytest.mark.parametrize("seed", SEEDS)
def test_fairness_costs_points_and_never_a_match(seed: int) -> None:
    match_round = seeded(seed)

    price = price_of_fairness(match_round, terms(), propose(match_round, terms()))

    assert price.matches == 0
    assert price.cost >= 0
    assert shares(price.after) >= shares(price.before)


def test_the_far_school_gets_its_share_and_the_price_is_the_way_there() -> None:
    match_round = by_hand(schools=2, employers=2, slots=2)
    far = replace(match_round.schools[1], position=Position(51.1, -2.0))
    match_round = replace(
        match_round,
        schools=(match_round.schools[0], far),
        employers=(employer(0), replace(employer(1), sic_section="F")),
    )

    price = price_of_fairness(match_round, terms(), propose(match_round, terms()))

    assert [each.met for each in price.before.schools] == [2, 0]
    assert [each.met for each in price.after.schools] == [1, 1]
    assert price.cost == 11
    assert price.before.worst
    assert price.before.worst.urn == "100001"


def test_a_little_fairness_is_not_worth_a_long_way() -> None:
    match_round = by_hand(schools=2, employers=2, slots=2)
    far = replace(match_round.schools[1], position=Position(51.15, -2.0))
    match_round = replace(
        match_round,
        schools=(match_round.schools[0], far),
        needs=(need(0, slots=2), need(1, slots=2)),
        employers=tuple(
            replace(each, sic_section=section)
            for each, section in zip(match_round.employers, "CF", strict=True)
        ),
    )

    met = {
        strength: [each.met for each in propose(match_round, terms(strength)).schools]
        for strength in (0, 10, 500, 1000)
    }

    assert met == {0: [2, 0], 10: [2, 0], 500: [1, 1], 1000: [1, 1]}


def test_a_school_that_wants_nothing_is_no_worst_school() -> None:
    match_round = by_hand(schools=2, employers=1)
    plan = propose(replace(match_round, needs=(need(0),)), terms())

    assert plan.worst
    assert plan.worst.urn == "100000"
    assert [each.satisfaction for each in plan.schools] == [Fraction(1), None]
