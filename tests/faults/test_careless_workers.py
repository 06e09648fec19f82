"""P6 catches workers that acknowledge what they never applied: real processes, broken by `careless.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

from services.runtime.settings import Settings
from tests.faults.careless import COMMIT_FIRST, DIES, LATEST
from tests.faults.checkers import p6_nothing_dropped
from tests.faults.children import Child
from tests.faults.hub import environment_of
from tests.faults.scenario import until
from tests.faults.workbench import HUB_REPORT, Workbench
from tests.substrate import free_port

pytestmark = [pytest.mark.faults]

DEATH_TIMEOUT_S: Final = 30.0


@pytest.mark.parametrize(
    ("lives", "loses"),
    [([[DIES], []], False), ([[DIES, COMMIT_FIRST], [COMMIT_FIRST]], True), ([[LATEST]], True)],
    ids=["careful", "commit-first", "latest"],
)
async def test_p6_catches_workers_that_acknowledge_what_they_never_applied(
    bench: Workbench, tmp_path: Path, lives: list[list[str]], *, loses: bool
) -> None:
    """Real workers with a bug, one after the other; the careful one proves that the bug is what loses."""
    await bench.post(3)
    await bench.relay()
    *mortal, last = [_careless_worker(bench.scene.place.settings, tmp_path, bugs) for bugs in lives]
    for worker in mortal:
        worker.start()
        await worker.died(DEATH_TIMEOUT_S)
    last.start()
    try:
        await last.ready()
        await until(lambda: _more_is_acknowledged(bench), DEATH_TIMEOUT_S, "all is acknowledged")
    finally:
        last.kill()
    verdict = await p6_nothing_dropped(bench.scene)
    lost = [problem for problem in verdict.problems if HUB_REPORT in problem]
    assert bool(lost) == loses, lost


def _careless_worker(settings: Settings, folder: Path, bugs: list[str]) -> Child:
    port = free_port()
    command = [sys.executable, "-m", "tests.faults.careless", str(port), *bugs]
    return Child(
        "worker", lambda: command, port, folder / "worker.log", environment_of(settings), "/health/ready"
    )


async def _more_is_acknowledged(bench: Workbench) -> bool:
    """Post a little, and see whether a reader has acknowledged everything up to there."""
    await bench.post(1)
    await bench.relay()
    return await bench.acknowledged(HUB_REPORT)
