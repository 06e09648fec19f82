"""R8: how near the worst-off school comes to the best share that all schools can have at once, and its price.

There are too few offers for all, and half of the schools lie at the edge, so a plan that only counts costs
leaves some of them with little. The bound is a linear programme of SciPy's, in which a slot can be divided.
"""

from __future__ import annotations

from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from benchmarks.match_rounds import EMPLOYERS, SEED, hub
from benchmarks.measure import Goal, Plan, Result, Series, say
from services.employers import rules
from services.employers.matching.columns import Ints, columns_of
from services.employers.matching.compare import price_of_fairness
from services.employers.matching.hard_rules import feasible_pairs
from services.employers.matching.propose import Terms, propose
from services.employers.matching.round import MatchRound

SHARE_GOAL: Final = Goal(">=", 0.95)
TOTAL_GOAL: Final = Goal(">=", 0.985)
SCARCE_EMPLOYERS: Final = EMPLOYERS // 8
"""Enough for a bit more than half of the slots."""


async def measure(plan: Plan) -> list[Result]:
    """Make a plan with and without fairness, and ask for the bound, for a new round each run."""
    shares: list[float] = []
    bounds: list[float] = []
    totals: list[float] = []
    bests: list[float] = []
    unfair: list[float] = []
    terms = Terms(rules.weights(), rules.land())
    for run in range(plan.runs):
        match_round = hub(Random(SEED + run), employers=SCARCE_EMPLOYERS, scarce=True)
        price = price_of_fairness(match_round, terms, propose(match_round, terms))
        worst, before = price.after.worst, price.before.worst
        assert worst is not None
        assert before is not None
        shares.append(worst.met / worst.wanted)
        unfair.append(before.met / before.wanted)
        bounds.append(max_min_share(match_round))
        totals.append(price.after.worth)
        bests.append(price.before.worth)
        assert price.matches == 0
        say(f"  round {run + 1}: {len(price.after.lines)} matches, {price.after.objective.unmet} unmet")
    return [
        Result(
            "R8", SHARE_GOAL, Series("worst school's share of the slots that it wants", "", shares),
            Series("the best share that all can have at once (LP)", "", bounds),
            (f"without fairness it has {min(unfair):.3f} to {max(unfair):.3f}; no match is lost",),
        ),
        Result(
            "R8 total", TOTAL_GOAL, Series("worth of the fair plan", "points", totals),
            Series("worth of the best plan without fairness", "points", bests),
        ),
    ]  # fmt: skip


def max_min_share(match_round: MatchRound) -> float:
    """Ask a linear programme for the greatest share that every school can have, slots being divisible."""
    columns = columns_of(match_round.canonical())
    need, offer = feasible_pairs(columns)
    sums = (need, offer, columns.offers.employer[offer])
    bounds = (columns.needs.slots, columns.offers.capacity, columns.employers.budget)
    wanted = np.bincount(columns.needs.school, weights=columns.needs.slots).astype(np.float64)
    rows = [_sums(key, bound.size, np.zeros(bound.size)) for key, bound in zip(sums, bounds, strict=True)]
    # share x wanted - met <= 0, for each school; the share is the last column.
    rows.append(_sums(columns.needs.school[need], wanted.size, -wanted) * -1)
    outcome = linprog(
        np.concatenate([np.zeros(need.size), [-1.0]]),
        A_ub=vstack(rows).tocsr(),
        b_ub=np.concatenate([*bounds, np.zeros(wanted.size)]),
        bounds=(0, 1),
        method="highs",
    )
    assert outcome.status == 0, outcome.message
    return -float(outcome.fun)


def _sums(key: Ints, rows: int, last: NDArray[np.float64]) -> coo_array:
    """One row a key, with 1 for each pair of it, and a last column."""
    columns = np.concatenate([np.arange(key.size), np.full(rows, key.size)])
    cells = np.concatenate([np.ones(key.size), last])
    return coo_array((cells, (np.concatenate([key, np.arange(rows)]), columns)), shape=(rows, key.size + 1))
