"""What stands on the broker: the worker is down before another broker can be reached, whatever happens.

The broker is a real one, because it is its process that ends; the worker is a stand-in.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from services.local import EmbeddedHub, HubOptions
from services.local.child import DEATHS_TO_GIVE_UP
from tests.conftest import eventually
from tests.runtime.embedded_hubs import BROKER_AND_WORKER, alive, stand_ins

LET_FALL: Final = "The broker is gone: stopping the worker until there is a new one."
TIMEOUT_S: Final = 20.0


class Watched:
    """A Hub of a broker and a worker: what was said, and whether a worker lived when a broker began to."""

    def __init__(self, data: Path, manner: str = "well") -> None:
        self.said: list[str] = []
        self.worker_at_brokers_start: list[bool] = []
        self.upon: Callable[[str], None] = lambda _sentence: None
        options = HubOptions(data, children=BROKER_AND_WORKER, role_commands=stand_ins(manner))
        self.hub = EmbeddedHub(options, self._hear)

    def _hear(self, sentence: str) -> None:
        self.said.append(sentence)
        if sentence == "Starting the broker.":
            self.worker_at_brokers_start.append(self.hub.child("worker").alive)
        self.upon(sentence)

    def kill(self, *names: str) -> None:
        for child in (self.hub.child("broker"), self.hub.child("worker")):
            if child.name in names:
                os.kill(child.pid, signal.SIGKILL)

    async def next_worker(self, after: int) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            await self.hub.child("worker").ready(after=after)

    def assert_no_worker_met_two_brokers(self, brokers: int) -> None:
        assert self.worker_at_brokers_start == [False] * brokers
        lives = [s for s in self.said if s in {"Starting the worker.", "Starting the broker."}]
        assert lives == ["Starting the broker.", "Starting the worker."] * brokers


@asynccontextmanager
async def ready_hub(data: Path) -> AsyncIterator[Watched]:
    watched = Watched(data)
    async with watched.hub:
        yield watched


async def test_a_killed_broker_takes_the_worker_along_until_there_is_another(tmp_path: Path) -> None:
    async with ready_hub(tmp_path) as watched:
        before = watched.hub.child("worker").pid
        watched.kill("broker")
        await watched.next_worker(before)
        assert not alive(before)
    assert LET_FALL in watched.said
    watched.assert_no_worker_met_two_brokers(2)


async def test_ending_with_the_broker_is_no_death_of_the_worker(tmp_path: Path) -> None:
    async with ready_hub(tmp_path) as watched:
        for _ in range(DEATHS_TO_GIVE_UP - 1):
            before = watched.hub.child("worker").pid
            watched.kill("broker")
            await watched.next_worker(before)
        before = watched.hub.child("worker").pid
        watched.kill("worker")
        await watched.next_worker(before)
    deaths = [sentence for sentence in watched.said if sentence.startswith("The worker ended")]
    assert deaths == ["The worker ended (signal SIGKILL); starting it again."]


async def test_a_broker_that_is_held_keeps_the_worker_down_until_it_is_released(tmp_path: Path) -> None:
    async with ready_hub(tmp_path) as watched:
        broker, worker = watched.hub.child("broker"), watched.hub.child("worker")
        pids = [broker.pid, worker.pid]
        await broker.hold()
        assert not any(alive(pid) for pid in pids)
        broker.release()
        await watched.next_worker(pids[1])
        assert (broker.lives, worker.lives) == (2, 2)
    assert not any("ended (" in sentence for sentence in watched.said)
    watched.assert_no_worker_met_two_brokers(2)


async def test_a_worker_that_somebody_holds_does_not_come_back_with_the_broker(tmp_path: Path) -> None:
    async with ready_hub(tmp_path) as watched:
        broker, worker = watched.hub.child("broker"), watched.hub.child("worker")
        first, before = broker.pid, worker.pid
        await worker.hold()
        watched.kill("broker")
        async with asyncio.timeout(TIMEOUT_S):
            await broker.ready(after=first)
        assert worker.lives == 1
        worker.release()
        await watched.next_worker(before)
        assert worker.lives == 2


async def test_a_broker_that_dies_while_the_worker_starts_takes_it_along(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "silent")
    killed = False

    def kill_once(sentence: str) -> None:
        nonlocal killed
        if sentence == "Starting the worker." and not killed:
            killed = True
            watched.kill("broker")

    watched.upon = kill_once
    try:
        await watched.hub.start()
        await eventually(lambda: watched.said.count("Starting the worker.") == 2, TIMEOUT_S)
        assert watched.hub.child("broker").lives == 2
    finally:
        await watched.hub.stop()
    assert not any(sentence.startswith("The worker ended") for sentence in watched.said)
    watched.assert_no_worker_met_two_brokers(2)


async def test_broker_and_worker_that_die_together_come_back_in_order(tmp_path: Path) -> None:
    async with ready_hub(tmp_path) as watched:
        before = watched.hub.child("worker").pid
        watched.kill("broker", "worker")
        await watched.next_worker(before)
    watched.assert_no_worker_met_two_brokers(2)


async def test_a_hub_that_stops_while_the_worker_ends_with_its_broker_starts_neither(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "stubborn")
    async with watched.hub:
        broker, worker = watched.hub.child("broker"), watched.hub.child("worker")
        pids = [broker.pid, worker.pid]
        worker.program = dataclasses.replace(worker.program, stop_within_s=0.5)
        watched.kill("broker")
        await eventually(lambda: LET_FALL in watched.said)
    assert not any(alive(pid) for pid in pids)
    assert (broker.lives, worker.lives) == (1, 1)
