"""R7 through the whole route: a stored round solved again after one change, against the bare solver.

Ours is `resolve_round`, all that its route does after the caller is admitted: gathering from the store, the
solver's process with the plan and the price of its fairness, and the transaction that stores the solution
and the matches that changed. The bare side is one flow on the network of the round that was just stored. Each
time one thing has changed through its command before the clock starts: an offer's reach and capacity, a
need's slots, or an offer withdrawn.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

from benchmarks.hub import running_substrate
from benchmarks.match_rounds import EMPLOYERS, SCHOOLS, SEED, TYPES, hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave, p95, say
from benchmarks.stored_round import ACTOR, store_round
from services.employers import rules
from services.employers.commands import needs as need_commands
from services.employers.commands import offers as offer_commands
from services.employers.commands import rounds as commands
from services.employers.matching.columns import columns_of
from services.employers.matching.fairness import FULL
from services.employers.matching.flow import whole_flow
from services.employers.matching.graph import Network, network_of
from services.employers.matching.round import MatchRound
from services.employers.model.calendar import SchoolTerm, term_of, today_in_england
from services.employers.model.solution import plan_from, round_from
from services.employers.store.needs import NEEDS
from services.employers.store.offers import OFFERS
from services.employers.store.rounds import solution
from services.runtime.context import ServiceContext
from services.runtime.version_store import find_kept

CHANGES_A_RUN: Final = 4
ROUND: Final = "0" * 32
RATIO_GOAL: Final = Goal("<=", 3.0)
SECONDS_GOAL: Final = Goal("<", 1.0)


class _Resolving:
    """The stored round, what may change in it, and what was measured."""

    def __init__(self, context: ServiceContext, match_round: MatchRound) -> None:
        self.context = context
        self.round = match_round
        self.dice = Random(SEED)
        self.took_s: list[float] = []
        self.network: Network | None = None
        self.gaps: list[int] = []

    async def ours(self, _run: int) -> float:
        """Change one thing and solve again, some times over; the clock runs while it is solved."""
        seconds = []
        for _ in range(CHANGES_A_RUN):
            await self._change()
            version = (await commands.the_round(self.context, ROUND)).version
            began_s = time.perf_counter()
            await commands.resolve_round(self.context, ACTOR, ROUND, version)
            seconds.append(time.perf_counter() - began_s)
        self.took_s += seconds
        return sum(seconds) / len(seconds)

    async def bare(self, _run: int) -> float:
        """Solve the network of the round as it is stored now, bare."""
        content = (await commands.the_round(self.context, ROUND)).content
        stored = await solution(self.context.database(), content.solution)
        columns = columns_of(round_from(stored.inputs).canonical())
        network = network_of(columns, rules.weights(), content.fairness)
        seconds = []
        for _ in range(CHANGES_A_RUN):
            began_s = time.perf_counter()
            cost = whole_flow(network.arcs, network.supply)[1]
            seconds.append(time.perf_counter() - began_s)
        self.network = network
        self.gaps.append(plan_from(stored.plan).weighed - cost * network.unit)
        return sum(seconds) / len(seconds)

    async def _change(self) -> None:
        """Change one thing of the Hub's, as its own command does it."""
        match self.dice.randrange(3):
            case 0:
                await self._change_need()
            case 1:
                await self._change_offer(withdraw=False)
            case _:
                await self._change_offer(withdraw=True)

    async def _change_need(self) -> None:
        need = self.dice.choice(self.round.needs)
        kept = await find_kept(self.context.school(need.urn), NEEDS, need.id)
        assert kept is not None
        more = replace(kept.content, slots=kept.content.slots + 1)
        work = partial(need_commands.change_need, need_id=kept.id, seen=kept.version, wanted=more)
        await self.context.in_school(ACTOR, need.urn, work)

    async def _change_offer(self, *, withdraw: bool) -> None:
        offer = self.dice.choice(self.round.offers)
        kept = await find_kept(self.context.database(), OFFERS, offer.id)
        assert kept is not None
        if withdraw:
            gone = partial(offer_commands.withdraw_offer, offer_id=kept.id, seen=kept.version)
            await self.context.in_hub(ACTOR, offer_commands.OFFERS_KEY, gone)
            return
        radius_km = (kept.content.radius_km or 0) + 10
        more = replace(kept.content, radius_km=radius_km, capacity=kept.content.capacity + 1)
        work = partial(offer_commands.change_offer, offer_id=kept.id, seen=kept.version, offering=more)
        await self.context.in_hub(ACTOR, offer_commands.OFFERS_KEY, work)


async def measure(plan: Plan) -> list[Result]:
    """Store a Hub at its largest, propose a round, and solve it again after one change and another."""
    match_round = hub(Random(SEED), employers=EMPLOYERS, scarce=False)
    async with running_substrate(plan.subfolder("resolution")) as substrate:
        context = substrate.context("employers")
        term: SchoolTerm = term_of(today_in_england(context.clock()))
        await store_round(context, match_round, term)
        say("  stored")
        await commands.propose_round(context, ACTOR, ROUND, term.days[1], FULL)
        resolving = _Resolving(context, match_round)
        ours, bare = await interleave(plan.runs, resolving.ours, resolving.bare)
    took_s = resolving.took_s[CHANGES_A_RUN:]
    network = resolving.network
    assert network is not None
    size = (
        f"{SCHOOLS} schools, {EMPLOYERS:,} employers, {len(TYPES)} types: {network.need.size:,} pairs, "
        f"{network.arcs.tail.size:,} arcs, {network.supply:,} slots"
    )
    notes = (size, f"gap of the objective to the bare flow's: {max(map(abs, resolving.gaps))}")
    return [
        Result(
            "R7 through the store", RATIO_GOAL, Series("from a stored change to the stored plan", "s", ours),
            Series("SimpleMinCostFlow on the same graph", "s", bare), notes,
        ),
        Result(
            "R7 through the store, p95", SECONDS_GOAL,
            Series(f"of {len(took_s)} rounds solved again", "s", [p95(took_s)]),
        ),
    ]  # fmt: skip
