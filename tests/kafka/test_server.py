"""The broker that tests call Kafka: durable, another cluster once it forgot, its producers idempotent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr

from contracts.topics import CONTROL
from services.runtime.broker import Message, Publisher, cluster_id, ensure_topics, topic_name
from services.runtime.settings import Settings
from tests.conftest import skipping_without_kafka
from tests.kafka.jars import kafka_jars
from tests.kafka.server import KafkaServer, kafka_answers
from tests.substrate import child, free_port

START = Callable[[], AbstractContextManager[Popen[bytes]]]
# Where the identity of an idempotent producer is in a batch (KIP-98); -1 is none.
PRODUCER_ID = slice(43, 51)


@pytest.fixture
def server(tmp_path: Path) -> KafkaServer:
    with skipping_without_kafka():
        jars = kafka_jars()
    port = free_port()
    return KafkaServer(tmp_path / "kafka", jars, port, free_port(), port)


@pytest.fixture
def start(server: KafkaServer, tmp_path: Path) -> START:
    """Start the server; it is killed at the end of the context."""
    return lambda: child(server.command(), tmp_path / "log", lambda: kafka_answers(server.port))


@pytest.fixture
def settings(server: KafkaServer) -> Settings:
    return Settings(
        hub_id="here",
        mongodb_url=SecretStr("mongodb://nowhere.invalid"),
        kafka_bootstrap=f"127.0.0.1:{server.port}",
        kafka_replication=1,
    )


async def test_what_was_acknowledged_is_there_after_a_kill_and_gone_after_forgetting(
    server: KafkaServer, start: START, settings: Settings
) -> None:
    assert settings.kafka_idempotence, "on, as by default"
    topic = topic_name(settings, CONTROL)
    with start():
        first = await cluster_id(settings)
        await ensure_topics(settings)
        publisher = Publisher(settings)
        assert await publisher.send(topic, [Message(b"key", b"value", [])]) == 1
        await publisher.close()

    batch = (server.folder / "data" / f"{topic}-0" / f"{0:020}.log").read_bytes()
    assert int.from_bytes(batch[PRODUCER_ID], signed=True) >= 0, "the producer was not idempotent"

    with start():
        assert await cluster_id(settings) == first
        assert await everything_in(settings, topic) == [b"value"]

    server.forget()
    with start():
        assert await cluster_id(settings) != first
        assert len(await ensure_topics(settings)) > 1, "it has no topic left"


def test_a_port_where_nobody_serves_does_not_answer() -> None:
    assert not kafka_answers(free_port())


async def everything_in(settings: Settings, topic: str) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        found = await consumer.getmany(place, timeout_ms=10_000)
        return [record.value for record in found[place]]
    finally:
        await consumer.stop()
