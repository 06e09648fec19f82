from __future__ import annotations

from dataclasses import replace

import pytest

from services.employers.matching import pricing
from services.employers.matching.columns import Ints, columns_of
from services.employers.matching.flow import whole_flow
from services.employers.matching.graph import Arcs, network_of
from services.employers.matching.propose import propose, solve
from tests.employers.matching.checker import Checker
from tests.employers.matching.oracle import Oracle, strict_prices
from tests.employers.matching.rounds import by_hand, pair, seeded, terms

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_plan_has_more_matches_and_none_of_those_is_cheaper(seed: int) -> None:
    match_round = seeded(seed)
    oracle = Oracle(match_round, terms().weights)
    plan = propose(match_round, terms(fairness=0))
    unmet = 1_000 * len(oracle.pairs) + 1

    free: dict[tuple[str, int], int] = {
        (urn, place): 0 for urn, count in oracle.wanted.items() for place in range(count)
    }

    assert len(plan.lines) == oracle.most_matches() > 0
    assert plan.objective.unmet * unmet + plan.objective.cost == oracle.least(free, unmet)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_plan_is_fairer_and_none_of_those_is_cheaper(seed: int) -> None:
    match_round = seeded(seed)
    oracle = Oracle(match_round, terms().weights)
    plan = propose(match_round, terms())
    step = 500 * sum(oracle.wanted.values()) + 1

    prices, unmet = strict_prices(oracle.wanted, step)

    assert len(plan.lines) == oracle.most_matches()
    ours = plan.objective.unfairness * step + plan.objective.unmet * unmet + plan.objective.cost
    assert ours == oracle.least(prices, unmet)


@pytest.mark.parametrize("seed", SEEDS)
def test_between_no_fairness_and_all_of_it_points_are_traded_exactly(seed: int) -> None:
    match_round = seeded(seed)
    oracle = Oracle(match_round, terms().weights)
    plan = propose(match_round, terms(fairness=300))
    prices: dict[tuple[str, int], int] = {
        (urn, place): terms().weights.fairness.points * 300 * place // (700 * count)
        for urn, count in oracle.wanted.items()
        for place in range(count)
    }
    unmet = 1_000 * len(oracle.pairs) + 1_000

    ours = plan.objective.unmet * unmet + plan.objective.unfairness + plan.objective.cost

    assert ours == oracle.least(prices, unmet)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_locked_lines_the_rest_is_still_the_best(seed: int) -> None:
    match_round = seeded(seed)
    locked = replace(match_round, locks=tuple(sorted(propose(match_round, terms(0)).pairs)[1:4]))
    oracle = Oracle(locked, terms().weights)
    plan = propose(locked, terms())
    step = 500 * sum(oracle.wanted.values()) + 1

    prices, unmet = strict_prices(oracle.wanted, step)

    Checker(locked, terms().weights).check(plan)
    ours = plan.objective.unfairness * step + plan.objective.unmet * unmet + plan.objective.cost
    assert ours == oracle.least(prices, unmet)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("fairness", [0, 700, 1000])
def test_no_plan_breaks_a_rule(seed: int, fairness: int) -> None:
    match_round = seeded(seed, schools=6, employers=15)

    plan = propose(match_round, terms(fairness))

    assert plan.lines
    Checker(match_round, terms().weights).check(plan)


@pytest.mark.parametrize("seed", range(6))
def test_what_the_plan_adds_up_to_is_what_the_flow_costs(seed: int) -> None:
    solved = solve(seeded(seed), terms())

    _, cost = whole_flow(solved.network.arcs, solved.network.supply)

    assert solved.plan.weighed == cost * solved.network.unit


@pytest.mark.parametrize("seed", range(8))
def test_looking_at_a_part_of_the_network_finds_what_the_whole_has(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    match_round = seeded(seed, schools=10, employers=60).canonical()
    network = network_of(columns_of(match_round), terms().weights, 1000)
    _, cost = whole_flow(network.arcs, network.supply)
    sizes: list[int] = []

    def counted(arcs: Arcs, supply: int) -> tuple[Ints, int]:
        sizes.append(arcs.tail.size)
        return whole_flow(arcs, supply)

    monkeypatch.setattr(pricing, "whole_flow", counted)
    monkeypatch.setattr(pricing, "WORTH_PRICING", 0)
    monkeypatch.setattr(pricing, "NEARLY_USEFUL", 0)
    monkeypatch.setattr(pricing, "SPARE_OF_A_NEED", 0)

    flows = pricing.cheapest_flow(network)

    assert int((flows * network.arcs.cost).sum()) == cost
    assert len(sizes) > 1
    assert max(sizes) < network.arcs.tail.size


def test_the_checker_sees_a_broken_rule() -> None:
    """Or the tests above could not fail."""
    match_round = by_hand()
    plan = propose(match_round, terms())
    broken = replace(match_round, excluded=frozenset({pair()}))

    with pytest.raises(AssertionError):
        Checker(broken, terms().weights).check(plan)
