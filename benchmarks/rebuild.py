"""R5: events a second when the Hub report is rebuilt from the ledgers, over events a second when it is live.

Live: small activities, which make the most events of the work, are posted in bulks until the report has
them. Rebuild: what `careers-hub replay --rebuild reporting.hub_report` asks for, from the asking until the
new build is the active one; joining a consumer group and cutting over count. After each rebuild every figure
of the report is counted again from the ledgers (`services/recount/compare.py`) and must be equal.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import orjson

from benchmarks.hub import LOOK_EVERY_S, Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave, say
from benchmarks.school_year import YEAR, Bulk, School, enrol, plan_year, post_bulks
from benchmarks.steady_load import PUPILS_A_POST, small_post
from services.recount.compare import recount
from services.reporting.projections import HUB_REPORT

GOAL: Final = Goal(">=", 3.0)
SCHOOLS: Final = 6
ACTIVITIES_A_BULK: Final = 50
LIVE_BULKS_A_SCHOOL: Final = 2
# 4,800 events before the first rebuild: a Hub's schools tell some 50 a year each, so about two years.
FIRST_BULKS_A_SCHOOL: Final = 16
REBUILD_TIMEOUT_S: Final = 120.0


async def measure(plan: Plan) -> list[Result]:
    """Fill the ledgers, then rebuild and post in turns."""
    async with running_hub(plan.subfolder("rebuild")) as hub:
        schools = await enrol(hub, plan_year(SCHOOLS))
        await _post(hub, schools, FIRST_BULKS_A_SCHOOL, "first")
        say("  the ledgers are filled")
        rebuilt, live = await interleave(
            plan.runs,
            lambda _run: _rebuild(hub),
            lambda run: _post(hub, schools, LIVE_BULKS_A_SCHOOL, f"live{run}"),
        )
        events = sum((await hub.heads()).values())
    posts = f"{ACTIVITIES_A_BULK} activities of {PUPILS_A_POST} pupils a post"
    return [
        Result(
            "R5 rebuild",
            GOAL,
            Series("from asking for a rebuild to the new build in use, recount equal", "events/s", rebuilt),
            Series("POST to report, live", "events/s", live),
            (f"{events:,} events in the end; {posts}, {SCHOOLS} schools side by side",),
        )
    ]


async def _post(hub: Hub, schools: Sequence[School], bulks: int, run: str) -> float:
    """Post so many bulks a school; returns events a second until the report has them."""
    before = await hub.heads()
    bodies = [[_bulk(school, f"{run}-{number}") for number in range(bulks)] for school in schools]
    began_s = time.perf_counter()
    async with asyncio.TaskGroup() as posting:
        for school, its_bulks in zip(schools, bodies, strict=True):
            posting.create_task(post_bulks(hub, school, its_bulks))
    heads = await hub.heads()
    await hub.wait_until_applied(heads)
    return (sum(heads.values()) - sum(before.values())) / (time.perf_counter() - began_s)


def _bulk(school: School, name: str) -> Bulk:
    activities = [small_post(school, f"{name}-{number}") for number in range(ACTIVITIES_A_BULK)]
    return Bulk(
        orjson.dumps({"activities": activities}), ACTIVITIES_A_BULK, ACTIVITIES_A_BULK * PUPILS_A_POST
    )


async def _rebuild(hub: Hub) -> float:
    """Rebuild the report; returns events a second."""
    context = hub.context("reporting")
    events = sum((await hub.heads()).values())
    began_s = time.perf_counter()
    generation = await context.generations.rebuild(HUB_REPORT.name)
    async with asyncio.timeout(REBUILD_TIMEOUT_S):
        while True:
            builds = await context.generations.builds(HUB_REPORT.name)
            if builds is not None and builds.active == generation:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    took_s = time.perf_counter() - began_s
    counted = await recount(context, YEAR)
    assert counted.agrees, f"{len(counted.mismatches)} figures differ, e.g. {counted.mismatches[:3]}"
    assert counted.events >= events, f"recounted from {counted.events} of {events} events"
    return events / took_s
