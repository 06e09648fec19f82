"""What stands between the broker and a reader: patience with the store, and a pause when parking runs hot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream import ContextRepo
from faststream.exceptions import NackMessage
from faststream.message import StreamMessage

from contracts.topics import PUPILS
from services.runtime import delivery
from services.runtime.breaker import Breaker
from services.runtime.broker import topic_name
from services.runtime.context import ServiceContext
from services.runtime.delivery import PatientDelivery
from services.runtime.errors import UnavailableError
from services.runtime.parking import Parking
from services.runtime.settings import Settings
from tests.conftest import WorkerFor, eventually
from tests.runtime.sample_service import ROLL_STREAM, ROLLS, SOURCE, TARGET, URN, records_of, tell_rolls

pytestmark = pytest.mark.every_broker

MESSAGE = cast("StreamMessage[Any]", None)


@pytest.fixture
def middleware(monkeypatch: pytest.MonkeyPatch) -> PatientDelivery:
    # The pauses are not what is tested.
    monkeypatch.setattr(delivery, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(delivery, "LONGEST_PAUSE_S", 0.0)
    return PatientDelivery(None, context=ContextRepo())


class Reader:
    """Fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self, _message: object) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "settled"


async def test_a_batch_is_tried_until_it_is_settled(middleware: PatientDelivery) -> None:
    reader = Reader(UnavailableError("away"), ValueError("a bug"), UnavailableError("away"))
    assert await middleware.consume_scope(reader, MESSAGE) == "settled"
    assert reader.calls == 4


async def test_patience_ends_with_the_batch_given_back_and_never_acknowledged(
    middleware: PatientDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PATIENCE_S", 0.0)
    reader = Reader(*(UnavailableError("away") for _ in range(100)))
    with pytest.raises(NackMessage):
        await middleware.consume_scope(reader, MESSAGE)
    assert reader.calls < 5


async def test_stopping_is_not_retried(middleware: PatientDelivery) -> None:
    reader = Reader(cast("Exception", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        await middleware.consume_scope(reader, MESSAGE)
    assert reader.calls == 1


def test_patience_and_the_breakers_pause_fit_into_the_brokers_own() -> None:
    together_s = delivery.PATIENCE_S + delivery.LONGEST_PAUSE_S + Breaker().pause_s
    assert delivery.PATIENCE_S < 60
    assert together_s * 1000 < delivery.MAX_POLL_MS


def test_a_breaker_opens_when_parking_runs_hot_and_closes_after_its_pause() -> None:
    breaker = Breaker(limit=3, window_s=10, pause_s=5)
    assert not breaker.parked(100, 2)
    assert breaker.pause_left(100) == 0
    assert breaker.parked(101)
    assert breaker.pause_left(101) == 5
    assert breaker.pause_left(104) == 2
    assert breaker.pause_left(106) == 0


def test_records_that_were_parked_long_ago_do_not_count() -> None:
    breaker = Breaker(limit=3, window_s=10, pause_s=5)
    assert not breaker.parked(100, 2)
    assert not breaker.parked(111, 2)
    assert breaker.parked(112)


def test_after_its_pause_a_breaker_counts_from_nothing() -> None:
    breaker = Breaker(limit=3, window_s=100, pause_s=5)
    assert breaker.parked(100, 3)
    assert not breaker.parked(106, 2)
    assert breaker.parked(107)


def test_one_batch_can_open_it() -> None:
    assert Breaker(limit=3).parked(0.0, 1000)


async def test_records_that_are_no_events_get_through_the_broker_and_stop_nothing(
    settings: Settings, context_for: Callable[[str], ServiceContext], worker_for: WorkerFor
) -> None:
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1)
    (good,) = await records_of(pupils, PUPILS, URN)
    bad_text = good.with_header("ce_type", b"\xff\xfe")
    strangers: list[tuple[bytes | None, bytes | None, list[tuple[str, Any]]]] = [
        (None, b"{}", []),
        (b"\xff", b"\xff", [("reply_to", b"\xff"), ("content-type", b"application/json")]),
        (good.key, b"{not json", []),
        (good.key, good.value, list(bad_text.headers)),
        (good.key, good.value, list(good.with_header("ce_hub", b"another").headers)),
    ]
    async with worker_for((SOURCE, TARGET)) as worker:
        producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
        await producer.start()
        for key, value, headers in strangers:
            await producer.send_and_wait(topic_name(settings, PUPILS), value, key=key, headers=headers)
        await producer.stop()
        await tell_rolls(pupils, 2)
        reporting = worker.contexts["reporting"]
        documents = await reporting.projection(ROLLS)

        async def all_settled() -> bool:
            document = await documents.get(str(ROLL_STREAM))
            parked = await Parking(reporting.database()).waiting()
            return document is not None and document["sequence"] == 2 and len(parked) == len(strangers)

        await eventually(all_settled)


async def test_a_reader_whose_place_is_beyond_the_end_reads_from_the_beginning(
    settings: Settings, context_for: Callable[[str], ServiceContext], worker_for: WorkerFor
) -> None:
    """As a batch leaves it that was settled as one broker went away, and acknowledged to the next one."""
    async with worker_for((SOURCE, TARGET)) as worker:
        assert worker.progress is not None
        groups = [f"{settings.hub_id}.{name}" for name in worker.progress.lag()]
    for group in groups:
        consumer = AIOKafkaConsumer(
            topic_name(settings, PUPILS),
            bootstrap_servers=settings.kafka_bootstrap,
            group_id=group,
            enable_auto_commit=False,
        )
        await consumer.start()
        await consumer.commit(dict.fromkeys(consumer.assignment(), 1000))
        await consumer.stop()
    pupils = context_for("pupils")

    async with worker_for((SOURCE, TARGET)) as worker:
        await tell_rolls(pupils, 1, 2, 3)
        documents = await worker.contexts["reporting"].projection(ROLLS)

        async def all_applied() -> bool:
            document = await documents.get(str(ROLL_STREAM))
            return document is not None and document["sequence"] == 3

        await eventually(all_applied)
