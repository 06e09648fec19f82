"""R2: events a second through our reader with a null store, over the barest aiokafka loop.

Both sides read the same messages from the same topic with a consumer group of their own each time, decode
every value with orjson, keep nothing, and commit to the broker after each batch. Ours comes through
FastStream and `delivery.register`, with the real `Reader`: headers read and checked, records put by stream,
duplicates and gaps told apart. The clock runs from the first batch in hand to the last record decoded, so
joining the group counts on neither side.

A third side, for comparison, has the Hub report's own projection: every value validated as its payload model
and folded, and only the store left out.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer

from benchmarks.hub import Substrate, running_substrate
from benchmarks.ledger_events import ledger_messages, mean_size
from benchmarks.measure import Goal, Plan, Result, Series, interleave, say
from contracts.topics import PUPILS
from services.reporting.projections import HUB_REPORT
from services.runtime.applier import Applier
from services.runtime.arrivals import Cursor, Job, Outcome, Stream
from services.runtime.broker import Publisher, bounded_stop, ensure_topics, reading_broker, topic_name
from services.runtime.delivery import PatientDelivery, register
from services.runtime.mongo import Collection, Document, Write
from services.runtime.projection import ProjectionApplier
from services.runtime.reader import Reader
from services.runtime.settings import Settings

EVENTS: Final = 60_000
PRODUCED_AT_ONCE: Final = 2_000
GOAL: Final = Goal(">=", 0.35)
# One side takes a second or two, and joining a group as much.
RUN_TIMEOUT_S: Final = 60.0


@dataclass(slots=True)
class NullApplier:
    """Decodes what it is given, remembers how far each stream is, and stores nothing."""

    _sequences: dict[Stream, int] = field(default_factory=dict)

    async def cursors(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Tell how far each stream is."""
        return {stream: Cursor(self._sequences.get(stream, 0)) for stream in streams}

    async def apply(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Decode and move on."""
        for job in jobs:
            for arrival in job.arrivals:
                orjson.loads(arrival.value)
            self._sequences[job.stream] = job.arrivals[-1].sequence
        return [Outcome(len(job.arrivals)) for job in jobs]

    def forget(self, streams: Iterable[Stream]) -> None:
        """Do nothing: there is no store to read afresh."""

    async def positions(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Tell how far each stream is."""
        return await self.cursors(streams)

    async def mark(self, stream: Stream, cursor: Cursor) -> bool:
        """Refuse: a stream can only be held after a record that could not be applied, and all can be."""
        message = f"{stream} was to be held at {cursor.sequence}"
        raise AssertionError(message)


class NullCollection(Collection):
    """A collection that has nothing and takes everything."""

    __slots__ = ()

    async def find(self, where: Mapping[str, Any], **_options: Any) -> list[Document]:  # noqa: ANN401
        """Find nothing."""
        assert where
        return []

    async def write(self, *changes: Write) -> int:
        """Take every change."""
        return len(changes)


@dataclass(slots=True)
class Timed:
    """An applier with a stopwatch: from the first batch to the last event."""

    applier: Applier
    applied: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def cursors(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Start the watch and ask the applier."""
        self.began_s = self.began_s or time.perf_counter()
        return await self.applier.cursors(streams)

    async def apply(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Have the applier apply, and count."""
        outcomes = await self.applier.apply(jobs)
        self.applied += sum(outcome.applied for outcome in outcomes)
        if self.applied >= EVENTS:
            self.ended_s = time.perf_counter()
            self.done.set()
        return outcomes

    def forget(self, streams: Iterable[Stream]) -> None:
        """Pass on."""
        self.applier.forget(streams)

    async def positions(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Pass on."""
        return await self.applier.positions(streams)

    async def mark(self, stream: Stream, cursor: Cursor) -> bool:
        """Pass on."""
        return await self.applier.mark(stream, cursor)


async def measure(plan: Plan) -> list[Result]:
    """Produce the events, then read them in turns."""
    async with running_substrate(plan.subfolder("projector")) as substrate:
        size = await _produce(substrate.settings)
        ours, bare, whole = await interleave(
            plan.runs,
            lambda _run: _through_our_reader(substrate, NullApplier()),
            lambda _run: _bare_loop(substrate.settings),
            lambda _run: _through_our_reader(substrate, ProjectionApplier(HUB_REPORT, NullCollection(None))),
        )
    over = Series("aiokafka getmany + orjson + commit", "events/s", bare)
    reader = Series("our reader through FastStream: consume, check, dedupe, decode", "events/s", ours)
    projection = Series("the same with payloads validated and folded into the report", "events/s", whole)
    note = f"{EVENTS:,} events a run, {size:.0f} bytes each with 10 headers, 40 schools, 6 partitions"
    return [
        Result("R2 projector", GOAL, reader, over, (note,)),
        Result("R2 with the report's fold", None, projection, over),
    ]


async def _produce(settings: Settings) -> float:
    await ensure_topics(settings)
    messages = list(ledger_messages(settings.hub_id, EVENTS))
    publisher = Publisher(settings)
    for start in range(0, EVENTS, PRODUCED_AT_ONCE):
        chunk = messages[start : start + PRODUCED_AT_ONCE]
        sent = await publisher.send(topic_name(settings, PUPILS), chunk)
        assert sent == len(chunk), "the broker did not take every event"
    await publisher.close()
    say(f"  {EVENTS:,} events produced")
    return mean_size(messages)


async def _through_our_reader(substrate: Substrate, applier: Applier) -> float:
    timed = Timed(applier)
    reader = Reader(f"null.{secrets.token_hex(4)}", substrate.context("reporting"), (PUPILS,), timed)
    broker = reading_broker(substrate.settings, "benchmarks")
    broker.add_middleware(PatientDelivery)
    try:
        await broker.start()
        await register(broker, reader).start()
        async with asyncio.timeout(RUN_TIMEOUT_S):
            await timed.done.wait()
    finally:
        await bounded_stop(broker)
    assert timed.applied == EVENTS, f"{timed.applied} events were applied"
    return EVENTS / (timed.ended_s - timed.began_s)


async def _bare_loop(settings: Settings) -> float:
    consumer: Any = AIOKafkaConsumer(
        topic_name(settings, PUPILS),
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=f"bare.{secrets.token_hex(4)}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=settings.kafka_session_timeout_ms // 4,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(RUN_TIMEOUT_S):
            return await _drain(consumer)
    finally:
        await bounded_stop(consumer)


async def _drain(consumer: Any) -> float:  # noqa: ANN401 - aiokafka is untyped
    seen = 0
    began_s = 0.0
    while True:
        batches = await consumer.getmany(timeout_ms=1000)
        began_s = began_s or time.perf_counter()
        for records in batches.values():
            for record in records:
                orjson.loads(record.value)
            seen += len(records)
        if seen >= EVENTS:
            break
        await consumer.commit()
    assert seen == EVENTS, f"{seen} events were read"
    return EVENTS / (time.perf_counter() - began_s)
