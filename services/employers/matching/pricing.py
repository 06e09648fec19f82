"""Solves the network exactly without looking at most of it.

A need has thousands of offers in reach and takes a few of the cheapest. So the solver first gets each need's
cheapest pairs only. What the flow says of prices then shows whether any pair left out could improve it: with
`d` the distance to the sink in the residual network, and `p` the least price that keeps a (need, section)
node in balance, a pair of cost `c` is of use only if c + d(offer) < p(section). Those that are join, and it
is solved again, until there is none: then the flow is the cheapest of the whole network, as if all of it
had been given to the solver.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from services.employers.matching.columns import Bools, Ints
from services.employers.matching.flow import whole_flow
from services.employers.matching.graph import SECTION_COUNT, SINK, Arcs, Network
from services.employers.matching.residual import FAR, residual_of

SPARE_OF_A_NEED: Final = 12
"""Pairs of each need to begin with, beyond its slots: room to give way to others. Fewer mean more rounds of
solving, more a larger network in each; the time is flat around this."""
NEARLY_USEFUL: Final = 4
"""Points: where any pair is of use, those that miss it by this join as well, or they would the next time."""
WORTH_PRICING: Final = 50_000
"""Pairs: fewer are solved at once, as a whole, sooner than twice in part."""


def cheapest_flow(network: Network) -> Ints:
    """Find the cheapest flow of the whole network; returns each arc's flow."""
    if network.need.size < WORTH_PRICING:
        return whole_flow(network.arcs, network.supply)[0]
    active = _first_pairs(network)
    while True:
        kept = _kept_arcs(network, active)
        flows = np.zeros(network.arcs.tail.size, dtype=np.int64)
        flows[kept] = _solved(network, kept)
        gain = np.where(active, -FAR, _gain(network, kept, flows))
        if not (gain > 0).any():
            return flows
        active |= gain > -NEARLY_USEFUL // network.unit


def _first_pairs(network: Network) -> Bools:
    """Take the pairs that each need would choose if it were alone: the cheapest, from section to section."""
    arcs = network.arcs
    cost, section = arcs.cost[network.pairs], arcs.tail[network.pairs]
    turn, order = _turns(section, cost)
    tiers = _section_tiers(network)
    with_variety = cost.copy()
    with_variety[order] += tiers[section[order], np.minimum(turn, tiers.shape[1] - 1)]
    turn, order = _turns(network.need, with_variety)
    first = np.zeros(cost.size, dtype=bool)
    first[order] = turn < network.slots[network.need[order]] + SPARE_OF_A_NEED
    return first


def _turns(group: Ints, cost: Ints) -> tuple[Ints, Ints]:
    """Number the members of each group from the cheapest (0); returns the numbers and whose they are."""
    order = np.lexsort((cost, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    lengths = np.diff(starts, append=group.size)
    return np.arange(group.size, dtype=np.int64) - np.repeat(starts, lengths), order


def _section_tiers(network: Network) -> Ints:
    """Lay out what the first, second ... encounter in each section costs; the last stands for the rest."""
    arcs = network.arcs
    node, cost = arcs.head[network.sections], arcs.cost[network.sections]
    turn, order = _turns(node, cost)
    tiers = np.zeros((network.nodes.count, int(turn.max(initial=0)) + 1), dtype=np.int64)
    tiers[node[order], turn] = cost[order]
    return np.maximum.accumulate(tiers, axis=1)


def _kept_arcs(network: Network, active: Bools) -> Ints:
    """Find the arcs that the active pairs need."""
    arcs, nodes = network.arcs, network.nodes
    used = np.zeros(nodes.count, dtype=bool)
    used[: int(nodes.need + _needs(network))] = True
    used[arcs.tail[network.pairs][active]] = True
    used[arcs.head[network.pairs][active]] = True
    used[arcs.head[network.offers][used[arcs.tail[network.offers]]]] = True
    kept = used[arcs.tail] & used[arcs.head]
    kept[network.pairs] = active
    return np.flatnonzero(kept)


def _needs(network: Network) -> int:
    return network.nodes.section.size // SECTION_COUNT


def _solved(network: Network, kept: Ints) -> Ints:
    """Solve a part of the network, its nodes numbered anew without gaps (source and sink stay first)."""
    arcs = network.arcs
    tail, head = arcs.tail[kept], arcs.head[kept]
    used = np.zeros(network.nodes.count, dtype=bool)
    used[tail] = True
    used[head] = True
    number = np.cumsum(used) - 1
    flows, _ = whole_flow(
        Arcs(number[tail], number[head], arcs.capacity[kept], arcs.cost[kept]), network.supply
    )
    return flows


def _gain(network: Network, kept: Ints, flows: Ints) -> Ints:
    """Tell by how much each pair could make the flow cheaper; one below or at zero cannot."""
    arcs, nodes = network.arcs, network.nodes
    part = Arcs(arcs.tail[kept], arcs.head[kept], arcs.capacity[kept], arcs.cost[kept])
    distance = residual_of(part, flows[kept], nodes.count).to_node(SINK)
    _reach_the_rest(network, distance)
    price = np.full(nodes.count, -FAR, dtype=np.int64)
    sections = network.sections
    room = flows[sections] < arcs.capacity[sections]
    incoming = distance[arcs.tail[sections]] - arcs.cost[sections]
    np.maximum.at(price, arcs.head[sections][room], incoming[room])
    tail, head, cost = (each[network.pairs] for each in (arcs.tail, arcs.head, arcs.cost))
    taken = flows[network.pairs] > 0
    np.maximum.at(price, tail[taken], distance[head[taken]] + cost[taken])
    gain: Ints = price[tail] - (cost + distance[head])
    return gain


def _reach_the_rest(network: Network, distance: Ints) -> None:
    """Add how far it is from employers and offers that were left out: nothing of theirs is taken."""
    arcs = network.arcs
    tail, cost = arcs.tail[network.load], arcs.cost[network.load]
    first = np.full(distance.size, FAR, dtype=np.int64)
    np.minimum.at(first, tail, cost)
    left_out = distance >= FAR // 2
    left_out[: network.nodes.need] = False
    distance[left_out] = np.minimum(distance[left_out], first[left_out])
    offer, employer = arcs.tail[network.offers], arcs.head[network.offers]
    rest = distance[offer] >= FAR // 2
    distance[offer[rest]] = distance[employer[rest]]
