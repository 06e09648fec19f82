"""Records that a test publishes itself, past every relay; they are marked, so that P3 can tell them apart."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.conn import create_conn
from aiokafka.protocol.admin import CreateTopicsRequest

from contracts.envelope import Envelope, source_of
from contracts.topics import ALL_TOPICS, CONTROL
from services.runtime.broker import topic_name
from services.runtime.settings import Settings
from tests.faults.evidence import INJECTED

PUBLISH_TIMEOUT_S: Final = 20.0
LARGEST_REQUEST_BYTES: Final = 16 * 1024 * 1024
MARK: Final = (INJECTED, b"1")


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it is to lie on the topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


async def publish_raw(settings: Settings, records: Iterable[Raw]) -> int:
    """Publish records in this order, each key's to its own partition; returns how many."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap, acks="all", max_request_size=LARGEST_REQUEST_BYTES
    )
    async with asyncio.timeout(PUBLISH_TIMEOUT_S):
        await producer.start()
        try:
            sent = [
                await producer.send(r.topic, key=r.key, value=r.value, headers=[*r.headers, MARK])
                for r in records
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()
    return len(sent)


async def publish_again(settings: Settings, records: Sequence[Any], dice: random.Random) -> int:
    """Publish old records once more, some of them twice, in any order; returns how many."""
    again = [Raw(r.topic, r.key, r.value, r.headers) for r in records]
    again += dice.sample(again, len(again) // 3)
    dice.shuffle(again)
    return await publish_raw(settings, again)


async def create_topics(settings: Settings, port: int) -> None:
    """Create the topics on a broker that nobody else may reach yet, straight at its port.

    Over the bare protocol, because a client would go on to the address that the broker advertises.
    """
    wanted: list[tuple[Any, ...]] = [
        (topic_name(settings, card), card.partitions, 1, [], []) for card in ALL_TOPICS
    ]
    connection = await create_conn("127.0.0.1", port)
    try:
        answer = await connection.send(CreateTopicsRequest(wanted, 10_000, validate_only=False))
    finally:
        connection.close()
    refused = [error for error in answer.topic_errors if error[1]]
    assert not refused, f"the broker refused topics: {refused}"


def old_announcements(settings: Settings, number: int) -> list[Raw]:
    """Control messages as a Hub of long standing has them; of another Hub, so that nobody heeds them."""
    envelope = Envelope(
        id=str(uuid.uuid4()),
        type="hub.ledger-heads.announced.v1",
        source=source_of("elsewhere", "pupils"),
        key="pupils",
        hub="elsewhere",
        time=dt.datetime.now(dt.UTC),
    )
    topic, value = topic_name(settings, CONTROL), b'{"service":"pupils","heads":[]}'
    return [Raw(topic, str(place).encode(), value, envelope.to_headers()) for place in range(number)]
