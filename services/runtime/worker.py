"""The worker process: relays its services' ledgers and runs their readers.

Everything here waits for store and broker rather than dying without them: a worker may be started first.
One maintenance round a second announces heads, asks for what is missing, cuts a rebuilt projection over,
and after a failed send sees to it that the topics exist, which an emptied broker has forgotten.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from contracts.topics import CONTROL
from services.runtime.broker import (
    BrokerUnavailableError,
    Publisher,
    bounded_stop,
    cluster_id,
    ensure_topics,
    reading_broker,
    topic_name,
)
from services.runtime.context import Clock, ServiceContext, utc_now
from services.runtime.delivery import (
    FETCH_WAIT_MS,
    IDLE_WAIT_MS,
    PatientDelivery,
    parse_first,
    raw_records,
    register,
)
from services.runtime.errors import UnavailableError
from services.runtime.generations import Builds, Generation
from services.runtime.logs import get_logger
from services.runtime.mongo import Store
from services.runtime.progress import Progress
from services.runtime.projection import Projection, ProjectionApplier
from services.runtime.reaction import ReactionApplier
from services.runtime.reader import Reader
from services.runtime.relay import Relay
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import Settings

log = get_logger(__name__)

MAINTENANCE_S: Final = 0.5
PAUSE_WITHOUT_BROKER_S: Final = 1.0
START_TIMEOUT_S: Final = 20.0
# How late a worker notices that the broker is another one; the question takes a few milliseconds.
CLUSTER_CHECK_S: Final = 2.0


@dataclass(slots=True)
class _Build:
    """A projection's build that this worker feeds."""

    context: ServiceContext
    projection: Projection
    generation: Generation
    reader: Reader


