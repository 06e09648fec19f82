"""R4: how long a post takes to show in the report, p99, over a bare produce, consume and upsert.

Both sides carry the same steady load (`steady_load.py`) and are watched in the same way: one query by key,
again and again, for the sequence that each school's document has reached. The clock of a post begins when it
was due, so a late answer counts whole. The bare side produces a message of the size of the stored activity,
and upserts one document a school.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Final

from benchmarks.bare import Document, as_plain, running_bare
from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave
from benchmarks.school_year import School, enrol, plan_year
from benchmarks.steady_load import PEAK, POSTS_A_SECOND, SCHOOLS, keep_pace, post_one, posts_of
from services.pupils.store import ACTIVITIES

GOAL: Final = Goal("<=", 3.0)
SECONDS: Final = 10.0
# Below what either side takes; looking oftener would be most of what the store does.
LOOK_EVERY_S: Final = 0.01
VISIBLE_TIMEOUT_S: Final = 60.0

Look = Callable[[], Awaitable[Mapping[str, int]]]
"""Reads the sequence that each key has reached."""


@dataclass(slots=True)
class Watch:
    """Waits for posts to show; `delays_ms` are those of the ones that did."""

    look: Look
    reached: dict[str, int]
    waiting: dict[str, deque[tuple[int, float]]] = field(default_factory=dict)
    delays_ms: list[float] = field(default_factory=list)

    def expect(self, key: str) -> int:
        """Begin the clock of a key's next post; returns its sequence."""
        self.reached[key] = sequence = self.reached.get(key, 0) + 1
        now_s = asyncio.get_running_loop().time()
        self.waiting.setdefault(key, deque()).append((sequence, now_s))
        return sequence

    async def until(self, posts: int) -> None:
        """Look until so many posts have shown."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SECONDS + VISIBLE_TIMEOUT_S):
            while len(self.delays_ms) < posts:
                seen = await self.look()
                now_s = loop.time()
                for key, queue in self.waiting.items():
                    while queue and queue[0][0] <= seen.get(key, 0):
                        self.delays_ms.append((now_s - queue.popleft()[1]) * 1000)
                await asyncio.sleep(LOOK_EVERY_S)

    @property
    def p99_ms(self) -> float:
        """The delay that 99 of 100 stay within."""
        return quantiles(self.delays_ms, n=100, method="inclusive")[98]


async def measure(plan: Plan) -> list[Result]:
    """Post through the Hub and through the bare loop, in turns."""
    async with running_hub(plan.subfolder("visibility")) as hub:
        schools = await enrol(hub, plan_year(SCHOOLS))
        middles: tuple[list[float], list[float]] = ([], [])

        async def ours(run: int) -> float:
            watch = await _through_the_hub(hub, schools, run)
            middles[0].append(median(watch.delays_ms))
            return watch.p99_ms

        async def bare(_run: int) -> float:
            watch = await _through_the_bare_loop(hub, schools)
            middles[1].append(median(watch.delays_ms))
            return watch.p99_ms

        values, over = await interleave(plan.runs, ours, bare)
    posts = int(SECONDS * POSTS_A_SECOND)
    return [
        Result(
            "R4 visible p99",
            GOAL,
            Series("POST until the report's document has it", "ms", values),
            Series("bare produce, consume, upsert", "ms", over),
            (
                f"{PEAK}; {posts} posts a run; both are looked for every {LOOK_EVERY_S * 1000:g} ms",
                f"p50: {median(middles[0]):.0f} ms over {median(middles[1]):.0f} ms",
            ),
        )
    ]


async def _through_the_hub(hub: Hub, schools: Sequence[School], run: int) -> Watch:
    posts = posts_of(schools, SECONDS, f"visible-{run}")
    urns = [school.urn for school in schools]
    heads = await hub.heads()

    async def look() -> dict[str, int]:
        return {str(urn): sequence for urn, sequence in (await hub.applied(urns)).items()}

    watch = Watch(look, {str(urn): heads[urn] for urn in urns})

    async def send(number: int) -> None:
        watch.expect(urns[posts[number].school])
        await post_one(hub, schools, posts[number])

    await _both(watch, send, len(posts))
    return watch


async def _through_the_bare_loop(hub: Hub, schools: Sequence[School]) -> Watch:
    sample = await _stored_activity(hub, schools[0])
    keys = [str(school.urn) for school in schools]
    async with running_bare(hub.settings) as bare:

        async def look() -> dict[str, int]:
            found = await bare.collection.find({"_id": {"$in": keys}}, ["sequence"]).to_list(None)
            return {document["_id"]: document["sequence"] for document in found}

        watch = Watch(look, {})

        async def send(number: int) -> None:
            key = keys[number % SCHOOLS]
            sequence = watch.expect(key)
            await bare.produce([{**sample, "_id": key, "key": key, "sequence": sequence}])

        upserting = asyncio.create_task(bare.upsert_for_ever())
        try:
            await _both(watch, send, int(SECONDS * POSTS_A_SECOND))
        finally:
            upserting.cancel()
            await asyncio.gather(upserting, return_exceptions=True)
    return watch


async def _both(watch: Watch, send: Callable[[int], Awaitable[None]], posts: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_pace(send, posts))
        tasks.create_task(watch.until(posts))
    assert len(watch.delays_ms) == posts, f"{len(watch.delays_ms)} of {posts} posts became visible"


async def _stored_activity(hub: Hub, school: School) -> Document:
    """Read an activity of the load as `pupils` stores it."""
    stored: list[Any] = (
        await hub.context("pupils").school(school.urn).collection(ACTIVITIES).find({}, limit=1)
    )
    assert stored, "the Hub's side runs first, and has stored some"
    document: Document = as_plain(stored[0])
    return document
