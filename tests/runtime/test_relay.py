"""The relay against a real broker: in order, again rather than never, and no harm from a late holder."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contracts.envelope import Envelope
from contracts.topics import PUPILS
from services.runtime import broker, relay
from services.runtime.broker import BrokerUnavailableError, Message, Publisher, ensure_topics, topic_name
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.lease import LEASE_S
from services.runtime.ledger import Head, Ledger
from services.runtime.mongo import Store
from services.runtime.relay import Relay
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from tests.conftest import NOW, eventually
from tests.runtime.sample_service import OTHER_URN, URN, tell_rolls
from tests.runtime.test_lease import Clock
from tests.substrate import free_port

pytestmark = pytest.mark.every_broker

ContextFor = Callable[[str], ServiceContext]
READ_TIMEOUT_S = 10.0


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    await ensure_topics(settings)
    publisher = Publisher(settings)
    yield publisher
    await publisher.close()


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


async def sent(settings: Settings, number: int) -> list[tuple[str, int]]:
    """Read so many records of the topic: key and sequence, in order within a key."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    await consumer.start()
    topic = topic_name(settings, PUPILS)
    consumer.assign([TopicPartition(topic, partition) for partition in range(PUPILS.partitions)])
    await consumer.seek_to_beginning()
    found: list[Envelope] = []
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            while len(found) < number:
                batches = await consumer.getmany(timeout_ms=200)
                found += [Envelope.from_headers(r.headers) for records in batches.values() for r in records]
    finally:
        await consumer.stop()
    return [(envelope.key, envelope.sequence or 0) for envelope in found]


def of_key(found: Sequence[tuple[str, int]], key: str) -> list[int]:
    return [sequence for k, sequence in found if k == key]


async def test_the_events_of_a_key_are_sent_in_order(
    pupils: ServiceContext, publisher: Publisher, settings: Settings
) -> None:
    for pupil in range(4):
        await tell_rolls(pupils, pupil, pupil, urn=URN)
        await tell_rolls(pupils, pupil, urn=OTHER_URN)
    sender = Relay(pupils, PUPILS, publisher, "only")

    assert await sender.send_round()
    assert not await sender.send_round()

    found = await sent(settings, 12)
    assert of_key(found, URN) == list(range(1, 9))
    assert of_key(found, OTHER_URN) == list(range(1, 5))
    assert [(h.head, h.published) for h in await pupils.ledger.heads()] == [(8, 8), (4, 4)]


async def test_a_batch_is_bounded_and_the_rest_follows(
    pupils: ServiceContext, publisher: Publisher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "ROWS_PER_KEY", 3)
    await tell_rolls(pupils, *range(7))
    sender = Relay(pupils, PUPILS, publisher, "only")

    rounds = 0
    while await sender.send_round():
        rounds += 1

    assert rounds == 3
    assert of_key(await sent(settings, 7), URN) == list(range(1, 8))


async def test_a_crash_between_sending_and_marking_repeats_and_never_skips(
    pupils: ServiceContext, publisher: Publisher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_rolls(pupils, 1, 2, 3)

    async def crash(*_: object) -> bool:
        raise UnavailableError("killed before it could mark")

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "mark_published", crash)
        with pytest.raises(UnavailableError):
            await Relay(pupils, PUPILS, publisher, "killed").send_round()
    assert await pupils.ledger.heads() == [Head(URN, 3, 0)]

    await tell_rolls(pupils, 4)
    # The same host and process id: its lease is its own again.
    assert await Relay(pupils, PUPILS, publisher, "killed").send_round()

    assert of_key(await sent(settings, 7), URN) == [1, 2, 3, 1, 2, 3, 4]
    assert await pupils.ledger.heads() == [Head(URN, 4, 4)]


async def test_a_rewound_ledger_is_sent_again_from_there(
    pupils: ServiceContext, publisher: Publisher, settings: Settings
) -> None:
    await tell_rolls(pupils, 1, 2, 3, 4)
    sender = Relay(pupils, PUPILS, publisher, "only")
    await sender.send_round()

    await pupils.ledger.rewind({URN: 2})
    await sender.send_round()

    assert of_key(await sent(settings, 6), URN) == [1, 2, 3, 4, 3, 4]


async def test_the_second_of_two_relays_sends_nothing(
    pupils: ServiceContext, publisher: Publisher, settings: Settings
) -> None:
    await tell_rolls(pupils, 1)
    first = Relay(pupils, PUPILS, publisher, "first")
    second = Relay(pupils, PUPILS, publisher, "second")

    assert await first.send_round()
    await tell_rolls(pupils, 2)
    assert not await second.send_round()
    await first.release()
    assert await second.send_round()

    assert of_key(await sent(settings, 2), URN) == [1, 2]


