"""A Hub without processes, for planting bugs: the API in this process, relays and readers worked by hand.

One step at a time, so that a bug shows every time: post, relay, and hand the readers real records in whatever
batches and order a test likes. What a reader's `take` has returned for is what would have been acknowledged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from contracts.topics import PUPILS
from services.registry import SERVICES
from services.runtime.broker import Publisher, ensure_topics, topic_name
from services.runtime.feeding import reader_of
from services.runtime.reaction import ReactionApplier
from services.runtime.reader import Reader
from services.runtime.relay import Relay
from tests.faults.evidence import places_of
from tests.faults.scenario import Place, Scene, scenario, until

HUB_REPORT: Final = "reporting.hub_report_v2"
# A worker that was killed keeps its lease on the relays for 5 s.
RELAY_TIMEOUT_S: Final = 30.0


@dataclass(slots=True, eq=False)
class Workbench:
    """A scene and the tools to work it."""

    scene: Scene
    relays: Sequence[Relay]

    async def post(self, rounds: int) -> None:
        """Have every school post so many times, one after the other."""
        for _ in range(rounds):
            for load in self.scene.loads.values():
                await load.client.deliver(load.planner.next())

    async def relay(self) -> None:
        """Publish all that the ledgers hold and the broker has not; a worker beside may be quicker."""

        async def published() -> bool:
            for relay in self.relays:
                await relay.send_round()
            heads = [await context.ledger.heads() for context in self.scene.evidence.contexts.values()]
            return all(head.published == head.head for service in heads for head in service)

        await until(published, RELAY_TIMEOUT_S, "everything is published")

    async def readers(self) -> dict[str, Reader]:
        """Make every reader of every service anew, as a process that has just started has them."""
        readers: list[Reader] = []
        for name, context in self.scene.evidence.contexts.items():
            for projection in SERVICES[name].projections:
                builds = await context.generations.settle(projection)
                readers.append(reader_of(context, projection, builds.active))
            for reaction in SERVICES[name].reactions:
                reader = f"{name}.{reaction.name}.v{reaction.version}"
                applier = ReactionApplier(reader, reaction, context)
                readers.append(Reader(reader, context, reaction.topics, applier))
        return {reader.name: reader for reader in readers}

    async def records(self, reader: Reader) -> list[Any]:
        """All records of the topics that a reader reads, as the broker has them."""
        return [record for record in await self.scene.evidence.topics() if record.topic in reader.topics]

    async def fresh(self, reader: Reader, known: Sequence[Any]) -> list[list[Any]]:
        """The records that came since, by stream, the longest stream first."""
        places = {(record.topic, record.partition, record.offset) for record in known}
        streams: dict[tuple[str, bytes], list[Any]] = {}
        for record in await self.records(reader):
            if (record.topic, record.partition, record.offset) not in places:
                streams.setdefault((record.topic, record.key), []).append(record)
        return sorted(streams.values(), key=len, reverse=True)

    async def acknowledged(self, reader: str) -> bool:
        """Whether a reader's group has acknowledged all records of the pupils' topic."""
        settings = self.scene.place.settings
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap, group_id=f"{settings.hub_id}.{reader}"
        )
        await consumer.start()
        try:
            places = await places_of(consumer, topic_name(settings, PUPILS))
            assert places, "what has no partitions says nothing"
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            return all([(await consumer.committed(place) or 0) >= end for place, end in ends.items()])
        finally:
            await consumer.stop()

    async def read(self, *but: str) -> None:
        """Hand every reader all its records, except those named."""
        for name, reader in (await self.readers()).items():
            if name not in but:
                await reader.take(await self.records(reader))


@asynccontextmanager
async def open_workbench(place: Place, name: str, seed: int) -> AsyncIterator[Workbench]:
    """Set up schools that have enrolled, with a directory that everybody knows."""
    await ensure_topics(place.settings)
    publisher = Publisher(place.settings)
    try:
        async with scenario(place, name, seed) as scene:
            contexts = scene.evidence.contexts
            relays = [
                Relay(contexts[service.name], service.topic, publisher, "workbench")
                for service in SERVICES.values()
                if service.topic is not None
            ]
            bench = Workbench(scene, relays)
            await scene.enrol()
            await bench.relay()
            await bench.read()
            await scene.directory_known()
            yield bench
    finally:
        await publisher.close()
