"""The network whose cheapest flow is the plan.

    source -> school -> need -> (need, section) -> offer -> employer -> sink
    source -> sink: what stays unmet

One unit is one slot. Source to school is one arc a slot, dearer the more the school has (`fairness.py`); need
to its sections and employer to sink are tiers that rise (variety, load); need and section to offer is one
arc of capacity 1 with the costs of that pair. Locked lines are taken out of every capacity and out of the
first tiers before. Points are divided by what all of them have in common, so weights that are all ten
times as large make the very same network.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from services.employers.matching.columns import NO_SECTION, Columns, Ints
from services.employers.matching.costs import arc_costs
from services.employers.matching.fairness import SlotPrices, slot_prices
from services.employers.matching.hard_rules import feasible_pairs
from services.employers.matching.weights import Weights
from services.runtime.errors import TooLargeError

SOURCE: Final = 0
SINK: Final = 1
SECTION_COUNT: Final = NO_SECTION + 1
MOST_COST: Final = 2**62
"""Of a cost times the number of nodes: the solver scales costs so, in 64 bits."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """Arcs as arrays of one length."""

    tail: Ints
    head: Ints
    capacity: Ints
    cost: Ints


@dataclass(frozen=True, slots=True)
class Nodes:
    """The first node of each kind; `section` and `offer` hold a node a row, -1 where there is none."""

    school: int
    need: int
    section: Ints
    offer: Ints
    employer: int
    count: int


@dataclass(frozen=True, slots=True)
class Network:
    """The arcs, kind by kind, and the pairs (need and offer) of those from a section to an offer.

    `unit` is what one point was divided by; `step` is the network's cost of one step of fairness.
    """

    arcs: Arcs
    nodes: Nodes
    supply: int
    slots: Ints
    need: Ints
    offer: Ints
    sections: slice
    pairs: slice
    offers: slice
    load: slice
    prices: SlotPrices
    unit: int
    step: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What locked lines take, by need, offer, employer, school, and need and section."""

    need: Ints
    offer: Ints
    employer: Ints
    school: Ints
    section: Ints


def taken_by(c: Columns, need: Ints, offer: Ints) -> Taken:
    """Count what lines take of each."""
    employer = c.offers.employer[offer]
    codes = need * SECTION_COUNT + c.employers.section[employer]
    needs = c.needs.slots.size
    return Taken(
        need=np.bincount(need, minlength=needs),
        offer=np.bincount(offer, minlength=c.offers.capacity.size),
        employer=np.bincount(employer, minlength=c.employers.budget.size),
        school=np.bincount(c.needs.school[need], minlength=len(c.round.schools)),
        section=np.bincount(codes, minlength=needs * SECTION_COUNT),
    )


