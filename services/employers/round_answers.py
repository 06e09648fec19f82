"""What is asked of a stored round, in the solver's process: rounds and plans come in as bytes.

The api never loads the engine (`solver.py`), so what it knows of a plan it was told here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contracts.vocabulary import EmployerId
from services.employers import rules
from services.employers.matching.compare import compare, shadow_prices
from services.employers.matching.explain import explain_lines, why_not_employer
from services.employers.matching.propose import Terms, prepare, propose, solve_prepared
from services.employers.matching.repair import why_unmet
from services.employers.matching.round import MatchRound, NeedId, Offer, Pair
from services.employers.matching.weights import ArcPart, Weights
from services.employers.model.solution import packed_plan, plan_from, round_from
from services.employers.round_questions import Asked, Json, OfferChange, Solution, WhatIf
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError


def propose_round(asked: Asked) -> Solution:
    """Find the best plan, and what its fairness costs."""
    terms = _terms(asked)
    columns = prepare(round_from(asked.inputs), terms.land)
    plan = solve_prepared(columns, terms).plan
    # What `price_of_fairness` answers, without preparing the round a second time.
    price = compare(solve_prepared(columns, replace(terms, fairness=0)).plan, plan)
    told = price.to_json()
    return Solution(
        plan,
        packed_plan(plan),
        {
            "matches_lost": -price.matches,
            "cost": price.cost,
            "worst_school": told["worst_school"],
            "schools": told["schools"],
        },
    )


def explanations(asked: Asked, pairs: tuple[Pair, ...]) -> list[Json]:
    """Explain lines of the plan."""
    found = explain_lines(round_from(asked.inputs), _terms(asked), plan_from(asked.plan), pairs)
    return [each.to_json() for each in found]


def why_not(asked: Asked, need_id: NeedId, employer_id: EmployerId) -> list[Json]:
    """Say of each offer of an employer why it is not the need's."""
    found = why_not_employer(
        round_from(asked.inputs), _terms(asked), plan_from(asked.plan), need_id, employer_id
    )
    return [each.to_json() for each in found]


def remedies(asked: Asked, most: int) -> list[Json]:
    """Say why needs stay unmet, and the cheapest change that would fill each."""
    return [each.to_json() for each in why_unmet(round_from(asked.inputs), _terms(asked), most)]


def scarcities(asked: Asked) -> list[Json]:
    """Say what one more of each scarce thing would be worth."""
    return [
        each.to_json()
        for each in shadow_prices(round_from(asked.inputs), _terms(asked), plan_from(asked.plan))
    ]


def what_if(asked: Asked, change: WhatIf) -> Json:
    """Compare the plan with the best one of a round that might be."""
    terms = _terms(asked)
    fairness = terms.fairness if change.fairness is None else change.fairness
    other = replace(terms, fairness=fairness, weights=_weighed(terms.weights, change.weights))
    plan = propose(_changed(round_from(asked.inputs), change), other)
    return {**compare(plan_from(asked.plan), plan).to_json(), "digest": plan.digest}


def stand_ins(asked: Asked, pair: Pair, most: int) -> list[Json]:
    """Name the offers that could stand in for a line, the best first, with all other lines as they are.

    The round's locks are those other lines. Each stand-in is the best that there is without those before it.
    """
    match_round = round_from(asked.inputs)
    if pair.need_id not in {need.id for need in match_round.needs}:
        raise NotFoundError("The need is not open any more, so nobody is looked for.")
    locked = set(match_round.locks)
    # Only this need's open slot is looked at: other needs must not take the stand-in away.
    slots = 1 + sum(lock.need_id == pair.need_id for lock in match_round.locks)
    needs = tuple(
        replace(
            need, slots=slots if need.id == pair.need_id else sum(lock.need_id == need.id for lock in locked)
        )
        for need in match_round.needs
        if need.id == pair.need_id or any(lock.need_id == need.id for lock in locked)
    )
    kept = {need.id for need in needs}
    excluded = frozenset(one for one in match_round.excluded | {pair} if one.need_id in kept)
    match_round = replace(match_round, needs=needs, excluded=excluded, previous=frozenset())
    found: list[Json] = []
    while len(found) < most:
        plan = propose(match_round, _terms(asked))
        line = next((each for each in plan.lines if not each.locked), None)
        if line is None:
            break
        found.append(line.to_json())
        match_round = replace(match_round, excluded=match_round.excluded | {line.pair})
    return found


def _terms(asked: Asked) -> Terms:
    return Terms(rules.weights(), rules.land(), asked.fairness)


def _weighed(weights: Weights, points: Mapping[ArcPart, int]) -> Weights:
    unknown = sorted(set(points) - set(weights.weights))
    if unknown:
        reason = f"is not a weight; there are {', '.join(sorted(weights.weights))}"
        raise InvalidError(
            f"weights.{unknown[0]} {reason}.", (FieldProblem(f"weights.{unknown[0]}", reason),)
        )
    changed = {
        name: weights.weights[name].model_copy(update={"points": each}) for name, each in points.items()
    }
    return weights.model_copy(update={"weights": {**weights.weights, **changed}})


def _changed(match_round: MatchRound, change: WhatIf) -> MatchRound:
    gone = set(change.without_employers)
    _require_known("without_employers", gone, {employer.id for employer in match_round.employers})
    changes = {each.offer_id: each for each in change.offers}
    _require_known("offers", set(changes), {offer.id for offer in match_round.offers})
    employers = {employer.id: employer for employer in change.more_employers}
    employers |= {employer.id: employer for employer in match_round.employers if employer.id not in gone}
    offers = [
        _offer(offer, changes.get(offer.id))
        for offer in (*match_round.offers, *change.more_offers)
        if offer.employer_id in employers
    ]
    lost = {offer.id for offer in match_round.offers} - {offer.id for offer in offers}
    return replace(
        match_round,
        employers=tuple(employers.values()),
        offers=tuple(offers),
        locks=tuple(
            sorted(pair for pair in {*match_round.locks, *change.locks} if pair.offer_id not in lost)
        ),
        excluded=frozenset(
            pair for pair in match_round.excluded | set(change.excluded) if pair.offer_id not in lost
        ),
        apart=frozenset(one for one in match_round.apart if one.employer_id in employers),
    )


def _offer(offer: Offer, change: OfferChange | None) -> Offer:
    if change is None:
        return offer
    capacity = offer.capacity if change.capacity is None else change.capacity
    radius = offer.radius_km if change.radius_km is None else change.radius_km
    return replace(offer, capacity=capacity, radius_km=radius)


def _require_known(where: str, named: set[Any], known: set[Any]) -> None:
    unknown = sorted(named - known)
    if unknown:
        reason = "names one that is not in this round"
        raise InvalidError(f"{where} {reason}.", (FieldProblem(where, reason),))
