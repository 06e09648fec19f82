"""How far it is between the nodes of a network that carries a flow.

The residual network has every arc that has room, and every arc that carries something backwards at minus its
cost. At an optimum no circle in it is cheaper than nothing, so distances exist; they are what one unit more
would cost on its way, whatever has to be moved for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.employers.matching.columns import Ints
from services.employers.matching.graph import Arcs

FAR: Final = 2**61
"""No way at all. A distance beyond half of it is one of these, give or take the costs on a detour."""


@dataclass(frozen=True, slots=True)
class Residual:
    """The arcs that one more unit could take."""

    tail: Ints
    head: Ints
    cost: Ints
    nodes: int

    def to_node(self, node: int) -> Ints:
        """Measure from every node to this one; FAR where there is no way."""
        return _shortest(self.tail, self.head, self.cost, (self.nodes, node))

    def from_node(self, node: int) -> Ints:
        """Measure from this node to every one; FAR where there is no way."""
        return _shortest(self.head, self.tail, self.cost, (self.nodes, node))


class NegativeCircleError(RuntimeError):
    """The flow was not the cheapest: a fault of ours."""


def residual_of(arcs: Arcs, flows: Ints, nodes: int) -> Residual:
    """Find what has room, and what can be taken back."""
    room = flows < arcs.capacity
    used = flows > 0
    return Residual(
        tail=np.concatenate([arcs.tail[room], arcs.head[used]]),
        head=np.concatenate([arcs.head[room], arcs.tail[used]]),
        cost=np.concatenate([arcs.cost[room], -arcs.cost[used]]),
        nodes=nodes,
    )


def _shortest(tail: Ints, head: Ints, cost: Ints, size_and_goal: tuple[int, int]) -> Ints:
    """Relax all arcs at once until nothing changes (Bellman and Ford)."""
    nodes, goal = size_and_goal
    distance = np.full(nodes, FAR, dtype=np.int64)
    distance[goal] = 0
    if not tail.size:
        return distance
    order = np.argsort(tail, kind="stable")
    head, cost = head[order], cost[order]
    starts = np.flatnonzero(np.diff(tail[order], prepend=-1))
    tails = tail[order][starts]
    for _ in range(nodes + 1):
        found = np.minimum.reduceat(distance[head] + cost, starts)
        better = found < distance[tails]
        better &= found < FAR // 2
        if not better.any():
            return distance
        distance[tails[better]] = found[better]
    raise NegativeCircleError
