"""A worker's readers at the broker: subscribed, and subscribed anew when another broker answers.

FastStream's broker object is made again for each connection, because one that could not start cannot be used
twice. What it carries is settled in `delivery.py` and `reader.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from contracts.topics import CONTROL
from services.runtime.broker import (
    BrokerUnavailableError,
    bounded_stop,
    cluster_id,
    ensure_topics,
    reading_broker,
    topic_name,
)
from services.runtime.delivery import (
    IDLE_WAIT_MS,
    PatientDelivery,
    parse_first,
    raw_records,
    register,
)
from services.runtime.logs import get_logger
from services.runtime.reader import Reader
from services.runtime.settings import Settings

log = get_logger(__name__)

PAUSE_WITHOUT_BROKER_S: Final = 1.0
START_TIMEOUT_S: Final = 20.0
# How late a worker notices that the broker is another one; the question takes a few milliseconds.
CLUSTER_CHECK_S: Final = 2.0
# How late a reader notices that its place is beyond the end of what it reads.
PLACES_CHECK_S: Final = 5.0
PLACES_TIMEOUT_S: Final = 5.0


@dataclass(slots=True)
class Subscriptions:
    """The readers of one worker; `readers` may grow and shrink, `hear` takes the control messages."""

    settings: Settings
    readers: Sequence[Reader]
    hear: Callable[[tuple[Any, ...]], Awaitable[None]]
    _broker: KafkaBroker | None = None
    _cluster: str = ""
    _looked_s: float = 0.0
    _subscribers: list[Any] = field(default_factory=list)
    _places_looked_s: float = 0.0

    async def await_topics(self) -> None:
        """Wait for the broker and create the topics, which is all that a relay needs."""
        while True:
            try:
                await ensure_topics(self.settings)
            except BrokerUnavailableError as error:
                log.warning("waiting for the broker", error=type(error).__name__)
                await asyncio.sleep(PAUSE_WITHOUT_BROKER_S)
            else:
                return

    async def connect(self) -> None:
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
                    subscribers = [register(broker, reader) for reader in self.readers]
                    subscribers.append(self._register_control(broker))
                    await asyncio.gather(*(subscriber.start() for subscriber in subscribers))
            except (BrokerUnavailableError, KafkaError, TimeoutError, OSError) as error:
                log.warning("waiting for the broker", error=type(error).__name__)
            else:
                self._broker = broker
                self._subscribers = subscribers
                return
            finally:
                # Also when the worker is told to stop meanwhile.
                if self._broker is not broker:
                    await bounded_stop(broker)
            await asyncio.sleep(PAUSE_WITHOUT_BROKER_S)

    async def follow(self) -> None:
        """Start the readers anew when another cluster answers: their places in its topics mean nothing.

        Kafka tells a reader that its place is beyond the end. The embedded broker lets it wait there until
        the topic has grown as long as the lost one was, and a control topic lives from being heard now.
        Raises BrokerUnavailableError if none answers.
        """
        now_s = time.monotonic()
        if self._broker is None or now_s - self._looked_s < CLUSTER_CHECK_S:
            return
        self._looked_s = now_s
        if await cluster_id(self.settings) == self._cluster:
            return
        log.warning("another broker answers, which knows nothing; reading it from the beginning")
        await self.close()
        await self.connect()

    async def find_lost_places(self) -> None:
        """Have every reader whose place is beyond the end of a partition begin it anew.

        A batch that was settled as one broker went away can be acknowledged to the next one, and such a place
        means nothing there. Kafka says so to whoever reads on; the embedded broker lets them wait until the
        partition has grown as long as the lost one was, and nothing that is published again reaches them.
        What was read before is told from what is new by the sequences (`reader.py`).
        """
        now_s = time.monotonic()
        if self._broker is None or now_s - self._places_looked_s < PLACES_CHECK_S:
            return
        self._places_looked_s = now_s
        try:
            # Together, because none of them is answered while the broker is away.
            async with asyncio.timeout(PLACES_TIMEOUT_S):
                lost = await asyncio.gather(
                    *(_begin_anew_beyond_the_end(subscriber.consumer) for subscriber in self._subscribers)
                )
        except (KafkaError, TimeoutError) as error:
            # Looked at again soon: a group was just changing its members, or the broker is away.
            log.debug("places not looked at", error=type(error).__name__)
            return
        if any(lost):
            log.warning("places beyond the end; read from the beginning", partitions=sum(lost))

    async def restore_topics(self) -> None:
        """Create the topics that an emptied broker has forgotten."""
        try:
            made = await ensure_topics(self.settings)
        except BrokerUnavailableError as error:
            log.warning("the broker does not answer", reason=str(error))
            return
        if made:
            log.warning("the broker had forgotten its topics; created again", topics=made)

    async def add(self, reader: Reader) -> bool:
        """Start one more reader; False if the broker does not let it in time."""
        if self._broker is None:
            return False
        subscriber, started = register(self._broker, reader), False
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await subscriber.start()
                started = True
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("reader not started", reader=reader.name, error=type(error).__name__)
        finally:
            # Also when the worker is told to stop meanwhile: the broker does not know it yet.
            if started:
                self._subscribers.append(subscriber)
            else:
                await bounded_stop(subscriber)
        return started

    async def close(self) -> None:
        """Stop reading."""
        broker, self._broker = self._broker, None
        self._subscribers = []
        if broker is not None:
            await bounded_stop(broker)

    def _register_control(self, broker: KafkaBroker) -> Any:  # noqa: ANN401 - FastStream's subscriber
        """Every worker hears every control message from now on: they are repeated, not remembered."""
        subscriber = broker.subscriber(
            topic_name(self.settings, CONTROL),
            batch=True,
            batch_timeout_ms=IDLE_WAIT_MS * 10,
            fetch_max_wait_ms=self.settings.kafka_fetch_wait_ms * 5,
            auto_offset_reset="latest",
            ack_policy=AckPolicy.ACK_FIRST,
            parser=parse_first,
            decoder=raw_records,
            title="control",
        )
        subscriber(self.hear)
        return subscriber


async def _begin_anew_beyond_the_end(consumer: AIOKafkaConsumer | None) -> int:
    """Move a consumer from places that there cannot be; returns how many. None has been stopped meanwhile.

    The end is the one that the last fetch was answered with, unknown before: asked for the end by itself, the
    embedded broker names an earlier one.
    """
    if consumer is None:
        return 0
    ends = {partition: consumer.highwater(partition) for partition in consumer.assignment()}
    lost = [
        partition
        for partition, end in ends.items()
        if end is not None and await consumer.position(partition) > end
    ]
    if lost:
        await consumer.seek_to_beginning(*lost)
    return len(lost)