def network_of(c: Columns, weights: Weights, strength: int) -> Network:
    """Build the network of a round; raises TooLargeError for weights that no 64 bits can hold."""
    taken = taken_by(c, *c.locks)
    need, offer = _free_pairs(c, taken)
    cost = arc_costs(c, weights, need, offer)
    prices = slot_prices(wanted_by_school(c), strength, weights.fairness.points)
    nodes = _nodes(c, need, offer)
    section = _section_arcs(c, weights, nodes, taken)
    load = _load_arcs(c, weights, nodes, taken)
    points = [section.cost, cost, load.cost]
    if not prices.strict:
        points.append(prices.price)
    unit = max(1, int(np.gcd.reduce(np.concatenate(points))))
    supply = int(c.needs.slots.sum() - taken.need.sum())
    step = _step([each // unit for each in points[:3]], supply)
    slots = _slot_arcs(nodes, prices, taken, _in_units(prices, unit, step, max(nodes.count, supply)))
    pairs = Arcs(
        nodes.section[need * SECTION_COUNT + c.employers.section[c.offers.employer[offer]]],
        nodes.offer[offer],
        np.ones(need.size, dtype=np.int64),
        cost // unit,
    )
    kinds = [
        *(slots, _need_arcs(c, nodes, taken), _divided(section, unit)),
        *(pairs, _offer_arcs(c, nodes, taken), _divided(load, unit)),
    ]
    arcs = _joined(kinds)
    ends = np.cumsum([each.tail.size for each in kinds]).tolist()
    _, _, sections, of_pairs, offers, of_load = (slice(a, b) for a, b in pairwise([0, *ends]))
    return Network(
        *(arcs, nodes, supply, c.needs.slots - taken.need, need, offer),
        *(sections, of_pairs, offers, of_load),
        prices,
        unit,
        step,
    )


def wanted_by_school(c: Columns) -> Ints:
    """Count the slots that each school wants."""
    wanted = np.zeros(len(c.round.schools), dtype=np.int64)
    np.add.at(wanted, c.needs.school, c.needs.slots)
    return wanted


def _free_pairs(c: Columns, taken: Taken) -> tuple[Ints, Ints]:
    """Find the pairs that may meet and have something left; locked ones are lines already."""
    need, offer = feasible_pairs(c)
    employer = c.offers.employer[offer]
    open_ = (
        (c.needs.slots[need] > taken.need[need])
        & (c.offers.capacity[offer] > taken.offer[offer])
        & (c.employers.budget[employer] > taken.employer[employer])
    )
    if c.locks[0].size:
        open_ &= ~np.isin(c.pair_codes(need, offer), c.pair_codes(*c.locks))
    return need[open_], offer[open_]


def _nodes(c: Columns, need: Ints, offer: Ints) -> Nodes:
    school = 2
    first_need = school + len(c.round.schools)
    next_node = first_need + c.needs.slots.size
    codes = need * SECTION_COUNT + c.employers.section[c.offers.employer[offer]]
    section = _numbered(np.bincount(codes, minlength=c.needs.slots.size * SECTION_COUNT) > 0, next_node)
    next_node = max(next_node, int(section.max(initial=-1)) + 1)
    offers = _numbered(np.bincount(offer, minlength=c.offers.capacity.size) > 0, next_node)
    next_node = max(next_node, int(offers.max(initial=-1)) + 1)
    return Nodes(school, first_need, section, offers, next_node, next_node + c.employers.budget.size)


def _numbered(used: np.ndarray[tuple[int], np.dtype[np.bool_]], first: int) -> Ints:
    numbers = np.full(used.size, -1, dtype=np.int64)
    numbers[used] = first + np.arange(int(used.sum()), dtype=np.int64)
    return numbers


def _in_units(prices: SlotPrices, unit: int, step: int, size: int) -> tuple[Ints, int]:
    """Turn the prices of slots, and of one unmet, into costs of the network; no other cost is larger."""
    unmet = prices.unmet * step if prices.strict else prices.unmet // unit + step
    if unmet * (size + 2) > MOST_COST:
        raise TooLargeError("The weights are too large for a round of this size. Make them smaller.")
    return (prices.price * step if prices.strict else prices.price // unit), unmet


def _slot_arcs(nodes: Nodes, prices: SlotPrices, taken: Taken, costs: tuple[Ints, int]) -> Arcs:
    """Source to each school, one arc a slot after those that locked lines have taken, and source to sink."""
    price, unmet = costs
    left = prices.place >= taken.school[prices.school]
    count = int(left.sum())
    return Arcs(
        tail=np.full(count + 1, SOURCE, dtype=np.int64),
        head=np.concatenate([[SINK], nodes.school + prices.school[left]]),
        capacity=np.concatenate([[count], np.ones(count, dtype=np.int64)]),
        cost=np.concatenate([[unmet], price[left]]),
    )


def _need_arcs(c: Columns, nodes: Nodes, taken: Taken) -> Arcs:
    count = c.needs.slots.size
    return Arcs(
        tail=nodes.school + c.needs.school,
        head=nodes.need + np.arange(count, dtype=np.int64),
        capacity=c.needs.slots - taken.need,
        cost=np.zeros(count, dtype=np.int64),
    )


def _section_arcs(c: Columns, weights: Weights, nodes: Nodes, taken: Taken) -> Arcs:
    codes = np.flatnonzero(nodes.section >= 0)
    need, section = codes // SECTION_COUNT, codes % SECTION_COUNT
    before = c.tables.met_section[c.needs.school[need], section] + taken.section[codes]
    room = c.needs.slots[need] - taken.need[need]
    row, capacity, cost = _tiers(weights.tiers_of("variety"), before, room)
    return Arcs(nodes.need + need[row], nodes.section[codes[row]], capacity, cost)


def _load_arcs(c: Columns, weights: Weights, nodes: Nodes, taken: Taken) -> Arcs:
    before = c.employers.asked + taken.employer
    room = c.employers.budget - taken.employer
    row, capacity, cost = _tiers(weights.tiers_of("load"), before, room)
    return Arcs(nodes.employer + row, np.full(row.size, SINK, dtype=np.int64), capacity, cost)


def _tiers(points: tuple[int, ...], before: Ints, room: Ints) -> tuple[Ints, Ints, Ints]:
    """Cut each row's room into tiers, from the one that it has come to: rows, capacities, costs."""
    last = len(points) - 1
    tier = np.arange(len(points), dtype=np.int64)[None, :]
    first = np.minimum(before, last)[:, None]
    left = room[:, None] - (tier - first)
    capacity = np.where(tier < first, 0, np.where(tier == last, left, np.minimum(left, 1)))
    rows, columns = np.nonzero(capacity > 0)
    return rows, capacity[rows, columns], np.array(points, dtype=np.int64)[columns]


def _offer_arcs(c: Columns, nodes: Nodes, taken: Taken) -> Arcs:
    offers = np.flatnonzero(nodes.offer >= 0)
    return Arcs(
        tail=nodes.offer[offers],
        head=nodes.employer + c.offers.employer[offers],
        capacity=c.offers.capacity[offers] - taken.offer[offers],
        cost=np.zeros(offers.size, dtype=np.int64),
    )


def _step(costs: list[Ints], supply: int) -> int:
    """More than the soft costs of any two plans can differ: the dearest line less the cheapest, each slot."""
    highest = sum(max(0, int(each.max(initial=0))) for each in costs)
    lowest = sum(min(0, int(each.min(initial=0))) for each in costs)
    return supply * (highest - lowest) + 1


def _divided(arcs: Arcs, unit: int) -> Arcs:
    return Arcs(arcs.tail, arcs.head, arcs.capacity, arcs.cost // unit)


def _joined(parts: list[Arcs]) -> Arcs:
    return Arcs(
        np.concatenate([each.tail for each in parts]),
        np.concatenate([each.head for each in parts]),
        np.concatenate([each.capacity for each in parts]),
        np.concatenate([each.cost for each in parts]),
    )
