"""The other side of R1 and R4: a bare producer, a raw consumer, and writes to the same store. No promises.

One aiokafka producer and one `getmany` loop with orjson, and `bulk_write` through the driver that the
services use, into one collection with the index that `pupils` has. No validation, no transaction, no
sequence, no ledger, no deduplication, no reads.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, ReplaceOne

from contracts.topics import PUPILS
from services.pupils.store import ACTIVITIES, SCHOOL_INDEXES
from services.runtime.broker import bounded_stop
from services.runtime.settings import Settings

Document = dict[str, Any]
HEARTBEATS_A_SESSION: Final = 4
IDLE_MS: Final = 20


@dataclass(frozen=True, slots=True)
class Bare:
    """A producer, a consumer that has joined its group, and a collection."""

    topic: str
    producer: Any
    consumer: Any
    collection: Any

    async def produce(self, documents: Sequence[Document]) -> None:
        """Send documents, all at once, and wait for the broker to have them."""
        sent = [
            await self.producer.send(self.topic, orjson.dumps(d), key=str(d["key"]).encode())
            for d in documents
        ]
        await asyncio.gather(*sent)

    async def insert_all(self, expected: int) -> None:
        """Consume so many documents and insert them; returns when the store has them all."""
        stored = 0
        while stored < expected:
            writes = [InsertOne(document) for document in await self._take()]
            if writes:
                await self.collection.bulk_write(writes, ordered=False)
                await self.consumer.commit()
                stored += len(writes)
        assert stored == expected, f"{stored} of {expected} documents were stored"

    async def upsert_for_ever(self) -> None:
        """Consume and upsert by id until cancelled."""
        while True:
            writes = [ReplaceOne({"_id": d["_id"]}, d, upsert=True) for d in await self._take()]
            if writes:
                await self.collection.bulk_write(writes, ordered=False)
                await self.consumer.commit()

    async def _take(self) -> list[Document]:
        batches = await self.consumer.getmany(timeout_ms=IDLE_MS)
        return [orjson.loads(record.value) for records in batches.values() for record in records]


@asynccontextmanager
async def running_bare(settings: Settings) -> AsyncIterator[Bare]:
    """Make a topic and a collection of its own, and open all that the bare side needs."""
    name = f"bare{secrets.token_hex(4)}"
    topic = f"{settings.topic_prefix}{name}"
    # The driver, write concern and read concern of `Store.connect`.
    client: Any = AsyncIOMotorClient(
        settings.mongodb_url.get_secret_value(), w="majority", readConcernLevel="majority", tz_aware=True
    )
    collection = client[f"{settings.hub_id}_{name}"][ACTIVITIES]
    for index in SCHOOL_INDEXES[ACTIVITIES]:
        await collection.create_index(list(index.keys))
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap, acks="all", enable_idempotence=settings.kafka_idempotence
    )
    consumer: Any = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=settings.kafka_session_timeout_ms // HEARTBEATS_A_SESSION,
    )
    try:
        await producer.start()
        await _create_topic(settings, topic)
        await consumer.start()
        yield Bare(topic, producer, consumer, collection)
    finally:
        await bounded_stop(consumer)
        await bounded_stop(producer)
        client.close()


async def _create_topic(settings: Settings, topic: str) -> None:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=PUPILS.partitions, replication_factor=1)])
    finally:
        await bounded_stop(admin)


def as_plain(document: Any) -> Any:  # noqa: ANN401 - BSON is any nesting of lists and mappings
    """Make a stored document one that JSON can carry."""
    match document:
        case dict():
            return {name: as_plain(value) for name, value in document.items()}
        case list():
            return [as_plain(value) for value in document]
        case dt.datetime():
            return document.isoformat()
        case bytes():
            return document.decode()
        case _:
            return document
