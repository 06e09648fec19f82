"""R7: a match round solved again after one change, against the bare solver on the same network.

Ours begins with the changed round and ends with its plan's digest: checks, rules, costs, network, flow, every
line with its parts. The bare side begins with the network's arrays and ends with the flow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

from benchmarks.match_rounds import EMPLOYERS, SCHOOLS, SEED, TYPES, hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave, p95
from services.employers import rules
from services.employers.matching.columns import columns_of
from services.employers.matching.flow import whole_flow
from services.employers.matching.graph import network_of
from services.employers.matching.propose import Terms, propose
from services.employers.matching.round import MatchRound

CHANGES_A_RUN: Final = 4
RATIO_GOAL: Final = Goal("<=", 3.0)
SECONDS_GOAL: Final = Goal("<", 1.0)


async def measure(plan: Plan) -> list[Result]:
    """Solve again after one change and another, in turns with the bare flow."""
    dice = Random(SEED)
    match_round = hub(dice, employers=EMPLOYERS, scarce=False)
    terms = Terms(rules.weights(), rules.land())
    match_round = replace(match_round, previous=propose(match_round, terms).pairs)
    changed = [_changed(match_round, dice) for _ in range(CHANGES_A_RUN)]
    networks = [network_of(columns_of(each.canonical()), terms.weights, terms.fairness) for each in changed]
    took: list[float] = []
    gaps: list[int] = []

    async def ours(_: int) -> float:
        seconds = [_timed(partial(_planned, each, terms)) for each in changed]
        took.extend(seconds)
        return sum(seconds) / len(seconds)

    async def bare(_: int) -> float:
        seconds = [_timed(partial(whole_flow, each.arcs, each.supply)) for each in networks]
        return sum(seconds) / len(seconds)

    a, b = await interleave(plan.runs, ours, bare)
    for each, network in zip(changed, networks, strict=True):
        gaps.append(propose(each, terms).weighed - whole_flow(network.arcs, network.supply)[1] * network.unit)
    took = took[len(changed) :]
    network = networks[0]
    size = (
        f"{SCHOOLS} schools, {EMPLOYERS:,} employers, {len(TYPES)} types: {network.need.size:,} pairs, "
        f"{network.arcs.tail.size:,} arcs, {network.supply:,} slots"
    )
    notes = (size, f"gap of the objective to the bare flow's: {max(map(abs, gaps))}")
    return [
        Result(
            "R7", RATIO_GOAL, Series("from a changed round to its plan's digest", "s", a),
            Series("SimpleMinCostFlow on the same graph", "s", b), notes,
        ),
        Result("R7 p95", SECONDS_GOAL, Series(f"of {len(took)} rounds solved again", "s", [p95(took)])),
    ]  # fmt: skip


def _planned(match_round: MatchRound, terms: Terms) -> str:
    return propose(match_round, terms).digest


def _timed(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


def _changed(match_round: MatchRound, dice: Random) -> MatchRound:
    """Change one thing: an employer leaves, a radius or a capacity grows, or a school needs more."""
    offer = dice.randrange(len(match_round.offers))
    need = dice.randrange(len(match_round.needs))
    match dice.randrange(3):
        case 0:
            gone = match_round.offers[offer].employer_id
            return replace(
                match_round,
                employers=tuple(each for each in match_round.employers if each.id != gone),
                offers=tuple(each for each in match_round.offers if each.employer_id != gone),
            )
        case 1:
            old = match_round.offers[offer]
            new = replace(old, radius_km=old.radius_km + 10, capacity=old.capacity + 1)
            return replace(
                match_round, offers=(*match_round.offers[:offer], new, *match_round.offers[offer + 1 :])
            )
        case _:
            more = replace(match_round.needs[need], slots=match_round.needs[need].slots + 1)
            return replace(
                match_round, needs=(*match_round.needs[:need], more, *match_round.needs[need + 1 :])
            )
