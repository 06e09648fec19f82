"""The embedded Hub: the folder claimed, the children started in order, watched, and stopped in order.

    async with EmbeddedHub(HubOptions(data)) as hub:
        ...  # ready: hub.address answers

One task a child keeps it alive. The first of them that gives up ends the Hub: every child is stopped, and the
error waits in `failed`. `stop` may be called at any moment and more than once; `kill` is for whoever cannot
wait. Use it from the loop's own thread: on Linux children die with the thread that started them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from services.local.child import Child
from services.local.errors import EmbeddedHubError
from services.local.journal import Journal, keep_bounded
from services.local.layout import (
    HubLayout,
    make_folder,
    prepare_folder,
    space_warning,
    unusable_folder,
)
from services.local.nightly import recount_nightly, recount_now
from services.local.ports import ReservedPort, reserve_api_port
from services.local.programs import (
    BROKER_AND_STORE,
    EVERY_CHILD,
    START_ORDER,
    ChildName,
    PortCommand,
    Surroundings,
    api_address,
    describe,
    kafka_bootstrap,
    mongodb_url,
)
from services.local.record import DEFAULT_HUB_ID, FORMAT, FolderLock, HubRecord, Running, claim, write_record

# How often logs are kept bounded and the disk is looked at.
_HOUSEKEEPING_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class HubOptions:
    """Which Hub to run; the last three fields are for tests."""

    data: Path
    hub_id: str | None = None
    """None: whichever Hub the folder holds; `myhub` for a new folder."""
    api_port: int | None = None
    """None: 8400, or a free one if that is taken."""
    children: AbstractSet[ChildName] = EVERY_CHILD
    role_commands: Mapping[ChildName, PortCommand] = field(default_factory=dict)
    role_environment: Mapping[str, str] = field(default_factory=dict)


class EmbeddedHub:
    """A Hub of child processes on loopback."""

    def __init__(self, options: HubOptions, progress: Callable[[str], None] = lambda _sentence: None) -> None:
        self.options = options
        self.layout = HubLayout(options.data)
        self._journal = Journal(self.layout.log("hub"), progress)
        self._lock = FolderLock(self.layout)
        self._record = HubRecord(format=FORMAT, hub_id=options.hub_id or DEFAULT_HUB_ID)
        self._claimed = False
        self._reserved: dict[ChildName, ReservedPort] = {}
        self._children: dict[ChildName, Child] = {}
        self._lives: dict[ChildName, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._started_at = dt.datetime.now(dt.UTC)
        self._is_up = asyncio.Event()
        self._error: EmbeddedHubError | None = None
        self._has_failed = asyncio.Event()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
            await self.wait_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def hub_id(self) -> str:
        """Which Hub it is; settled by `start`."""
        return self._record.hub_id

    @property
    def address(self) -> str:
        """Where the Hub's API answers, such as http://127.0.0.1:8400; empty without an api."""
        return api_address(self.ports)

    @property
    def ports(self) -> dict[ChildName, int]:
        """The children's ports."""
        return {name: port.number for name, port in self._reserved.items()}

    def child(self, name: ChildName) -> Child:
        """One of the children; raises KeyError if this Hub runs without it."""
        return self._children[name]

    async def start(self) -> None:
        """Claim the folder and begin to start the children; raises EmbeddedHubError if it cannot."""
        make_folder(self.layout)
        await self._lock.acquire()
        try:
            self._claim_folder()
            self._reserve_ports()
            self._assemble()
            self._write_record()
        except BaseException:
            self._let_go()
            raise
        self._tasks += [self._begin(self._start_in_order()), self._begin(self._keep_house())]

    async def wait_ready(self) -> None:
        """Wait until every child is ready; raises EmbeddedHubError if the Hub fails first."""
        failing = asyncio.create_task(self.failed())
        becoming = asyncio.create_task(self._everything_ready())
        try:
            await asyncio.wait({failing, becoming}, return_when=asyncio.FIRST_COMPLETED)
            (failing if failing.done() else becoming).result()
        finally:
            failing.cancel()
            becoming.cancel()

    async def failed(self) -> None:
        """Wait for the Hub to fail, which it need not do; raises EmbeddedHubError once all is stopped."""
        await self._has_failed.wait()
        if self._error is not None:
            raise self._error

    async def stop(self) -> None:
        """Stop the children in order and leave the folder; everything that they acknowledged is kept."""
        try:
            await self._stop_children()
        except BaseException:
            self.kill()
            raise
        finally:
            tasks = [*self._tasks, *self._lives.values()]
            for task in tasks:
                task.cancel()
            self._let_go()
        await asyncio.gather(*tasks, return_exceptions=True)

    def kill(self) -> None:
        """Kill every child at once."""
        for child in self._children.values():
            child.kill()

    def _claim_folder(self) -> None:
        record = claim(self.layout, self.options.hub_id)
        prepare_folder(self.layout, first_start=not self.layout.record.exists())
        if self.options.children - BROKER_AND_STORE:
            from services.runtime.issuer import ensure_issuer  # noqa: PLC0415 - slow, and a substrate needs none

            with unusable_folder(self.layout.data):
                ensure_issuer(self.layout.keys)
        if record.running is not None:
            before = record.running.launcher
            sentence = f"The last Hub of this folder (process {before}) was not stopped; its data are kept."
            self._journal.note("stale_record", sentence, launcher=before)
        self._record, self._claimed = record, True

    def _reserve_ports(self) -> None:
        for name in sorted(self.options.children):
            self._reserved[name] = (
                reserve_api_port(self.options.api_port) if name == "api" else ReservedPort()
            )

    def _assemble(self) -> None:
        around = Surroundings(
            self.layout,
            self._record.hub_id,
            self._reserved,
            self.options.role_environment,
            self.options.role_commands,
        )
        for name, port in self._reserved.items():
            self._children[name] = Child(describe(name, around), port, self.layout, self._journal)
        for child in self._children.values():
            ground = child.program.stands_on
            if ground in self._children:
                self._children[ground].carry(child)

    def _write_record(self) -> None:
        pids = {name: child.pid for name, child in self._children.items() if child.alive}
        running = Running(
            launcher=os.getpid(),
            started_at=self._started_at,
            ready=self._is_up.is_set(),
            ports=self.ports,
            pids=pids,
        )
        with unusable_folder(self.layout.data):
            write_record(self.layout, self._record.model_copy(update={"running": running}))

    async def _start_in_order(self) -> None:
        for stage in START_ORDER:
            names = [name for name in stage if name in self._children]
            for name in names:
                self._lives[name] = self._begin(self._children[name].keep_alive())
            for name in names:
                await self._children[name].ready()
        self._is_up.set()
        self._write_record()
        if self._children.keys() == EVERY_CHILD and not self.options.role_commands:
            self._tasks.append(self._begin(recount_nightly(self.layout.data, self._journal)))
        for child in self._children.values():
            child.when_ready = self._write_record

    async def recount(self) -> None:
        """Count every figure again now, as each night; the journal says what was found."""
        await recount_now(self.layout.data, self._journal)

    def _begin(self, part: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run a part of the Hub as a task; when the part cannot go on, the Hub ends."""

        async def or_give_up() -> None:
            try:
                await part
            except EmbeddedHubError as error:
                self._tasks.append(asyncio.create_task(self._give_up(error)))
            except OSError as error:
                advice = f"The Hub's log: {self._journal.path}"
                hopeless = EmbeddedHubError(f"the system refused: {error}", advice)
                self._tasks.append(asyncio.create_task(self._give_up(hopeless)))

        return asyncio.create_task(or_give_up())

    async def _give_up(self, error: EmbeddedHubError) -> None:
        if self._error is not None:
            return
        self._error = error
        self._journal.note("hub_failed", "The Hub has failed and stops.", error=str(error))
        try:
            await self._stop_children()
        finally:
            self._has_failed.set()

    async def _everything_ready(self) -> None:
        await self._is_up.wait()
        for child in self._children.values():
            await child.ready()

    async def _keep_house(self) -> None:
        """Keep the logs bounded and the disk in sight."""
        warned = ""
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            for log in (self._journal.path, *(child.log for child in self._children.values())):
                keep_bounded(log)
            warning = space_warning(self.layout)
            if warning and not warned:
                self._journal.note("disk_nearly_full", warning)
            warned = warning

    async def _stop_children(self) -> None:
        for stage in reversed(START_ORDER):
            await asyncio.gather(*(self._children[name].stop() for name in stage if name in self._children))

    def _let_go(self) -> None:
        """Remove the addresses from the record, free the ports, unlock the folder."""
        if self._claimed and self._lock.held:
            try:
                with unusable_folder(self.layout.data):
                    write_record(self.layout, self._record.model_copy(update={"running": None}))
            except EmbeddedHubError as error:  # a stale record is recognised by its lock
                self._journal.note("record_not_written", str(error))
        for port in self._reserved.values():
            port.release()
        self._lock.release()


@dataclass(frozen=True, slots=True)
class Substrate:
    """A store and a broker without a Hub on them; `hub` has their processes."""

    mongodb_url: str
    kafka_bootstrap: str
    hub: EmbeddedHub


@asynccontextmanager
async def substrate(data: Path) -> AsyncIterator[Substrate]:
    """Run a store and a broker in a folder, for tests of what stands on them."""
    async with EmbeddedHub(HubOptions(data, children=BROKER_AND_STORE)) as hub:
        ports = hub.ports
        yield Substrate(mongodb_url(ports["store"]), kafka_bootstrap(ports["broker"]), hub)
