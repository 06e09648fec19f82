"""How long `careers-hub up` takes until it is ready, and the memory of an idle embedded Hub.

Each run starts a new Hub in a new folder, as a user would, and waits for the line that it prints when it is
ready. The memory is the resident set of the launcher and every process below it, added up, so pages that they
share count more than once.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import psutil

from benchmarks.measure import Goal, Plan, Result, Series, say

READY_GOAL: Final = Goal("<", 10.0)
MEMORY_GOAL: Final = Goal("<", 700.0)
PROJECT: Final = Path(__file__).parents[1]
READY_TIMEOUT_S: Final = 90.0
STOP_TIMEOUT_S: Final = 30.0
# What was needed only to start has been given back by then.
SETTLED_AFTER_S: Final = 5.0


async def measure(plan: Plan) -> list[Result]:
    """Start and stop Hubs, one after the other."""
    folder = plan.subfolder("start_up")
    seconds: list[float] = []
    megabytes: list[float] = []
    processes = 0
    for run in range(plan.runs):
        took_s, sizes = await _start_once(folder / str(run))
        seconds.append(took_s)
        megabytes.append(sum(sizes) / 1e6)
        processes = len(sizes)
        say(f"  run {run + 1}: {took_s:.1f} s, {megabytes[-1]:.0f} MB")
    return [
        Result("Start", READY_GOAL, Series("from the command to a ready Hub in a new folder", "s", seconds)),
        Result(
            "Idle memory",
            MEMORY_GOAL,
            Series(f"resident sets of {processes} processes, {SETTLED_AFTER_S:g} s later", "MB", megabytes),
        ),
    ]


async def _start_once(data: Path) -> tuple[float, list[int]]:
    began_s = time.perf_counter()
    launcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", "up", "--data", str(data), "--json"),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert launcher.stdout is not None
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            line = await launcher.stdout.readline()
        took_s = time.perf_counter() - began_s
        assert line, "the Hub did not start; see `python -m services up`"
        await asyncio.sleep(SETTLED_AFTER_S)
        return took_s, _resident_sets(launcher.pid)
    finally:
        if launcher.returncode is None:
            launcher.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await launcher.communicate()
        except TimeoutError:
            launcher.kill()
            await launcher.wait()


def _resident_sets(launcher: int) -> list[int]:
    process = psutil.Process(launcher)
    return [p.memory_info().rss for p in (process, *process.children(recursive=True))]
