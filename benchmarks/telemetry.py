"""R9: encounters a second with traces and metrics of everything, over none.

Two embedded Hubs with the same schools take the same posts in turns, as in R1. The processes of one export
every span and all metrics to a collector on loopback (`otlp_sink.py`), which throws them away.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx

from benchmarks.encounters import SCHOOLS, load_of, post_years
from benchmarks.hub import running_hub
from benchmarks.measure import Goal, Plan, Result, Series, interleave
from benchmarks.school_year import enrol, plan_year
from services.local.ports import LOOPBACK, ReservedPort
from services.runtime.settings import ENVIRONMENT_PREFIX

GOAL: Final = Goal(">=", 0.8)
PROJECT: Final = Path(__file__).parents[1]
# The exporters send what they have every few seconds.
EXPORTED_TIMEOUT_S: Final = 30.0


async def measure(plan: Plan) -> list[Result]:
    """Post the same years to both Hubs, in turns."""
    folder = plan.subfolder("telemetry")
    years = plan_year(SCHOOLS)
    async with (
        _collector() as collector,
        running_hub(folder / "on", **{f"{ENVIRONMENT_PREFIX}OTLP_ENDPOINT": collector}) as observed,
        running_hub(folder / "off") as plain,
    ):
        observed_schools, plain_schools = await enrol(observed, years), await enrol(plain, years)
        on, off = await interleave(
            plan.runs,
            lambda run: post_years(observed, observed_schools, run),
            lambda run: post_years(plain, plain_schools, run),
        )
        received = await _received(collector)
    return [
        Result(
            "R9 telemetry",
            GOAL,
            Series("OpenTelemetry on: every span and all metrics over OTLP", "encounters/s", on),
            Series("off", "encounters/s", off),
            (load_of(plain_schools), f"the collector received {received:,} bytes of traces"),
        )
    ]


@asynccontextmanager
async def _collector() -> AsyncIterator[str]:
    """Run the sink; gives its address."""
    port = ReservedPort()
    sink = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.otlp_sink", str(port.number)), cwd=PROJECT
    )
    try:
        yield f"http://{LOOPBACK}:{port.number}"
    finally:
        if sink.returncode is None:
            sink.terminate()
        await sink.wait()
        port.release()


async def _received(collector: str) -> int:
    """Wait until traces have come; returns their bytes."""
    async with asyncio.timeout(EXPORTED_TIMEOUT_S), httpx.AsyncClient() as client:
        while True:
            received = int((await client.get(collector)).text)
            if received:
                return received
            await asyncio.sleep(0.5)
