"""The relay: sends what the ledger holds and the broker has not acknowledged, in order within a key.

One holder a service, by lease. Each round compares `head` with `published` of every key, reads the rows in
between, sends the keys side by side and the rows of a key in order, and then moves `published`. A crash
between sending and marking, a second holder or a restart send some rows again; readers drop what they have.
Nothing is ever skipped, because `published` moves over acknowledged rows only.

Polling is the truth. A change stream on the counters merely wakes the relay early, and if it breaks nothing
is lost but time.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from contracts.envelope import source_of
from contracts.topics import TopicCard
from services.runtime.broker import BrokerUnavailableError, Message, Publisher, topic_name
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.failpoints import Failpoint, reach
from services.runtime.lease import Lease
from services.runtime.ledger import Head, LedgerRow
from services.runtime.logs import get_logger
from services.runtime.telemetry import (
    context_of,
    current_traceparent,
    events_published,
    publish_failures,
    tracer,
)

log = get_logger(__name__)

# The change stream makes a round start within a millisecond; this is how late one is when it is broken.
POLL_S: Final = 1.0
# Rows of a key sent before they are marked: a crash repeats at most these.
ROWS_PER_KEY: Final = 200
KEYS_AT_ONCE: Final = 4
PAUSE_AFTER_FAILURE_S: Final = 1.0


class Relay:
    """Sends one service's ledger to its topic."""

    def __init__(self, context: ServiceContext, card: TopicCard, publisher: Publisher, holder: str) -> None:
        self._context = context
        self._topic = topic_name(context.settings, card)
        self._source = source_of(context.hub, context.service)
        self._publisher = publisher
        self._lease = Lease(context.database(), "relay", holder, context.clock)
        self._wake = asyncio.Event()
        self._reading = asyncio.Semaphore(KEYS_AT_ONCE)

    async def run(self) -> None:
        """Send until cancelled; a failure of store or broker pauses and tries again."""
        watching = asyncio.create_task(self._watch())
        try:
            while True:
                try:
                    busy = await self.send_round()
                except (BrokerUnavailableError, UnavailableError) as error:
                    publish_failures.add(1, {"service": self._context.service})
                    log.warning("relay paused", service=self._context.service, reason=str(error))
                    await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
                    continue
                if not busy:
                    await self._rest()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def send_round(self) -> bool:
        """Send one batch of every key that waits; True if there was anything to send."""
        if not await self._lease.hold():
            return False
        waiting = [head for head in await self._context.ledger.heads() if head.head > head.published]
        if not waiting:
            return False
        results = await asyncio.gather(*(self._send_key(head) for head in waiting), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return True

    async def release(self) -> None:
        """Let the next holder start at once; for a clean stop."""
        await self._lease.release()

    async def _send_key(self, head: Head) -> None:
        async with self._reading:
            rows = await self._context.ledger.read(head.key, head.published, ROWS_PER_KEY)
        expected = head.published + 1
        if not rows or rows[0].sequence != expected or rows[-1].sequence != head.published + len(rows):
            message = f"the ledger of {self._context.service} has a hole at {head.key}/{expected}"
            raise UnavailableError(message)
        sent = await self._publisher.send(self._topic, [self._message(row) for row in rows])
        reach(Failpoint.AFTER_SEND)
        if not await self._context.ledger.mark_published(head, head.published + sent, self._lease.fence):
            self._lease.doubt()
        events_published.add(sent, {"service": self._context.service})

    def _message(self, row: LedgerRow) -> Message:
        envelope = replace(
            row.envelope(self._context.hub, self._source), timeline=self._context.timeline.id or None
        )
        parent = context_of(row.event.traceparent)
        if parent is not None:
            with tracer.start_as_current_span(f"publish {row.event.type}", context=parent):
                envelope = replace(envelope, traceparent=current_traceparent() or envelope.traceparent)
        return Message(row.key.encode(), row.event.value.encode(), envelope.to_headers())

    async def _watch(self) -> None:
        while True:
            try:
                async for _ in self._context.ledger.wake_ups():
                    self._wake.set()
            except Exception as error:  # noqa: BLE001 - polling goes on whatever breaks the change stream
                log.warning("change stream broken", service=self._context.service, error=type(error).__name__)
            await asyncio.sleep(POLL_S)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()
