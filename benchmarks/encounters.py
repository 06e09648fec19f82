"""R1: encounters a second from POST to the Hub report, over a bare producer, consumer and bulk write.

Ours is the whole embedded Hub: the year of some schools goes through `POST .../activities/bulk` with tokens,
until the Hub report has applied the last event. The bare side then takes the very documents that `pupils` has
stored for those schools, sends each as JSON through the same broker, and bulk-inserts them into the same
store with the same index. Every run has schools of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from benchmarks.bare import Document, as_plain, running_bare
from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave, say
from benchmarks.school_year import School, enrol, plan_year, post_year
from services.pupils.store import ACTIVITIES

GOAL: Final = Goal(">=", 0.5)
SCHOOLS_A_RUN: Final = 3
"""They post side by side, each its own year in order."""


async def measure(plan: Plan) -> list[Result]:
    """Post years and write their documents barely, in turns."""
    async with running_hub(plan.subfolder("encounters")) as hub:
        schools = await enrol(hub, plan_year(SCHOOLS_A_RUN * (plan.runs + 1)))
        say(f"  {len(schools)} schools have their rolls in the Hub")

        def of_run(run: int) -> Sequence[School]:
            return schools[SCHOOLS_A_RUN * (run + 1) : SCHOOLS_A_RUN * (run + 2)]

        ours, bare = await interleave(
            plan.runs, lambda run: post_years(hub, of_run(run)), lambda run: _write_barely(hub, of_run(run))
        )
    posted = schools[SCHOOLS_A_RUN:]
    activities = sum(school.activities for school in posted)
    encounters = sum(school.encounters for school in posted)
    return [
        Result(
            "R1 encounters end to end",
            GOAL,
            Series("bulk posts, ledger, relay, projection, all promises on", "encounters/s", ours),
            Series("bare producer, raw consumer, bulk_write of the same documents", "encounters/s", bare),
            (
                f"{SCHOOLS_A_RUN} schools a run side by side, at most 50 activities a post",
                f"{activities:,} activities with {encounters:,} encounters in all",
            ),
        )
    ]


async def post_years(hub: Hub, schools: Sequence[School]) -> float:
    """Post the years of schools side by side; returns encounters a second until the report has them."""
    began_s = time.perf_counter()
    async with asyncio.TaskGroup() as posting:
        for school in schools:
            posting.create_task(post_year(hub, school))
    heads = await hub.heads()
    await hub.wait_until_applied({school.urn: heads[school.urn] for school in schools})
    return sum(school.encounters for school in schools) / (time.perf_counter() - began_s)


async def _write_barely(hub: Hub, schools: Sequence[School]) -> float:
    documents: list[Document] = []
    for school in schools:
        stored = await hub.context("pupils").school(school.urn).collection(ACTIVITIES).find({})
        assert len(stored) == school.activities, f"{len(stored)} of {school.activities} are stored"
        documents += ({"key": school.urn, **as_plain(document)} for document in stored)
    async with running_bare(hub.settings) as bare:
        began_s = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bare.produce(documents))
            tasks.create_task(bare.insert_all(len(documents)))
        return sum(school.encounters for school in schools) / (time.perf_counter() - began_s)
