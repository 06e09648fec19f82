"""England's burst, 1,500 encounters a second, on one Hub: seconds until they show over seconds of posting.

The same encounters come in three shapes, one after the other: activities of a year group's size, activities
of ten in bulks of fifty, and activities of ten each by itself. All schools post side by side, each of them in
order: a post is sent when it is due, or when the school's one before has been answered. One that is told to
wait (429, 503) comes again when it was told to. The clock stops when the report has everything; each
encounter must be in it. A ratio of 1 is a Hub that keeps up, 2 one that needs as long again as it lasted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson

from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Plan, Result, Series, p95, say
from benchmarks.school_year import School, enrol, plan_year, some_day

ENCOUNTERS_A_SECOND: Final = 1_500
SECONDS: Final = 10
SCHOOLS: Final = 20
YEAR_GROUP: Final = 150
FEW: Final = 10
ACTIVITIES_A_BULK: Final = 50
WAIT_S: Final = 1.0
"""Before a post comes again that was not told when."""

Json = dict[str, Any]
Shape = Callable[[School, str], tuple[str, Json]]
"""Makes a post of a school: the end of its path, and its body."""


def _year_group(school: School, name: str) -> tuple[str, Json]:
    return "activities", _activity(school, name, YEAR_GROUP)


def _bulk(school: School, name: str) -> tuple[str, Json]:
    several = [_activity(school, f"{name}-{number}", FEW) for number in range(ACTIVITIES_A_BULK)]
    return "activities/bulk", {"activities": several}


def _few(school: School, name: str) -> tuple[str, Json]:
    return "activities", _activity(school, name, FEW)


SHAPES: Final[Mapping[str, tuple[Shape, int]]] = {
    f"activities of {YEAR_GROUP}": (_year_group, YEAR_GROUP),
    f"activities of {FEW}, {ACTIVITIES_A_BULK} a post": (_bulk, FEW * ACTIVITIES_A_BULK),
    f"activities of {FEW}, one a post": (_few, FEW),
}
"""Each shape with the encounters of one post."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post: when it is due, in seconds of the burst, the end of its path, and its body."""

    due_s: float
    path: str
    body: bytes


@dataclass(slots=True)
class Burst:
    """What a burst took: seconds until the report had it, milliseconds from due to answered, told to wait."""

    seconds: float = 0.0
    answers_ms: list[float] = field(default_factory=list)
    told_to_wait: int = 0


async def measure(plan: Plan) -> list[Result]:
    """Post a burst of each shape."""
    async with running_hub(plan.subfolder("burst")) as hub:
        schools = [school for school in await enrol(hub, plan_year(SCHOOLS)) if _is_large(school)]
        bursts: dict[str, list[Burst]] = {name: [] for name in SHAPES}
        for run in range(plan.runs):
            for name, (shape, encounters) in SHAPES.items():
                posts = ENCOUNTERS_A_SECOND * SECONDS // encounters
                bursts[name].append(await _burst(hub, schools, shape, posts, f"{run}-{encounters}"))
                say(f"  run {run + 1}, {name}: {bursts[name][-1].seconds:.1f} s")
    return [_result(name, found, len(schools)) for name, found in bursts.items()]


async def _burst(hub: Hub, schools: Sequence[School], shape: Shape, posts: int, run: str) -> Burst:
    burst = Burst()
    of_schools: list[list[Post]] = [[] for _ in schools]
    for number in range(posts):
        place = number % len(schools)
        path, body = shape(schools[place], f"burst-{run}-{number}")
        of_schools[place].append(Post(number * SECONDS / posts, path, orjson.dumps(body)))
    began_s = time.perf_counter()
    async with asyncio.TaskGroup() as sending:
        for school, its_posts in zip(schools, of_schools, strict=True):
            sending.create_task(_send_in_order(hub, school, its_posts, began_s, burst))
    await hub.wait_until_applied(await hub.heads())
    burst.seconds = time.perf_counter() - began_s
    return burst


async def _send_in_order(
    hub: Hub, school: School, posts: Sequence[Post], began_s: float, burst: Burst
) -> None:
    """Send a school's posts when they are due, or as soon as the one before has been answered."""
    for post in posts:
        due_s = began_s + post.due_s
        await asyncio.sleep(due_s - time.perf_counter())
        await _send(hub, school, post, burst)
        burst.answers_ms.append((time.perf_counter() - due_s) * 1e3)


async def _send(hub: Hub, school: School, post: Post, burst: Burst) -> None:
    """Send a post until it is taken."""
    headers = {"Authorization": f"Bearer {school.token}", "Content-Type": "application/json"}
    while True:
        answer = await hub.client.post(
            f"/pupils/v1/schools/{school.urn}/{post.path}", content=post.body, headers=headers
        )
        if answer.status_code not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            break
        burst.told_to_wait += 1
        await asyncio.sleep(float(answer.headers.get("Retry-After", WAIT_S)))
    receipt = answer.json()
    assert answer.is_success, f"{answer.status_code} {receipt}"
    # A school's first bulk says how many, a single post says which.
    taken = receipt.get("recorded", 0) + receipt.get("unchanged", 0) if "recorded" in receipt else 1
    assert taken == len(orjson.loads(post.body).get("activities", [None])), f"answered {receipt}"


def _activity(school: School, name: str, pupils: int) -> Json:
    return {
        "reference": name,
        "activity_type": "mock_interview",
        "title": f"Mock interviews {name}",
        "held_on": some_day(name),
        "mode": "in_person",
        "hours": 1.0,
        "tests_met": ["clear_purpose", "learning_outcomes", "two_way_interaction"],
        "attendance": {
            "pupils": [{"upn": row.upn, "status": "attended"} for row in school.plan.roll[:pupils]]
        },
    }


def _is_large(school: School) -> bool:
    return len(school.plan.roll) >= YEAR_GROUP


def _result(name: str, bursts: Sequence[Burst], schools: int) -> Result:
    answers = [answer for burst in bursts for answer in burst.answers_ms]
    waited = sum(burst.told_to_wait for burst in bursts)
    return Result(
        f"burst, {name}",
        None,
        Series("from the first post until the report has all", "s", [burst.seconds for burst in bursts]),
        Series(f"of posting {ENCOUNTERS_A_SECOND:,} encounters/s", "s", [float(SECONDS)] * len(bursts)),
        (
            f"{schools} schools; {len(answers):,} posts, {waited:,} told to wait, none lost",
            f"p95 from due to answered {p95(answers):,.0f} ms",
        ),
    )
