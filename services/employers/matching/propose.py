"""The way from a round to its plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.employers.matching.checks import check_locks, check_round
from services.employers.matching.columns import Columns, Ints, columns_of
from services.employers.matching.costs import arc_parts
from services.employers.matching.fairness import FULL
from services.employers.matching.graph import SECTION_COUNT, Network, network_of, wanted_by_school
from services.employers.matching.land import Land
from services.employers.matching.plan import Line, Objective, Plan, SchoolOutcome, Shortfall
from services.employers.matching.pricing import cheapest_flow
from services.employers.matching.round import MatchRound
from services.employers.matching.weights import Weights


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a plan is made: the weights, the strength of fairness in thousandths, and the map."""

    weights: Weights
    land: Land
    fairness: int = FULL


@dataclass(frozen=True, slots=True)
class Solved:
    """A plan with the network that it came from, for what is asked of it afterwards."""

    columns: Columns
    network: Network
    flows: Ints
    plan: Plan


def propose(match_round: MatchRound, terms: Terms) -> Plan:
    """Find the best plan of a round.

    Raises InvalidError for a round that cannot be meant or whose locks contradict each other, and
    TooLargeError beyond the limits of `checks.py`.
    """
    return solve(match_round, terms).plan


def solve(match_round: MatchRound, terms: Terms) -> Solved:
    """Find the best plan, and keep how."""
    return solve_prepared(prepare(match_round, terms.land), terms)


def prepare(match_round: MatchRound, land: Land) -> Columns:
    """Check a round and turn it into arrays, which do for all weights and strengths of fairness."""
    check_round(match_round, land)
    columns = columns_of(match_round.canonical())
    check_locks(columns)
    return columns


def solve_prepared(columns: Columns, terms: Terms) -> Solved:
    """Find the best plan of a round that was checked."""
    network = network_of(columns, terms.weights, terms.fairness)
    flows = cheapest_flow(network)
    return Solved(columns, network, flows, _plan(columns, network, flows, terms))


def _plan(c: Columns, network: Network, flows: Ints, terms: Terms) -> Plan:
    free = np.flatnonzero(flows[network.pairs])
    need = np.concatenate([c.locks[0], network.need[free]])
    offer = np.concatenate([c.locks[1], network.offer[free]])
    parts = _parts(c, terms.weights, need, offer)
    met = np.bincount(c.needs.school[need], minlength=len(c.round.schools))
    objective = _objective(c, network, met, sum(int(each.sum()) for each in parts.values()))
    return Plan(
        weights_version=terms.weights.version,
        fairness=terms.fairness,
        objective=objective,
        weighed=_weighed(network, objective),
        worth=terms.weights.full.points * need.size - objective.cost,
        lines=_lines(c, need, offer, parts),
        schools=tuple(
            SchoolOutcome(school.urn, wanted, got)
            for school, wanted, got in zip(
                c.round.schools, wanted_by_school(c).tolist(), met.tolist(), strict=True
            )
        ),
        unmet=_unmet(c, need),
    )


def _parts(c: Columns, weights: Weights, need: Ints, offer: Ints) -> dict[str, Ints]:
    """Work out every part of every line; locked lines come first, and so have the first tiers."""
    employer = c.offers.employer[offer]
    section = c.employers.section[employer]
    met = c.tables.met_section[c.needs.school[need], section]
    parts: dict[str, Ints] = dict(arc_parts(c, weights, need, offer).items())
    parts["load"] = _tier_points(weights.tiers_of("load"), _turns(employer) + c.employers.asked[employer])
    parts["variety"] = _tier_points(weights.tiers_of("variety"), _turns(need * SECTION_COUNT + section) + met)
    return parts


def _turns(group: Ints) -> Ints:
    """Number the members of each group from 0, in the order in which they stand."""
    order = np.argsort(group, kind="stable")
    in_order = group[order]
    start = np.searchsorted(in_order, in_order, side="left")
    turns = np.empty(group.size, dtype=np.int64)
    turns[order] = np.arange(group.size, dtype=np.int64) - start
    return turns


def _tier_points(points: tuple[int, ...], turn: Ints) -> Ints:
    tiers: Ints = np.array(points, dtype=np.int64)[np.minimum(turn, len(points) - 1)]
    return tiers


def _objective(c: Columns, network: Network, met: Ints, cost: int) -> Objective:
    prices = network.prices
    filled = prices.place < met[prices.school]
    return Objective(int(c.needs.slots.sum() - met.sum()), int(prices.price[filled].sum()), cost)


def _weighed(network: Network, objective: Objective) -> int:
    """Put the objective into the one number that the flow minimises, in points."""
    prices = network.prices
    if prices.strict:
        steps = objective.unfairness + objective.unmet * prices.unmet
        return steps * network.step * network.unit + objective.cost
    unmet = (prices.unmet // network.unit + network.step) * network.unit
    return objective.unmet * unmet + objective.unfairness + objective.cost


def _lines(c: Columns, need: Ints, offer: Ints, parts: dict[str, Ints]) -> tuple[Line, ...]:
    locked = c.locks[0].size
    names = sorted(parts)
    rows = np.column_stack([parts[name] for name in names]).tolist()
    order = np.lexsort((offer, need)).tolist()
    needs, offers = need.tolist(), offer.tolist()
    lines = []
    for place in order:
        wanted, offered = c.round.needs[needs[place]], c.round.offers[offers[place]]
        lines.append(
            Line(
                need_id=wanted.id,
                offer_id=offered.id,
                urn=wanted.urn,
                employer_id=offered.employer_id,
                locked=place < locked,
                parts=tuple(zip(names, rows[place], strict=True)),
            )
        )
    return tuple(lines)


def _unmet(c: Columns, need: Ints) -> tuple[Shortfall, ...]:
    met = np.bincount(need, minlength=c.needs.slots.size).tolist()
    return tuple(
        Shortfall(each.id, each.urn, each.slots, met[place])
        for place, each in enumerate(c.round.needs)
        if met[place] < each.slots
    )