class Gatekept(Publisher):
    """The real publisher, which sends and then waits to be let on."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.has_sent = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def send(self, topic: str, messages: Sequence[Message]) -> int:
        acknowledged = await super().send(topic, messages)
        self.has_sent.set()
        await self.may_go_on.wait()
        return acknowledged


async def test_a_relay_that_lost_its_lease_while_sending_cannot_mark(
    settings: Settings, store: Store, publisher: Publisher
) -> None:
    sealer = Sealer.from_file(settings.secret_file)
    clock = Clock()
    pupils = ServiceContext("pupils", settings, store, sealer, clock=clock)
    await tell_rolls(pupils, 1, 2)
    slow_publisher = Gatekept(settings)
    sending = asyncio.create_task(Relay(pupils, PUPILS, slow_publisher, "slow").send_round())
    await slow_publisher.has_sent.wait()

    clock.advance(LEASE_S)
    quick = Relay(pupils, PUPILS, publisher, "quick")
    assert await quick.send_round()
    # Somebody asks for everything again, so `published` is once more what the slow one has read.
    await pupils.ledger.rewind({URN: 0})
    slow_publisher.may_go_on.set()
    await sending
    await slow_publisher.close()

    assert await pupils.ledger.heads() == [Head(URN, 2, 0)]


async def test_a_relay_whose_mark_is_refused_asks_whether_the_lease_is_still_its_own(
    settings: Settings, store: Store, publisher: Publisher
) -> None:
    sealer = Sealer.from_file(settings.secret_file)
    clock = Clock()
    pupils = ServiceContext("pupils", settings, store, sealer, clock=clock)
    await tell_rolls(pupils, 1)
    backward = Relay(pupils, PUPILS, publisher, "its clock goes back")
    assert await backward.send_round()
    clock.advance(LEASE_S)
    assert await Relay(pupils, PUPILS, publisher, "other").send_round() is False
    await tell_rolls(pupils, 2)
    assert await Relay(pupils, PUPILS, publisher, "other").send_round()

    clock.now = NOW - dt.timedelta(hours=1)
    await pupils.ledger.rewind({URN: 0})
    assert await backward.send_round()

    # The refused mark has told it; without that it would send the same rows for an hour.
    assert not await backward.send_round()


async def test_without_a_broker_nothing_is_lost_and_the_failure_is_bounded(
    pupils: ServiceContext, publisher: Publisher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Shortened, so that the test does not wait out the real five seconds.
    monkeypatch.setattr(broker, "CONNECT_TIMEOUT_S", 0.5)
    await tell_rolls(pupils, 1, 2)
    nowhere = Publisher(settings.model_copy(update={"kafka_bootstrap": f"127.0.0.1:{free_port()}"}))
    started_s = time.monotonic()
    with pytest.raises(BrokerUnavailableError):
        await Relay(pupils, PUPILS, nowhere, "only").send_round()
    assert time.monotonic() - started_s < 2.0
    assert await pupils.ledger.heads() == [Head(URN, 2, 0)]

    assert await Relay(pupils, PUPILS, publisher, "only").send_round()
    assert of_key(await sent(settings, 2), URN) == [1, 2]


async def test_many_keys_at_once_share_one_producer(
    pupils: ServiceContext, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Counter[str]()

    class Counted(AIOKafkaProducer):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the producer's own options
            made["producers"] += 1
            super().__init__(**options)

    monkeypatch.setattr(broker, "AIOKafkaProducer", Counted)
    for urn in (URN, OTHER_URN, "100001", "100002"):
        await tell_rolls(pupils, 1, urn=urn)  # type: ignore[arg-type]

    assert await Relay(pupils, PUPILS, publisher, "only").send_round()

    assert made["producers"] == 1


async def test_a_broken_change_stream_costs_time_and_nothing_else(
    pupils: ServiceContext, publisher: Publisher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "POLL_S", 0.05)

    def broken(_: Ledger) -> AsyncIterator[None]:
        raise UnavailableError("no change stream here")

    monkeypatch.setattr(Ledger, "wake_ups", broken)
    running = asyncio.create_task(Relay(pupils, PUPILS, publisher, "only").run())
    try:
        for pupil in (1, 2):
            await tell_rolls(pupils, pupil)

            async def all_published() -> bool:
                return all(h.head == h.published for h in await pupils.ledger.heads())

            await eventually(all_published)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert of_key(await sent(settings, 2), URN) == [1, 2]


async def test_the_change_stream_starts_a_round_long_before_the_next_poll(
    pupils: ServiceContext, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "POLL_S", 60.0)
    await tell_rolls(pupils, 1)
    running = asyncio.create_task(Relay(pupils, PUPILS, publisher, "only").run())
    try:

        async def told_and_published() -> bool:
            # The stream begins at some moment that nobody is told of; one of these events comes after it.
            await tell_rolls(pupils, 1)
            await asyncio.sleep(0.1)
            return all(h.published > 1 for h in await pupils.ledger.heads())

        await eventually(told_and_published)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_relay_survives_a_broker_and_a_store_that_come_and_go(
    pupils: ServiceContext, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PAUSE_AFTER_FAILURE_S", 0.01)
    monkeypatch.setattr(relay, "POLL_S", 0.05)
    troubles: list[Exception] = [BrokerUnavailableError("away"), UnavailableError("away")]
    send = publisher.send

    async def troubled(topic: str, messages: Sequence[Message]) -> int:
        if troubles:
            raise troubles.pop()
        return await send(topic, messages)

    monkeypatch.setattr(publisher, "send", troubled)
    await tell_rolls(pupils, 1)
    running = asyncio.create_task(Relay(pupils, PUPILS, publisher, "only").run())
    try:

        async def published() -> bool:
            return await pupils.ledger.heads() == [Head(URN, 1, 1)]

        await eventually(published)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert troubles == []
