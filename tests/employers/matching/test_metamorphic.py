"""What must hold between plans of rounds that differ in a known way."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId
from services.employers.matching.explain import explain_lines, why_not_offer
from services.employers.matching.plan import Objective
from services.employers.matching.propose import Terms, propose
from services.employers.matching.round import MatchRound, NeedId, OfferId, Pair
from tests.employers.matching.oracle import Oracle, strict_prices
from tests.employers.matching.rounds import seeded, terms
from tests.employers.matching.test_fairness import shares

seeds = st.integers(min_value=0, max_value=10_000)


@given(seed=seeds, more=st.integers(min_value=1, max_value=3))
@settings(max_examples=25, deadline=None)
def test_more_capacity_never_hurts(seed: int, more: int) -> None:
    match_round = seeded(seed)
    before = propose(match_round, terms())
    dice = Random(seed)
    chosen = dice.choice(match_round.offers).id
    after = propose(
        replace(
            match_round,
            offers=tuple(
                replace(offer, capacity=offer.capacity + more) if offer.id == chosen else offer
                for offer in match_round.offers
            ),
            employers=tuple(
                replace(employer, ask_budget=employer.ask_budget + dice.randint(0, 1))
                for employer in match_round.employers
            ),
        ),
        terms(),
    )

    assert after.objective.unmet <= before.objective.unmet
    assert shares(after) >= shares(before)
    if shares(after) == shares(before):
        assert after.objective.cost <= before.objective.cost


@given(seed=seeds, factor=st.integers(min_value=2, max_value=1_000))
@settings(max_examples=25, deadline=None)
def test_costs_that_are_all_so_many_times_as_large_give_the_same_plan(seed: int, factor: int) -> None:
    match_round = seeded(seed)
    larger = Terms(terms().weights.scaled(min(factor, 100)), terms().land)

    plan, scaled = propose(match_round, terms()), propose(match_round, larger)

    assert plan.pairs == scaled.pairs
    assert scaled.objective.cost == plan.objective.cost * min(factor, 100)


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_the_order_in_which_a_round_is_written_changes_no_byte(seed: int) -> None:
    match_round = seeded(seed)

    assert propose(shuffled(match_round, seed), terms()).digest == propose(match_round, terms()).digest


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_other_ids_change_no_score(seed: int) -> None:
    match_round = seeded(seed)

    plan, renamed = propose(match_round, terms()), propose(with_other_ids(match_round, seed), terms())

    assert renamed.objective == plan.objective
    assert renamed.worth == plan.worth
    assert shares(renamed) == shares(plan)


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_forbidding_a_line_loses_what_its_explanation_said(seed: int) -> None:
    match_round = seeded(seed)
    plan = propose(match_round, terms())
    for reason in explain_lines(match_round, terms(), plan, [line.pair for line in plan.lines][:3]):
        assert reason.loss is not None
        without = replace(match_round, excluded=match_round.excluded | {reason.line.pair})
        oracle = Oracle(without, terms().weights)
        step = 500 * sum(oracle.wanted.values()) + 1
        prices, unmet = strict_prices(oracle.wanted, step)
        then = plan.objective + reason.loss
        assert then.unfairness * step + then.unmet * unmet + then.cost == oracle.least(prices, unmet)


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_forcing_a_pair_never_gains(seed: int) -> None:
    match_round = seeded(seed)
    plan = propose(match_round, terms())
    for need in match_round.needs[:2]:
        for offer in match_round.offers[:6]:
            why = why_not_offer(match_round, terms(), plan, Pair(need.id, offer.id))
            assert why.in_plan or why.blocked_by or why.loss is not None
            if why.loss is not None:
                assert why.loss >= Objective(0, 0, 0)
                assert why.displaced or len(why.added) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_same_round_gives_the_same_digest_and_another_gives_another(seed: int) -> None:
    digest = propose(seeded(seed), terms()).digest

    assert propose(seeded(seed), terms()).digest == digest
    assert propose(seeded(seed + 1), terms()).digest != digest


def shuffled(match_round: MatchRound, seed: int) -> MatchRound:
    dice = Random(seed)
    return replace(
        match_round,
        schools=tuple(dice.sample(match_round.schools, len(match_round.schools))),
        employers=tuple(dice.sample(match_round.employers, len(match_round.employers))),
        offers=tuple(dice.sample(match_round.offers, len(match_round.offers))),
        needs=tuple(dice.sample(match_round.needs, len(match_round.needs))),
    )


def with_other_ids(match_round: MatchRound, seed: int) -> MatchRound:
    """Give employers, offers and needs ids that stand in another order."""
    dice = Random(seed)
    employers = _renamed("f", [each.id for each in match_round.employers], dice)
    offers = _renamed("p", [each.id for each in match_round.offers], dice)
    needs = _renamed("m", [each.id for each in match_round.needs], dice)

    def pair(old: Pair) -> Pair:
        return Pair(NeedId(needs[old.need_id]), OfferId(offers[old.offer_id]))

    def employer(old: str) -> EmployerId:
        return EmployerId(employers[old])

    return replace(
        match_round,
        schools=tuple(
            replace(
                each,
                worked_with=frozenset(map(employer, each.worked_with)),
                recommended=frozenset(map(employer, each.recommended)),
            )
            for each in match_round.schools
        ),
        employers=tuple(replace(each, id=employer(each.id)) for each in match_round.employers),
        offers=tuple(
            replace(each, id=OfferId(offers[each.id]), employer_id=employer(each.employer_id))
            for each in match_round.offers
        ),
        needs=tuple(replace(each, id=NeedId(needs[each.id])) for each in match_round.needs),
        excluded=frozenset(map(pair, match_round.excluded)),
        previous=frozenset(map(pair, match_round.previous)),
        apart=frozenset(replace(each, employer_id=employer(each.employer_id)) for each in match_round.apart),
    )


def _renamed(letter: str, ids: list[str], dice: Random) -> dict[str, str]:
    places = dice.sample(range(len(ids)), len(ids))
    return {old: f"{letter}-{place:03d}" for old, place in zip(ids, places, strict=True)}
