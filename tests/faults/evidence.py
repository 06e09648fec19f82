"""Everything that a Hub left behind, read without its help.

Nothing here decides anything; `checkers.py` does. Databases and topics are read whole and raw, so that what
nobody expected to be there is seen as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient

from contracts.topics import ALL_TOPICS
from services.recount.ledger import rows_of
from services.registry import SERVICES
from services.runtime.arrivals import Cursor, Stream
from services.runtime.broker import topic_name
from services.runtime.context import ServiceContext
from services.runtime.ledger import LEDGER, SEQUENCES
from services.runtime.mongo import Document, Store
from services.runtime.parking import PARKED, WAITING
from services.runtime.reaction import CURSORS
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings

READ_TIMEOUT_S: Final = 20.0
LARGEST_FETCH_BYTES: Final = 16 * 1024 * 1024
FETCH_MS: Final = 200
QUIET_FETCHES: Final = 5
# Tests put this header on records that they publish themselves, past every relay.
INJECTED: Final = "x-injected"


@dataclass(frozen=True, slots=True)
class Position:
    """One reader in one stream: what is durable, what it has applied, and what is parked beyond that."""

    reader: str
    stream: Stream
    head: int
    applied: int
    parked: int
    held: bool

    @property
    def missing(self) -> int:
        """Events that are neither applied nor parked; less than nothing if some are both, or too many."""
        return self.head - self.applied - self.parked


@dataclass(slots=True, eq=False)
class Evidence:
    """Reads one Hub's remains; contexts are those of the services, on a connection of the test's own."""

    settings: Settings
    store: Store
    contexts: Mapping[str, ServiceContext]

    async def heads(self, service: str) -> dict[str, int]:
        """The last sequence of every key of a service's ledger."""
        found = await self._own(service, SEQUENCES).find({})
        return {document["_id"]: document["head"] for document in found}

    async def ledger(self, service: str, key: str) -> list[Document]:
        """A key's rows, in order of sequence."""
        batches = await self._own(service, LEDGER).find({"key": key}, sort=[("last", 1)])
        return [row for batch in batches for row in rows_of(batch)]

    async def read_models(self, urns: Sequence[str]) -> dict[str, Document]:
        """The documents of the Hub report's projection for schools, by stream."""
        context = self.contexts["reporting"]
        (projection,) = [one for one in SERVICES["reporting"].projections if one.name == "hub_report"]
        found = await (await context.projection(projection)).find({"key": {"$in": list(urns)}})
        return {document["_id"]: document for document in found}

    async def engagement(self, urn: str) -> dict[str, Any]:
        """What the employers' service has counted for a school, by academic year and employer."""
        context = self.contexts["employers"]
        (projection,) = [one for one in SERVICES["employers"].projections if one.name == "engagement"]
        document = await (await context.projection(projection)).get(f"pupils/{urn}")
        state: dict[str, Any] = {} if document is None else document["state"]
        return state

    async def parked(self, service: str) -> list[Document]:
        """What waits in a service's parking."""
        rows: list[Document] = await self._own(service, PARKED).find({"status": WAITING})
        return rows

    async def positions(self, urns: Sequence[str]) -> list[Position]:
        """Where every reader of every service is in the streams of these schools."""
        found: list[Position] = []
        heads = {owner: await self.heads(owner) for owner, service in SERVICES.items() if service.topic}
        for name, context in self.contexts.items():
            parked = await self.parked(name)
            for reader, owners, cursors in await self._readers(name, context):
                streams = [Stream(owner, key) for owner in owners for key in heads[owner] if key in urns]
                for stream in streams:
                    cursor = cursors.get(str(stream), Cursor(0))
                    behind = [
                        row
                        for row in parked
                        if (row["reader"], row["service"], row["key"]) == (reader, *stream)
                        and row["sequence"] > cursor.sequence
                    ]
                    found.append(
                        Position(
                            reader,
                            stream,
                            heads[stream.service][stream.key],
                            cursor.sequence,
                            len(behind),
                            cursor.held,
                        )
                    )
        return found

    async def _readers(
        self, name: str, context: ServiceContext
    ) -> list[tuple[str, list[str], dict[str, Cursor]]]:
        """A service's readers: name, owners of the topics that they read, and cursors by stream."""
        readers: list[tuple[str, list[str], dict[str, Cursor]]] = []
        for projection in SERVICES[name].projections:
            collection = await context.generations.active_collection(projection)
            found = await context.database().collection(collection).find({}, fields=["sequence", "held"])
            cursors = {d["_id"]: Cursor(d["sequence"], d["held"]) for d in found}
            readers.append((f"{name}.{collection}", [c.owner for c in projection.topics], cursors))
        for reaction in SERVICES[name].reactions:
            reader = f"{name}.{reaction.name}.v{reaction.version}"
            found = await self._own(name, CURSORS).find({})
            cursors = {
                d["_id"].removeprefix(f"{reader}/"): Cursor(d["sequence"], d["held"])
                for d in found
                if d["_id"].startswith(f"{reader}/")
            }
            readers.append((reader, [card.owner for card in reaction.topics], cursors))
        return readers

    async def databases(self) -> dict[str, list[bytes]]:
        """Every document of every database of this Hub, as it is stored."""
        client: Any = AsyncIOMotorClient(
            self.settings.mongodb_url.get_secret_value(), document_class=RawBSONDocument
        )
        try:
            found: dict[str, list[bytes]] = {}
            for name in await client.list_database_names():
                if name.startswith(f"{self.settings.hub_id}_"):
                    rows = found[name] = []
                    for collection in await client[name].list_collection_names():
                        rows += [d.raw async for d in client[name][collection].find({})]
            return found
        finally:
            client.close()

    async def topics(self) -> list[ConsumerRecord[bytes, bytes]]:
        """Every record of every topic that the broker has now."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
            max_partition_fetch_bytes=LARGEST_FETCH_BYTES,
        )
        async with asyncio.timeout(READ_TIMEOUT_S):
            await consumer.start()
            try:
                places = await self._places(consumer)
                if not places:
                    return []
                consumer.assign(places)
                ends = await consumer.end_offsets(places)
                return [record async for record in _up_to(consumer, ends)]
            finally:
                await consumer.stop()

    async def _places(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        places = [await places_of(consumer, topic_name(self.settings, card)) for card in ALL_TOPICS]
        return [place for topic in places for place in topic]

    def _own(self, service: str, collection: str) -> Any:  # noqa: ANN401 - a Collection of ours
        return self.contexts[service].database().collection(collection)


async def places_of(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """The partitions of a topic, none if there is no such topic.

    Asked of the broker: a consumer knows by itself only what it has subscribed to, and says that everything
    else has no partitions. (The embedded broker tells it of every topic, unasked.)
    """
    cluster = await consumer._client.fetch_all_metadata()
    return [
        TopicPartition(topic, partition) for partition in sorted(cluster.partitions_for_topic(topic) or ())
    ]


async def _up_to(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    """Read to the ends, or until nothing comes any more.

    Clients that meet an emptied embedded broker all at once make it create topics twice over, and it then
    names ends that it has no records for.
    """
    quiet = 0
    while quiet < QUIET_FETCHES:
        left = [place for place, end in ends.items() if await consumer.position(place) < end]
        if not left:
            return
        found = await consumer.getmany(*left, timeout_ms=FETCH_MS)
        quiet = 0 if found else quiet + 1
        for records in found.values():
            for record in records:
                yield record


@asynccontextmanager
async def open_evidence(settings: Settings) -> AsyncIterator[Evidence]:
    """Connect to what a Hub stores, past its processes."""
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=4, application="evidence")
    sealer = Sealer.from_file(settings.secret_file)
    try:
        yield Evidence(
            settings, store, {name: ServiceContext(name, settings, store, sealer) for name in SERVICES}
        )
    finally:
        await store.close()
