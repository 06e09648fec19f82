"""R1: encounters a second from POST to the Hub report, over a bare producer, consumer and bulk write.

Ours is the whole embedded Hub: the years of some schools go through `POST .../activities/bulk` with tokens,
until the Hub report has applied the last event. The bare side then takes the very documents that `pupils` has
stored for them, sends each as JSON through the same broker, and bulk-inserts them into the same store with
the same index. Such a document is an activity and carries a hundred encounters, so a second line compares
ours with the same program that sends and stores each encounter by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import orjson

from benchmarks.bare import Document, as_plain, running_bare
from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave
from benchmarks.school_year import Bulk, School, enrol, plan_year, post_bulks
from services.pupils.store import ACTIVITIES

GOAL: Final = Goal(">=", 0.5)
SCHOOLS: Final = 5
"""Small and large ones, side by side, each posting in order."""
EACH_A_RUN: Final = 5_000
"""Of the run's encounters, for the baseline that stores each by itself: its rate needs no more seconds."""
YEARS_A_RUN: Final = 2
"""So many years each: some 300 activities with 40,000 encounters, seconds rather than moments."""


async def measure(plan: Plan) -> list[Result]:
    """Post years and write their documents barely, in turns."""
    async with running_hub(plan.subfolder("encounters")) as hub:
        schools = await enrol(hub, plan_year(SCHOOLS))
        ours, bare, bare_each = await interleave(
            plan.runs,
            lambda run: post_years(hub, schools, run),
            lambda run: _write_barely(hub, schools, run),
            lambda run: _write_each_barely(hub, schools, run),
        )
    whole = Series("bulk posts, ledger, relay, projection, all promises on", "encounters/s", ours)
    return [
        Result(
            "R1 encounters end to end",
            GOAL,
            whole,
            Series("bare producer, raw consumer, bulk_write of the same documents", "encounters/s", bare),
            (load_of(schools),),
        ),
        Result(
            "R1 over a baseline that stores each encounter by itself",
            None,
            whole,
            Series("bare as above, one message and one document an encounter", "encounters/s", bare_each),
            (f"bare: {EACH_A_RUN:,} of the same encounters a run",),
        ),
    ]


async def post_years(hub: Hub, schools: Sequence[School], run: int) -> float:
    """Post a run's years, schools side by side; returns encounters a second until the report has them."""
    bulks = {school.urn: _bulks(school, run) for school in schools}
    began_s = time.perf_counter()
    async with asyncio.TaskGroup() as posting:
        for school in schools:
            posting.create_task(post_bulks(hub, school, bulks[school.urn]))
    await hub.wait_until_applied(await hub.heads())
    return _encounters(schools) / (time.perf_counter() - began_s)


def load_of(schools: Sequence[School]) -> str:
    """Describe what a run posts."""
    activities = sum(len(school.plan.activities) for school in schools) * YEARS_A_RUN
    return (
        f"{len(schools)} schools side by side; {activities:,} activities with "
        f"{_encounters(schools):,} encounters a run, at most 50 activities a post"
    )


async def _write_barely(hub: Hub, schools: Sequence[School], run: int) -> float:
    return _encounters(schools) / await _seconds_barely(hub, await _stored_by_all(hub, schools, run))


async def _write_each_barely(hub: Hub, schools: Sequence[School], run: int) -> float:
    stored = await _stored_by_all(hub, schools, run)
    documents = list(islice((one for activity in stored for one in encounters_of(activity)), EACH_A_RUN))
    assert len(documents) == EACH_A_RUN, f"there are only {len(documents)} encounters"
    return EACH_A_RUN / await _seconds_barely(hub, documents)


def encounters_of(activity: Document) -> Iterator[Document]:
    """Take a stored activity apart: a document for each pupil, as if participations were kept one by one."""
    shared = {name: activity[name] for name in ("key", "academic_year", "held_on", "activity_type")}
    for year_group, by_status in orjson.loads(activity["attendance"])["statuses"].items():
        for status, refs in by_status.items():
            for ref in refs:
                yield {
                    "_id": f"{activity['_id']}:{ref}",
                    **shared,
                    "activity": activity["_id"],
                    "pupil": ref,
                    "year_group": int(year_group),
                    "status": status,
                }


async def _seconds_barely(hub: Hub, documents: Sequence[Document]) -> float:
    """Send and store documents with no promise at all; returns how long it takes."""
    async with running_bare(hub.settings) as bare:
        began_s = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bare.produce(documents))
            tasks.create_task(bare.insert_all(len(documents)))
        return time.perf_counter() - began_s


async def _stored_by_all(hub: Hub, schools: Sequence[School], run: int) -> list[Document]:
    return [document for school in schools for document in await _stored(hub, school, run)]


async def _stored(hub: Hub, school: School, run: int) -> list[Document]:
    """Read what `pupils` has stored of a school's run, ready to be sent."""
    stored = await hub.context("pupils").school(school.urn).collection(ACTIVITIES).find({})
    labels = tuple(f"-{label}" for label in _labels(run))
    documents = [d for d in stored if d["reference"].endswith(labels)]
    assert len(documents) == len(school.plan.activities) * YEARS_A_RUN, f"{len(documents)} are stored"
    return [{"key": school.urn, **as_plain(document)} for document in documents]


def _bulks(school: School, run: int) -> list[Bulk]:
    return [bulk for label in _labels(run) for bulk in school.bulks(label)]


def _labels(run: int) -> list[str]:
    return [f"run{run + 1}.{year}" for year in range(YEARS_A_RUN)]


def _encounters(schools: Sequence[School]) -> int:
    return sum(school.plan.attendances for school in schools) * YEARS_A_RUN