@dataclass(slots=True)
class Worker:
    """The readers and relays of some services in one process."""

    settings: Settings
    services: Sequence[Service]
    clock: Clock = utc_now
    ready: bool = False
    failed: bool = False
    contexts: dict[str, ServiceContext] = field(default_factory=dict)
    _builds: list[_Build] = field(default_factory=list)
    _readers: list[Reader] = field(default_factory=list)
    _broker: KafkaBroker | None = None
    _cluster: str = ""
    _looked_s: float = 0.0
    progress: Progress | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        store = Store.connect(
            self.settings.mongodb_url.get_secret_value(),
            concurrency=self.settings.store_concurrency,
            application="careers-hub-worker",
        )
        publisher = Publisher(self.settings)
        relays: list[Relay] = []
        try:
            await self._prepare(store)
            holder = f"{socket.gethostname()}:{os.getpid()}"
            relays = [
                Relay(self.contexts[s.name], s.topic, publisher, holder)
                for s in self.services
                if s.topic is not None
            ]
            owners = [self.contexts[s.name] for s in self.services if s.topic is not None]
            self.progress = Progress(self.settings.hub_id, owners, self._readers, publisher)
            await self._connect()
            self.ready = True
            async with asyncio.TaskGroup() as tasks:
                for relay in relays:
                    tasks.create_task(relay.run())
                tasks.create_task(self._maintain(self.progress))
        finally:
            self.ready = False
            await self._stop(relays, publisher, store)

    async def _prepare(self, store: Store) -> None:
        """Wait for the store, then create indexes and readers."""
        sealer = Sealer.from_file(self.settings.secret_file)
        while True:
            try:
                await store.verify()
                for service in self.services:
                    context = ServiceContext(service.name, self.settings, store, sealer, clock=self.clock)
                    self.contexts[service.name] = context
                    await context.prepare(service.indexes, service.school_indexes)
                    for reaction in service.reactions:
                        name = f"{service.name}.{reaction.name}.v{reaction.version}"
                        applier = ReactionApplier(name, reaction, context)
                        self._readers.append(Reader(name, context, reaction.topics, applier))
                    for projection in service.projections:
                        builds = await context.generations.settle(projection)
                        for generation in _fed(projection, builds):
                            self._add_build(context, projection, generation)
            except UnavailableError:
                log.warning("waiting for the data store")
                self._readers.clear()
                self._builds.clear()
                await asyncio.sleep(PAUSE_WITHOUT_BROKER_S)
            else:
                return

    def _add_build(self, context: ServiceContext, projection: Projection, generation: Generation) -> _Build:
        build = _Build(context, projection, generation, reader_of(context, projection, generation))
        self._readers.append(build.reader)
        self._builds.append(build)
        return build

    def _retire(self, build: _Build) -> None:
        self._builds.remove(build)
        self._readers.remove(build.reader)
        build.reader.retired = True

    async def _connect(self) -> None:
        """Wait for the broker, create the topics and start the readers."""
        while True:
            broker = reading_broker(self.settings, "careers-hub-worker")
            broker.add_middleware(PatientDelivery)
            try:
                await ensure_topics(self.settings)
                self._cluster = await cluster_id(self.settings)
                async with asyncio.timeout(START_TIMEOUT_S):
                    await broker.start()
                    # Registered after the start, because the broker starts its own one after the other, and
                    # joining a group takes seconds.
                    subscribers = [register(broker, reader) for reader in self._readers]
                    subscribers.append(self._register_control(broker))
                    await asyncio.gather(*(subscriber.start() for subscriber in subscribers))
            except (BrokerUnavailableError, KafkaError, TimeoutError, OSError) as error:
                log.warning("waiting for the broker", error=type(error).__name__)
                await bounded_stop(broker)
                await asyncio.sleep(PAUSE_WITHOUT_BROKER_S)
            else:
                self._broker = broker
                return

    def _register_control(self, broker: KafkaBroker) -> Any:  # noqa: ANN401 - FastStream's subscriber
        """Every worker hears every control message from now on: they are repeated, not remembered."""
        subscriber = broker.subscriber(
            topic_name(self.settings, CONTROL),
            batch=True,
            batch_timeout_ms=IDLE_WAIT_MS * 5,
            fetch_max_wait_ms=FETCH_WAIT_MS * 5,
            auto_offset_reset="latest",
            ack_policy=AckPolicy.ACK_FIRST,
            parser=parse_first,
            decoder=raw_records,
            title="control",
        )
        subscriber(self._hear)
        return subscriber

    async def _hear(self, records: tuple[Any, ...]) -> None:
        if self.progress is not None:
            await self.progress.hear(records)

    async def _maintain(self, progress: Progress) -> None:
        while True:
            started_s = time.monotonic()
            try:
                await self._follow_broker()
                await progress.announce()
                await progress.check()
                await self._follow_builds(progress)
            except BrokerUnavailableError as error:
                log.warning("maintenance without a broker", reason=str(error))
                await self._restore_topics()
            except UnavailableError as error:
                log.warning("maintenance without a store", reason=str(error))
            await asyncio.sleep(max(0.0, MAINTENANCE_S - (time.monotonic() - started_s)))

    async def _follow_broker(self) -> None:
        """Start the readers anew when another cluster answers: their places in its topics mean nothing.

        Kafka tells a reader that its place is beyond the end. The embedded broker lets it wait there until
        the topic has grown as long as the lost one was, and a control topic lives from being heard now.
        """
        now_s = time.monotonic()
        if self._broker is None or now_s - self._looked_s < CLUSTER_CHECK_S:
            return
        self._looked_s = now_s
        if await cluster_id(self.settings) == self._cluster:
            return
        log.warning("another broker answers, which knows nothing; reading it from the beginning")
        broker, self._broker = self._broker, None
        await bounded_stop(broker)
        await self._connect()

    async def _restore_topics(self) -> None:
        try:
            made = await ensure_topics(self.settings)
        except BrokerUnavailableError as error:
            log.warning("the broker does not answer", reason=str(error))
            return
        if made:
            log.warning("the broker had forgotten its topics; created again", topics=made)

    async def _follow_builds(self, progress: Progress) -> None:
        """Keep to the registry, which an operator or another worker may have changed."""
        for service in self.services:
            context = self.contexts[service.name]
            for projection in service.projections:
                builds = await context.generations.builds(projection.name)
                if builds is not None:
                    await self._follow(progress, context, projection, builds)

    async def _follow(
        self, progress: Progress, context: ServiceContext, projection: Projection, builds: Builds
    ) -> None:
        """Feed the live builds of a projection, cut over one that has caught up, let the others be."""
        fed = {b.generation: b for b in self._builds if b.context is context and b.projection is projection}
        for generation, build in fed.items():
            if generation not in builds.live:
                self._retire(build)
            elif generation == builds.building and progress.has_caught_up(build.reader):
                await context.generations.cut_over(projection.name, builds)
                log.info("projection cut over", reader=build.reader.name)
        for generation in _fed(projection, builds):
            if generation not in fed:
                await self._start_build(context, projection, generation)

    async def _start_build(
        self, context: ServiceContext, projection: Projection, generation: Generation
    ) -> None:
        if self._broker is None:
            return
        build = self._add_build(context, projection, generation)
        log.info("building a projection", reader=build.reader.name)
        subscriber, started = register(self._broker, build.reader), False
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await subscriber.start()
                started = True
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("reader not started", reader=build.reader.name, error=type(error).__name__)
            self._retire(build)
        finally:
            # Also when the worker is told to stop meanwhile: the broker does not know it yet.
            if not started:
                await bounded_stop(subscriber)

    async def _stop(self, relays: Sequence[Relay], publisher: Publisher, store: Store) -> None:
        if self._broker is not None:
            await bounded_stop(self._broker)
        for relay in relays:
            try:
                await relay.release()
            except UnavailableError:
                log.warning("the relay's lease runs out by itself: the store is away")
        await publisher.close()
        await store.close()


def _fed(projection: Projection, builds: Builds) -> list[Generation]:
    """Name the live builds that this code can feed: a fold of another version is not in it."""
    return [generation for generation in builds.live if generation.version == projection.version]


def reader_of(context: ServiceContext, projection: Projection, generation: Generation) -> Reader:
    """Make the reader that feeds one build of a projection."""
    collection = generation.collection(projection.name)
    applier = ProjectionApplier(projection, context.database().collection(collection))
    return Reader(f"{context.service}.{collection}", context, projection.topics, applier)
