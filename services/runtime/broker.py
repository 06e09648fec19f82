"""Kafka, set up once: a producer that loses nothing and reorders nothing, topics, and the readers' broker.

The defaults of the clients would lose data (see the constants); every process gets its producer and its
FastStream broker from here and nowhere else. No call waits for ever: with the broker gone, aiokafka's `send`
and `stop` do, so each is bounded, and after a failure the producer is thrown away and built anew.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity

from contracts.envelope import Headers
from contracts.topics import ALL_TOPICS, TopicCard
from services.runtime.logs import get_logger
from services.runtime.settings import Settings

log = get_logger(__name__)

PUBLISH_TIMEOUT_S: Final = 10.0
# Readers finish their batch, and then leave their groups; a reader that is abandoned before it has left keeps
# its partitions from the next one until its session ends.
HANDLERS_FINISH_S: Final = 2.0
CLOSE_TIMEOUT_S: Final = 3.0
CONNECT_TIMEOUT_S: Final = 5.0
REQUEST_TIMEOUT_MS: Final = 8_000
# A batch of a school's ledger rows is about 200 x 1 KiB.
MAX_REQUEST_BYTES: Final = 1024 * 1024
METADATA_MAX_AGE_MS: Final = 5_000
TOPIC_EXISTS: Final = TopicAlreadyExistsError.errno


class BrokerUnavailableError(Exception):
    """The broker did not acknowledge; what was being sent stays in the ledger."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes into one Kafka record."""

    key: bytes
    value: bytes
    headers: Headers


def topic_name(settings: Settings, card: TopicCard) -> str:
    """Name a card's topic on this Hub's cluster."""
    return f"{settings.topic_prefix}{card.name}"


class Publisher:
    """Sends batches with `acks=all`, in order within a key; rebuilds itself after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def send(self, topic: str, messages: Sequence[Message]) -> int:
        """Send messages in order and wait until the broker has them.

        Returns how many, from the first on, were acknowledged: a failure in the middle leaves the rest for
        the next time. Raises BrokerUnavailableError if none was.
        """
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                producer = await self._started()
                sent = [
                    await producer.send(topic, value=m.value, key=m.key, headers=m.headers) for m in messages
                ]
                outcomes = await asyncio.gather(*sent, return_exceptions=True)
        except (KafkaError, TimeoutError, OSError) as error:
            await self.close()
            message = f"the broker did not acknowledge ({type(error).__name__})"
            raise BrokerUnavailableError(message) from error
        acknowledged = next((i for i, o in enumerate(outcomes) if isinstance(o, BaseException)), len(sent))
        if acknowledged < len(sent):
            failure = outcomes[acknowledged]
            await self.close()
            if acknowledged == 0:
                message = f"the broker did not acknowledge ({type(failure).__name__})"
                raise BrokerUnavailableError(message)
        return acknowledged

    async def close(self) -> None:
        """Throw the producer away, waiting for it a bounded time only."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await bounded_stop(producer)

    async def _started(self) -> AIOKafkaProducer:
        # Many keys ask at once; a producer each would leave all but the last open for ever.
        async with self._starting:
            if self._producer is None:
                self._producer = await self._start()
            return self._producer

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_bootstrap,
            **_secured(self._settings),
            acks="all",
            enable_idempotence=self._settings.kafka_idempotence,
            # Batches are sent by hand: waiting for more would only add latency.
            linger_ms=0,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await producer.start()
        except BaseException:
            await bounded_stop(producer)
            raise
        return producer


async def bounded_stop(stoppable: Any) -> None:  # noqa: ANN401 - a producer, an admin client or a broker
    """Stop a Kafka client, giving up after a while: it would wait for a broker that may never come back."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await (stoppable.close() if isinstance(stoppable, AIOKafkaAdminClient) else stoppable.stop())
    except (KafkaError, TimeoutError, OSError) as error:
        log.warning("kafka client abandoned", client=type(stoppable).__name__, error=type(error).__name__)


async def ensure_topics(settings: Settings) -> list[str]:
    """Create the topics of `contracts/topics.py` that are missing; returns those that were made.

    Raises BrokerUnavailableError if the broker does not answer or refuses.
    """
    async with _administering(settings) as admin:
        existing = set(await admin.list_topics())
        missing = [card for card in ALL_TOPICS if topic_name(settings, card) not in existing]
        if missing:
            answer = await admin.create_topics([_new_topic(settings, card) for card in missing])
            _raise_refusals(answer)
    return [topic_name(settings, card) for card in missing]


async def cluster_id(settings: Settings) -> str:
    """Ask which cluster answers; one that lost everything has another id. Raises BrokerUnavailableError."""
    async with _administering(settings) as admin:
        return str((await admin.describe_cluster())["cluster_id"])


@asynccontextmanager
async def _administering(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap,
        **_secured(settings),
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT_S):
            await admin.start()
            yield admin
    except (KafkaError, TimeoutError, OSError) as error:
        message = f"the broker cannot be administered ({type(error).__name__}: {error})"
        raise BrokerUnavailableError(message) from error
    finally:
        await bounded_stop(admin)


def reading_broker(settings: Settings, application: str) -> KafkaBroker:
    """Make the FastStream broker on which a worker's readers are registered; it never produces."""
    context = _tls(settings)
    return KafkaBroker(
        settings.kafka_bootstrap,
        security=None if context is None else BaseSecurity(ssl_context=context, use_ssl=True),
        client_id=application,
        consumer_only=True,
        allow_auto_create_topics=False,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        graceful_timeout=HANDLERS_FINISH_S,
        # Handlers take raw records: our own decoding knows which failures to park.
        apply_types=False,
        logger=None,
    )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """Read the certificates anew, because those in a cluster are renewed; None without TLS."""
    if settings.kafka_certificate_file is None:
        return None
    context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
    return context


def _secured(settings: Settings) -> dict[str, Any]:
    """Say to a client of aiokafka how to reach the broker."""
    context = _tls(settings)
    return {} if context is None else {"security_protocol": "SSL", "ssl_context": context}


def _new_topic(settings: Settings, card: TopicCard) -> NewTopic:
    return NewTopic(
        name=topic_name(settings, card),
        num_partitions=card.partitions,
        replication_factor=settings.kafka_replication,
        topic_configs={
            "retention.ms": str(card.retention_ms),
            "min.insync.replicas": str(max(1, settings.kafka_replication - 1)),
        },
    )


def _raise_refusals(answer: Any) -> None:  # noqa: ANN401 - the client's response classes are built at run time
    for topic, code, *_ in answer.topic_errors:
        if code not in {0, TOPIC_EXISTS}:
            message = f"topic {topic} was refused: {for_code(code).__name__}"
            raise BrokerUnavailableError(message)
