"""The worker process: relays its services' ledgers and runs their readers.

Everything here waits for store and broker rather than dying without them: a worker may be started first. One
maintenance round a second announces heads, asks for what is missing (`progress.py`), cuts a rebuilt
projection over (`feeding.py`), and after a failed send sees to it that the topics exist, which an emptied
broker has forgotten (`subscriptions.py`). A worker that lived through a restore ends (`timeline.py`). A
janitor takes away what has served (`janitor.py`), once a day each service does what it does by itself
(`daily.py`), and with a collector it is measured (`gauges.py`).
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.runtime.broker import BrokerUnavailableError, Publisher
from services.runtime.context import Clock, ServiceContext, utc_now
from services.runtime.daily import Daily
from services.runtime.errors import UnavailableError
from services.runtime.feeding import Feeding
from services.runtime.gauges import Gauges
from services.runtime.janitor import Janitor
from services.runtime.logs import get_logger
from services.runtime.mongo import PAUSE_WITHOUT_STORE_S, Store
from services.runtime.progress import Progress
from services.runtime.reaction import ReactionApplier
from services.runtime.reader import Reader
from services.runtime.relay import Relay
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.subscriptions import Subscriptions

log = get_logger(__name__)

MAINTENANCE_S: Final = 0.5
# Less than whoever restores waits (`timeline.py`), and one read.
TIMELINE_CHECK_S: Final = 5.0


class OutlivedError(RuntimeError):
    """The Hub was restored, or is being: positions that this worker remembers are of another history."""


@dataclass(slots=True)
class Worker:
    """The readers and relays of some services in one process."""

    settings: Settings
    services: Sequence[Service]
    clock: Clock = utc_now
    ready: bool = False
    failed: bool = False
    contexts: dict[str, ServiceContext] = field(default_factory=dict)
    progress: Progress | None = None
    _readers: list[Reader] = field(default_factory=list)

    async def run(self) -> None:
        """Work until cancelled."""
        store = Store.connect(
            self.settings.mongodb_url.get_secret_value(),
            concurrency=self.settings.store_concurrency,
            application="careers-hub-worker",
        )
        publisher = Publisher(self.settings)
        subscriptions = Subscriptions(self.settings, self._readers, self._hear)
        relays: list[Relay] = []
        try:
            feeding = await self._prepare(store)
            holder = f"{socket.gethostname()}:{os.getpid()}"
            relays = [
                Relay(self.contexts[s.name], s.topic, publisher, holder)
                for s in self.services
                if s.topic is not None
            ]
            owners = [self.contexts[s.name] for s in self.services if s.topic is not None]
            self.progress = Progress(self.settings.hub_id, owners, self._readers, publisher)
            await subscriptions.await_topics()
            async with asyncio.TaskGroup() as tasks:
                # Readers take seconds to join their groups; what the ledgers hold need not wait for them.
                for relay in relays:
                    tasks.create_task(relay.run())
                await subscriptions.connect()
                self.ready = True
                tasks.create_task(self._maintain(self.progress, feeding, subscriptions))
                tasks.create_task(Janitor(list(self.contexts.values()), self._readers).run())
                if self.settings.otlp_endpoint:
                    tasks.create_task(Gauges(list(self.contexts.values())).run())
                tasks.create_task(Daily([(s, self.contexts[s.name]) for s in self.services], holder).run())
        finally:
            self.ready = False
            await subscriptions.close()
            await _release(relays)
            await publisher.close()
            await store.close()

    async def _prepare(self, store: Store) -> Feeding:
        """Wait for the store, then create indexes and readers."""
        sealer = Sealer.from_file(self.settings.secret_file)
        while True:
            self._readers.clear()
            feeding = Feeding(self._readers)
            try:
                await store.verify()
                for service in self.services:
                    context = ServiceContext(service.name, self.settings, store, sealer, clock=self.clock)
                    self.contexts[service.name] = context
                    await self._prepare_service(service, context, feeding)
            except UnavailableError:
                log.warning("waiting for the data store")
                await asyncio.sleep(PAUSE_WITHOUT_STORE_S)
            else:
                return feeding

    async def _prepare_service(self, service: Service, context: ServiceContext, feeding: Feeding) -> None:
        await context.prepare(service.indexes, service.school_indexes)
        for reaction in service.reactions:
            name = f"{service.name}.{reaction.name}.v{reaction.version}"
            applier = ReactionApplier(name, reaction, context)
            self._readers.append(Reader(name, context, reaction.topics, applier))
        for projection in service.projections:
            await feeding.settle(context, projection)

    async def _hear(self, records: tuple[Any, ...]) -> None:
        if self.progress is not None:
            await self.progress.hear(records)

    async def _maintain(self, progress: Progress, feeding: Feeding, subscriptions: Subscriptions) -> None:
        projections = [
            (self.contexts[s.name], projection) for s in self.services for projection in s.projections
        ]
        looked_s = time.monotonic()
        while True:
            started_s = time.monotonic()
            try:
                if started_s - looked_s >= TIMELINE_CHECK_S:
                    looked_s = started_s
                    await self._end_if_outlived()
                await subscriptions.follow()
                await progress.announce()
                await progress.check()
                await subscriptions.find_lost_places()
                await feeding.follow(projections, progress, subscriptions)
            except BrokerUnavailableError as error:
                log.warning("maintenance without a broker", reason=str(error))
                await subscriptions.restore_topics()
            except UnavailableError as error:
                log.warning("maintenance without a store", reason=str(error))
            await asyncio.sleep(max(0.0, MAINTENANCE_S - (time.monotonic() - started_s)))

    async def _end_if_outlived(self) -> None:
        """Raise OutlivedError, which ends the process; whoever supervises it starts another."""
        for context in self.contexts.values():
            if await context.timeline.has_ended():
                message = "the Hub is restored from a backup; this worker ends, to be started anew"
                raise OutlivedError(message)
            return


async def _release(relays: Sequence[Relay]) -> None:
    """Give the relays' leases back, so that the next worker need not wait for their end."""
    for relay in relays:
        try:
            await relay.release()
        except UnavailableError:
            log.warning("the relay's lease runs out by itself: the store is away")
