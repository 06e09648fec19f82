"""The parts of a Hub as child processes: started, killed without warning, and looked after.

`Supervisor` starts whatever died again after a short pause, as an orchestrator does. Nothing here kills a
process that it did not start.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx

from services.local.programs import ROLE_STOP_WITHIN_S
from tests.substrate import listens

READY_TIMEOUT_S: Final = 40.0
POLL_S: Final = 0.05
# An orchestrator's first pause before a restart; longer ones only make a test longer.
RESTART_PAUSE_S: Final = 0.2


class NotReadyError(RuntimeError):
    """A child died or did not become ready in time; the message has its last words."""


@dataclass(slots=True, eq=False)
class Child:
    """One program with its port and its log, which all its lives write to."""

    name: str
    command: Callable[[], Sequence[str]]
    port: int
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    health: str | None = None
    """Path of the health check."""
    serves: Callable[[int], bool] = listens
    """Asks the port of a child without a health check whether it is ready."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, **extra: str) -> None:
        """Start it; `extra` is added to this life's environment."""
        assert not self.alive, f"{self.name} runs already"
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command(),
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment, **extra},
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it with SIGKILL, and all that it started: it cannot clean up."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    async def end(self) -> None:
        """Ask it to end, and kill it if it does not in time."""
        if self._process is not None:
            self._process.terminate()
            with suppress(NotReadyError):
                await self.died(ROLE_STOP_WITHIN_S)
        self.kill()

    async def ready(self) -> None:
        """Wait until it is ready; raises NotReadyError."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline and self.alive:
            if await self.answers():
                return
            await asyncio.sleep(POLL_S)
        words = self.log.read_text(encoding="utf-8", errors="replace")[-3_000:]
        state = "is not ready" if self.alive else "died"
        raise NotReadyError(f"{self.name} {state}: {words}")

    async def answers(self) -> bool:
        """Whether it says that it is ready."""
        if self.health is None:
            return self.serves(self.port)
        try:
            async with httpx.AsyncClient(timeout=1.0) as client:
                return (await client.get(f"http://127.0.0.1:{self.port}{self.health}")).is_success
        except httpx.HTTPError:
            return False

    async def died(self, timeout_s: float) -> None:
        """Wait until it has died by itself; raises NotReadyError if it lives on."""
        deadline = time.monotonic() + timeout_s
        while self.alive:
            if time.monotonic() > deadline:
                raise NotReadyError(f"{self.name} still lives after {timeout_s} s")
            await asyncio.sleep(POLL_S)


@dataclass(slots=True, eq=False)
class Supervisor:
    """Starts children again that have died, until told to look away; cleans up after each death first."""

    children: Sequence[Child]
    clean_up: Callable[[], Awaitable[None]]
    restarts: int = 0
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look_after())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_after(self) -> None:
        while True:
            for child in self.children:
                if not child.alive:
                    await asyncio.sleep(RESTART_PAUSE_S)
                    await self.clean_up()
                    child.start()
                    self.restarts += 1
            await asyncio.sleep(POLL_S)
