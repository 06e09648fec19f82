"""Starting, supervising and stopping an embedded Hub.

A child that dies is started again after a short while; one that keeps dying stops the Hub with a message
that shows its last words. The broker comes back empty on the same port: readers and ledgers converge.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from services.local.children import (
    HOST,
    PROBE_S,
    Child,
    child_specs,
    choose_ports,
    environment,
    fresh_cluster,
)
from services.local.layout import DEFAULT_HUB_ID, EmbeddedHubError, HubLayout, RunningHub

READY_TIMEOUT_S: Final = 40.0
# A child that dies five times in a minute will not get better by being started again.
DEATHS: Final = 5
DEATHS_WINDOW_S: Final = 60.0
FIRST_PAUSE_S: Final = 0.2
STAGES: Final = (("store",), ("broker",), ("api", "worker"))


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Which Hub to run, from where; `api_port` None takes 8400 or a free one."""

    data: Path
    hub_id: str = DEFAULT_HUB_ID
    api_port: int | None = None


@dataclass(slots=True)
class EmbeddedHub:
    """One embedded Hub: `async with EmbeddedHub(options) as hub`."""

    options: HubOptions
    progress: Callable[[str], None] = field(default=lambda _text: None)
    address: str = ""
    children: dict[str, Child] = field(default_factory=dict)
    _supervisors: list[asyncio.Task[None]] = field(default_factory=list)
    _failure: asyncio.Future[None] | None = None
    _held: ExitStack = field(default_factory=ExitStack)
    _stopping: bool = False

    async def __aenter__(self) -> Self:
        """Start, and wait until everything is ready; raises EmbeddedHubError."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop everything."""
        await self.stop()

    async def failed(self) -> None:
        """Wait until the Hub cannot go on; raises EmbeddedHubError then."""
        if self._failure is not None:
            await asyncio.shield(self._failure)

    async def stop(self) -> None:
        """Stop the children in the reverse order of their start, and let the folder go."""
        self._stopping = True
        for task in self._supervisors:
            task.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        for stage in reversed(STAGES):
            await asyncio.gather(*(self.children[name].stop() for name in stage if name in self.children))
        if self.address:
            HubLayout(self.options.data).write_running(None)
            self.address = ""
        self._held.close()
        if self._failure is not None and self._failure.done():
            self._failure.exception()

    def kill(self) -> None:
        """End every child at once; for the second Ctrl-C."""
        for child in self.children.values():
            child.signal(signal.SIGKILL)

    async def _start(self) -> None:
        layout = HubLayout(self.options.data)
        layout.folder.parent.mkdir(parents=True, exist_ok=True)
        self._failure = asyncio.get_running_loop().create_future()
        if layout.folder.exists():
            self._held.enter_context(layout.locked())
            layout.prepare(self.options.hub_id)
        else:
            layout.prepare(self.options.hub_id)
            self._held.enter_context(layout.locked())
        ports = choose_ports(self.options.api_port)
        settings = environment(layout, self.options.hub_id, ports)
        for spec in child_specs(layout, ports).values():
            self.children[spec.name] = Child(spec, layout.log(spec.name), os.environ | settings)
        for stage in STAGES:
            self.progress(f"Starting {' and '.join(stage)} ...")
            await asyncio.gather(*(self._start_child(self.children[name]) for name in stage))
        self.address = f"http://{HOST}:{ports.api}"
        self._note_running(settings)

    async def _start_child(self, child: Child) -> None:
        await child.start()
        self._supervisors.append(asyncio.create_task(self._supervise(child)))
        await self._until_ready(child)

    async def _until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not await child.is_ready():
            if self._failure is not None and self._failure.done():
                self._failure.result()
            if time.monotonic() > deadline:
                message = f"the {child.spec.name} was not ready within {READY_TIMEOUT_S:.0f} s"
                raise EmbeddedHubError(message, f"Its log ({child.log}) ends with:\n{child.last_words()}")
            await asyncio.sleep(PROBE_S)

    async def _supervise(self, child: Child) -> None:
        deaths: deque[float] = deque(maxlen=DEATHS)
        while child.process is not None:
            status = await child.process.wait()
            if self._stopping:
                return
            deaths.append(time.monotonic())
            if len(deaths) == DEATHS and deaths[-1] - deaths[0] < DEATHS_WINDOW_S:
                self._give_up(child, status)
                return
            self.progress(f"The {child.spec.name} ended ({_ending(status)}); starting it again.")
            await asyncio.sleep(FIRST_PAUSE_S * 2 ** (len(deaths) - 1))
            child.spec = replace(child.spec, command=fresh_cluster(child.spec.command))
            await child.start()
            if self.address:
                self._note_running(None)

    def _give_up(self, child: Child, status: int) -> None:
        message = f"the {child.spec.name} ended {DEATHS} times in a row ({_ending(status)})"
        advice = f"Its log ({child.log}) ends with:\n{child.last_words()}"
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(EmbeddedHubError(message, advice))

    def _note_running(self, settings: dict[str, str] | None) -> None:
        layout = HubLayout(self.options.data)
        known = settings or layout.read()["running"]["environment"]
        pids = {name: child.pid for name, child in self.children.items()}
        layout.write_running(RunningHub(os.getpid(), self.address, known, pids))


def _ending(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
