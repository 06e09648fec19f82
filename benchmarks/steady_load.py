"""A Hub's busy hour: 100 encounters a second, as ten posts a second of ten pupils each.

The posts go round ten schools, so each school sends one a second and knows the sequence of its next event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from benchmarks.hub import Hub
from benchmarks.school_year import School, some_day

SCHOOLS: Final = 10
POSTS_A_SECOND: Final = 10
PUPILS_A_POST: Final = 10
PEAK: Final = f"{POSTS_A_SECOND} posts/s of {PUPILS_A_POST} pupils, {SCHOOLS} schools"


@dataclass(frozen=True, slots=True)
class Post:
    """One post of the load: the school's place in the round, and the body."""

    school: int
    body: bytes


def small_post(school: School, reference: str) -> dict[str, Any]:
    """Make an activity of ten listed pupils, no two of the same reference."""
    pupils = [{"upn": row.upn, "status": "attended"} for row in school.plan.roll[:PUPILS_A_POST]]
    assert len(pupils) == PUPILS_A_POST, f"{school.urn} has too few pupils"
    return {
        "reference": reference,
        "activity_type": "mock_interview",
        "title": f"Mock interviews {reference}",
        "held_on": some_day(reference),
        "mode": "in_person",
        "hours": 1.0,
        "tests_met": ["clear_purpose", "learning_outcomes", "two_way_interaction"],
        "attendance": {"pupils": pupils},
    }


def posts_of(schools: Sequence[School], seconds: float, run: str) -> list[Post]:
    """Make the posts of so many seconds."""
    return [
        Post(place % SCHOOLS, orjson.dumps(small_post(schools[place % SCHOOLS], f"{run}-{place}")))
        for place in range(int(seconds * POSTS_A_SECOND))
    ]


async def post_one(hub: Hub, schools: Sequence[School], post: Post) -> None:
    """Send one post, which must be recorded."""
    school = schools[post.school]
    receipt = await hub.send(
        "POST",
        f"/pupils/v1/schools/{school.urn}/activities",
        school.token,
        content=post.body,
        headers={"Content-Type": "application/json"},
    )
    assert receipt["outcome"] == "recorded", f"answered {receipt}"


async def keep_pace(send: Callable[[int], Awaitable[None]], posts: int) -> None:
    """Call `send` with each number in time, whether or not those before have been answered."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    async with asyncio.TaskGroup() as sending:
        for number in range(posts):
            await asyncio.sleep(began_s + number / POSTS_A_SECOND - loop.time())
            sending.create_task(_send(send, number))


async def _send(send: Callable[[int], Awaitable[None]], number: int) -> None:
    await send(number)
