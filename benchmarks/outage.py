"""R11: how long the report takes to catch up after an outage of the broker, over the outage.

Posts keep coming at the Hub's peak (`steady_load.py`) before, during and after. The broker is stopped, and
comes back empty, as the embedded one does. The report has caught up at the first moment at which it has
applied every event that the ledgers have. In the end nothing may be missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from benchmarks.hub import LOOK_EVERY_S, Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, say
from benchmarks.school_year import School, enrol, plan_year
from benchmarks.steady_load import PEAK, SCHOOLS, keep_pace, post_one, posts_of

GOAL: Final = Goal("<=", 0.25)
BEFORE_S: Final = 3.0
# Bounds the whole: three outages of a minute would be most of the time that all benchmarks have.
OUTAGES_IN_ALL_S: Final = 90.0
CAUGHT_UP_TIMEOUT_S: Final = 120.0


async def measure(plan: Plan) -> list[Result]:
    """Take the broker away as often as the time allows."""
    runs = max(1, min(plan.runs, int(OUTAGES_IN_ALL_S / plan.outage_s)))
    values: list[float] = []
    async with running_hub(plan.subfolder("outage")) as hub:
        schools = await enrol(hub, plan_year(SCHOOLS))
        for run in range(runs):
            values.append(await _one_outage(hub, schools, plan.outage_s, run))
            say(f"  run {run + 1}: caught up after {values[-1]:.1f} s")
    return [
        Result(
            "R11 catch-up",
            GOAL,
            Series("from the broker's return until the report has everything", "s", values),
            Series("without a broker", "s", [plan.outage_s] * runs),
            (f"{PEAK}, before, during and after; {runs} outage(s)",),
        )
    ]


async def _one_outage(hub: Hub, schools: Sequence[School], outage_s: float, run: int) -> float:
    loop = asyncio.get_running_loop()
    broker = hub.embedded.child("broker")
    before = await hub.heads()
    posts = posts_of(schools, BEFORE_S + outage_s * (1 + GOAL.bound), f"outage-{run}")

    async def send(number: int) -> None:
        await post_one(hub, schools, posts[number])

    load = asyncio.create_task(keep_pace(send, len(posts)))
    try:
        await asyncio.sleep(BEFORE_S)
        await broker.hold()
        await asyncio.sleep(outage_s)
        broker.release()
        back_s = loop.time()
        await _wait_until_caught_up(hub)
        took_s = loop.time() - back_s
        await load
    finally:
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
    after = await hub.heads()
    assert sum(after.values()) - sum(before.values()) == len(posts), "an acknowledged post is in no ledger"
    await hub.wait_until_applied(after)
    return took_s


async def _wait_until_caught_up(hub: Hub) -> None:
    async with asyncio.timeout(CAUGHT_UP_TIMEOUT_S):
        while True:
            heads = await hub.heads()
            applied = await hub.applied(heads)
            if all(applied.get(urn, 0) >= head for urn, head in heads.items()):
                return
            await asyncio.sleep(LOOK_EVERY_S)
