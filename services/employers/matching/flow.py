"""The solver: the cheapest flow through a network, exactly, by OR-Tools' cost scaling.

The one module that imports ortools. It must never be in one process with highspy (or-tools #5246: a crash).
"""

from __future__ import annotations

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from services.employers.matching.columns import Ints
from services.employers.matching.graph import SINK, SOURCE, Arcs


class SolverError(RuntimeError):
    """The solver did not find an optimum of a network that has one: a fault of ours."""


def whole_flow(arcs: Arcs, supply: int) -> tuple[Ints, int]:
    """Send the supply from source to sink as cheaply as can be; returns each arc's flow, and the cost."""
    solver = SimpleMinCostFlow()
    numbers = solver.add_arcs_with_capacity_and_unit_cost(
        arcs.tail.astype(np.int32), arcs.head.astype(np.int32), arcs.capacity, arcs.cost
    )
    solver.set_nodes_supplies(
        np.array([SOURCE, SINK], dtype=np.int32), np.array([supply, -supply], dtype=np.int64)
    )
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise SolverError(f"the solver ended with {status.name}")
    flows: Ints = solver.flows(numbers)
    return flows, int(solver.optimal_cost())
