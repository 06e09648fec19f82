"""R10: how much longer the Hub's report takes with ten times the events, and with forty schools over one.

One Hub grows: one school with its year, then forty with theirs, then nine more years' activities of the forty
in the same year. At each size one client asks for the report and for the Hub's page, one request after the
other, and nothing else goes on. The sizes do not take turns: three idle Hubs would keep both cores busy.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from benchmarks.hub import Hub, running_hub
from benchmarks.measure import Goal, Plan, Result, Series, p95, say
from benchmarks.school_year import YEAR, School, enrol, plan_year, post_bulks
from services.demo.plan import DemoPlan
from services.runtime.permissions import Role

SCHOOLS: Final = 40
TIMES: Final = 10
FOR_TIMES: Final = Goal("<=", 1.3)
FOR_SCHOOLS: Final = Goal("<=", 3.0)
LOOKS: Final = 100
SIDE_BY_SIDE: Final = 3
ADDRESSES: Final = {
    "report": f"/reporting/v1/hub-report?academic_year={YEAR}",
    "page": f"/reporting/hub?academic_year={YEAR}",
}


@dataclass(frozen=True, slots=True)
class Size:
    """A Hub of a size: how many events it has, and the p95 of each address, in milliseconds, a run each."""

    events: int
    p95_ms: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ADDRESSES})


async def measure(plan: Plan) -> list[Result]:
    """Ask for the report of a Hub that grows."""
    year = plan_year(SCHOOLS)
    async with running_hub(plan.subfolder("hub_report")) as hub:
        lead = await hub.token(Role.HUB_LEAD)
        schools = await enrol(hub, _part(year, slice(0, 1)))
        await _post(hub, schools, ["year-0"])
        one = await _look(hub, lead, plan.runs)
        schools += await enrol(hub, _part(year, slice(1, None)))
        await _post(hub, schools[1:], ["year-0"])
        forty = await _look(hub, lead, plan.runs)
        await _post(hub, schools, [f"year-{number}" for number in range(1, TIMES)])
        tenfold = await _look(hub, lead, plan.runs)
    return [
        *_results(f"R10 {TIMES} times the events", FOR_TIMES, tenfold, forty),
        *_results(f"R10 {SCHOOLS} schools", FOR_SCHOOLS, forty, one),
    ]


def _part(year: DemoPlan, chosen: slice) -> DemoPlan:
    """Take some of a plan's schools, and a directory that lists these alone."""
    schools = year.schools[chosen]
    return replace(
        year, schools=schools, area=replace(year.area, schools=tuple(plan.school for plan in schools))
    )


async def _post(hub: Hub, schools: Sequence[School], labels: Sequence[str]) -> None:
    """Post a year under each label, some schools side by side, until the report has everything."""
    turn = asyncio.Semaphore(SIDE_BY_SIDE)

    async def post(school: School) -> None:
        async with turn:
            for label in labels:
                await post_bulks(hub, school, school.bulks(label))

    async with asyncio.TaskGroup() as posting:
        for school in schools:
            posting.create_task(post(school))
    await hub.wait_until_applied(await hub.heads())


async def _look(hub: Hub, token: str, runs: int) -> Size:
    size = Size(sum((await hub.heads()).values()))
    headers = {"Authorization": f"Bearer {token}", "Cookie": f"careers-hub-session={token}"}
    for run in range(runs):
        for name, address in ADDRESSES.items():
            took_ms = []
            for _ in range(LOOKS):
                began_s = time.perf_counter()
                answer = await hub.client.get(address, headers=headers)
                took_ms.append((time.perf_counter() - began_s) * 1e3)
                assert answer.is_success, f"{address}: {answer.status_code} {answer.text[:200]}"
            size.p95_ms[name].append(p95(took_ms))
        told = ", ".join(f"{name} {values[-1]:.1f} ms" for name, values in size.p95_ms.items())
        say(f"  {size.events:,} events, run {run + 1}: p95 {told}")
    return size


def _results(name: str, goal: Goal, of: Size, over: Size) -> list[Result]:
    return [
        Result(
            f"{name}, {what}",
            # The promise is of the report; the page does more, and has a promise of its own (`pages`).
            goal if what == "report" else None,
            Series(f"p95 with {of.events:,} events", "ms", of.p95_ms[what]),
            Series(f"p95 with {over.events:,} events", "ms", over.p95_ms[what]),
            (f"{LOOKS} looks a run",),
        )
        for what in ADDRESSES
    ]
