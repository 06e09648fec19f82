"""What stands between FastStream and a reader: bounded patience, the breaker's pause, and no lost record.

FastStream acknowledges a batch when its handler returns and, whatever policy is set, treats an exception in
ways that lose records or spin (ADR 0005). So nothing but success or `NackMessage` ever leaves this
middleware: a store that is away is retried in place with jitter, under a minute; after that the batch is
given back unacknowledged and fetched again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from faststream import AckPolicy, BaseMiddleware
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker
from faststream.message import StreamMessage

from services.runtime.errors import HubError
from services.runtime.failpoints import Failpoint, reach
from services.runtime.logs import get_logger
from services.runtime.reader import Reader

log = get_logger(__name__)

PATIENCE_S: Final = 45.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0
# How long a reader rests that got nothing. 20 instead would spare an idle embedded Hub an eighth of its third
# of a core, and add a tenth to the time until a report has an encounter.
IDLE_WAIT_MS: Final = 10
RECORDS_A_BATCH: Final = 1_000
# Kafka's advice: at least three heartbeats in a session.
HEARTBEATS_A_SESSION: Final = 4
# Longer than our patience, the breaker's pause and a large batch together.
MAX_POLL_MS: Final = 300_000


class PatientDelivery(BaseMiddleware[Any, Any]):
    """Retries a batch until it is settled, or gives it back."""

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]) -> Any:  # noqa: ANN401 - FastStream's signature
        """Call the reader until it succeeds, patience ends, or the process stops."""
        deadline = time.monotonic() + PATIENCE_S
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                answer = await call_next(msg)
            except Exception as error:
                expected = isinstance(error, HubError)
                log.warning(
                    "batch not settled", error=type(error).__name__, reason=str(error), exc_info=not expected
                )
                await asyncio.sleep(random.uniform(pause_s / 2, pause_s))  # noqa: S311 - jitter
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
                if time.monotonic() > deadline:
                    raise NackMessage from error
            else:
                reach(Failpoint.AFTER_APPLY)
                return answer


def register(broker: KafkaBroker, reader: Reader) -> Any:  # noqa: ANN401 - FastStream's subscriber, started by hand later
    """Subscribe a reader to its topics, in batches, acknowledged only when settled."""

    async def handle(records: tuple[Any, ...]) -> None:
        pause_s = reader.breaker.pause_left(time.monotonic())
        if pause_s:
            await asyncio.sleep(pause_s)
        if not reader.retired:
            await reader.take(records)

    settings = reader.context.settings
    session_ms = settings.kafka_session_timeout_ms
    subscriber = broker.subscriber(
        *reader.topics,
        group_id=f"{reader.context.hub}.{reader.name}",
        batch=True,
        max_records=RECORDS_A_BATCH,
        batch_timeout_ms=IDLE_WAIT_MS,
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        # The client's default is to start at the end of a topic: everything before it would be skipped.
        auto_offset_reset="earliest",
        session_timeout_ms=session_ms,
        heartbeat_interval_ms=session_ms // HEARTBEATS_A_SESSION,
        max_poll_interval_ms=MAX_POLL_MS,
        ack_policy=AckPolicy.ACK,
        parser=parse_first,
        decoder=raw_records,
        title=reader.name,
    )
    subscriber(handle)
    return subscriber


async def parse_first(records: tuple[Any, ...], parse: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401
    """Let FastStream parse a stand-in: we read headers and values ourselves.

    It would copy those of every record, skip a batch whose first record has a header that is no text, and
    take a stranger's `reply_to` for an order.
    """
    message = await parse((replace(records[0], headers=(), value=b""),))
    message.raw_message = records
    return message


async def raw_records(message: StreamMessage[Any]) -> Any:  # noqa: ANN401 - the records as the client gave them
    """Hand the records on undecoded."""
    return message.raw_message
