"""`python -m benchmarks [names...] [--runs 5] [--outage 60] [--write]`.

Results go to stdout (and with `--write` to benchmarks/results/), progress to stderr. A missed goal is a
result; the exit code is 1 only if something could not be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import platform
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.measure import Benchmark, Plan, Result, say

RESULTS: Final = Path(__file__).parent / "results"
# Many times what any of them takes: a benchmark that hangs must not hold up the rest for ever.
LIMIT_S: Final = 600.0

MODULES: Final[Mapping[str, str]] = {
    "R1": "encounters",
    "R2": "projector",
    "R3": "single_post",
    "R4": "visibility",
    "R5": "rebuild",
    "R6": "import_rows",
    "R7": "matching",
    "R7-route": "resolution",
    "R8": "fair_share",
    "R9": "telemetry",
    "R10": "hub_report",
    "R11": "outage",
    "burst": "burst",
    "evaluation": "evaluations",
    "pages": "every_page",
    "search": "directory_search",
    "start": "start_up",
}
"""Each name's module; loaded when it is run, because each takes only what it measures."""


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed, as ratios.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(MODULES)} (default: all)")
    parser.add_argument("--runs", type=int, default=5, help="pairs of each ratio (default 5)")
    parser.add_argument("--outage", type=float, default=60.0, help="seconds without a broker in R11")
    parser.add_argument("--write", action="store_true", help="keep the text under benchmarks/results/")
    asked = parser.parse_args()
    chosen = [_find(parser, name) for name in asked.names] or list(MODULES)
    if asked.runs < 1:
        parser.error("--runs must be at least 1")
    try:
        # The loop that uvicorn gives our processes, so that both sides of a ratio have it.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(chosen, asked))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped; everything that was started has been ended")
        return 130


async def _run(chosen: list[str], asked: argparse.Namespace) -> int:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    print(_surroundings(asked.runs))
    failed = False
    with tempfile.TemporaryDirectory(prefix="careers-hub-benchmarks-") as folder:
        plan = Plan(asked.runs, asked.outage, Path(folder))
        for name in chosen:
            try:
                results = await _measure(name, plan)
            except Exception:  # noqa: BLE001 - reported; the other ratios are measured all the same
                failed = True
                say(f"{name} could not be measured\n{traceback.format_exc()}")
                print(f"{name}: not measured")
                continue
            text = "\n".join(result.text() for result in results)
            print(text, flush=True)
            if asked.write:
                _write(name, text, asked.runs)
    return 1 if failed else 0


async def _measure(name: str, plan: Plan) -> list[Result]:
    say(f"{name} ({MODULES[name]})")
    measure: Benchmark = import_module(f"benchmarks.{MODULES[name]}").measure
    async with asyncio.timeout(LIMIT_S):
        return await measure(plan)


def _find(parser: argparse.ArgumentParser, asked: str) -> str:
    """Recognise a name in either case, or its module's."""
    found = [name for name, module in MODULES.items() if asked.casefold() in {name.casefold(), module}]
    if not found:
        parser.error(f"there is no benchmark '{asked}'; there are: {', '.join(MODULES)}")
    return found[0]


def _write(name: str, text: str, runs: int) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name.casefold()}.txt"
    path.write_text(f"{_surroundings(runs)}\n{text}\n", encoding="utf-8")
    say(f"written to {path}")


def _surroundings(runs: int) -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return (
        f"{today}, Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}, median of {runs} (least to greatest)"
    )


if __name__ == "__main__":
    sys.exit(main())
