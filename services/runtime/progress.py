"""How ledgers and readers converge whatever the broker forgot (`contracts/hub.py`).

The worker that relays a ledger announces its heads; the worker that reads compares them with what it has
applied. A stream that is behind what was published and does not move, or in which a gap was seen, is asked
for again. The ledger's `published` goes back, and the relay sends those events once more with their own ids
and sequences. So a broker that lost everything, a record that was damaged and a reader that is brand new are
all the same case. A held stream is asked for too, because what was parked may have been a damaged copy
(`held.py`); more and more seldom, because it may as well be the true event, which will not apply however
often it is sent.

Announcements also tell how far behind each reader is; the worker stores them, so that an api, which never
talks to the broker, can answer how fresh its figures are.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.catalogue import decode, event_of
from contracts.envelope import Envelope, MalformedEnvelopeError, source_of
from contracts.hub import CatchUpRequested, LedgerHeads, LedgerHeadsAnnounced, LedgerPosition
from contracts.topics import CONTROL
from contracts.vocabulary import Payload
from services.runtime.arrivals import Stream
from services.runtime.broker import Message, Publisher, topic_name
from services.runtime.context import ServiceContext
from services.runtime.freshness import HEADS
from services.runtime.lateness import Lateness
from services.runtime.ledger import Head
from services.runtime.logs import get_logger
from services.runtime.mongo import Replace
from services.runtime.reader import Reader
from services.runtime.telemetry import breaker_open, reader_lag, reader_lateness

log = get_logger(__name__)

# A stream that is behind for so long without moving is stuck, not slow: a batch takes well under a second.
STUCK_S: Final = 3.0
# Held streams are asked for after twice as long each time. An answer repeats all that follows in the stream:
# of one that waits for an operator, so often and no more.
HELD_CEILING_S: Final = 600.0
# Announced at once when something moved, and now and then for a reader that has just arrived.
ANNOUNCE_AT_LEAST_EVERY_S: Final = 5.0


@dataclass(slots=True)
class _Seen:
    """A stream's last known position, since when it has not moved, and when a held one is asked for."""

    applied: int
    since_s: float
    held_pause_s: float


@dataclass(slots=True)
class Progress:
    """What one worker knows of ledgers and readers; `check` is called every second or so."""

    hub: str
    contexts: Sequence[ServiceContext]
    readers: Sequence[Reader]
    publisher: Publisher
    _told: set[str] = field(default_factory=set)
    _heads: dict[Stream, Head] = field(default_factory=dict)
    _announced: dict[str, tuple[tuple[Head, ...], float]] = field(default_factory=dict)
    _seen: dict[tuple[str, Stream], _Seen] = field(default_factory=dict)
    _lateness: dict[str, Lateness] = field(default_factory=dict)

    async def announce(self) -> None:
        """Tell how far this worker's ledgers have got, if that is new or was not said for a while."""
        for context in self.contexts:
            heads = tuple(await context.ledger.heads())
            before, said_s = self._announced.get(context.service, ((), 0.0))
            now_s = time.monotonic()
            if heads == before and now_s - said_s < ANNOUNCE_AT_LEAST_EVERY_S:
                continue
            await self._send(
                context,
                context.service,
                LedgerHeadsAnnounced(
                    service=context.service,
                    heads=tuple(LedgerHeads(key=h.key, head=h.head, published=h.published) for h in heads),
                ),
            )
            self._announced[context.service] = (heads, now_s)

    async def hear(self, records: Iterable[Any]) -> None:
        """Take control messages of any worker; what cannot be read is somebody else's and is passed over."""
        for record in records:
            try:
                envelope = Envelope.from_headers(record.headers)
                if envelope.hub != self.hub or (envelope.timeline or "") != self._timeline:
                    continue
                payload = decode(envelope.type, record.value or b"")
            except (MalformedEnvelopeError, LookupError, ValueError) as error:
                log.warning("control message not understood", error=type(error).__name__)
                continue
            if isinstance(payload, LedgerHeadsAnnounced):
                await self._note_heads(payload)
            elif isinstance(payload, CatchUpRequested):
                await self._answer(payload)

    async def check(self) -> None:
        """Ask for what is missing: gaps at once, streams that are stuck after a while."""
        now_s = time.monotonic()
        for reader in self.readers:
            await self._learn_new_streams(reader)
            wanted: dict[str, list[LedgerPosition]] = {}
            for stream in await self._missing(reader, now_s):
                position = LedgerPosition(key=stream.key, applied=reader.applied.get(stream, 0))
                wanted.setdefault(stream.service, []).append(position)
            self._measure(reader, now_s)
            for service, positions in wanted.items():
                log.info("catching up", reader=reader.name, service=service, streams=len(positions))
                request = CatchUpRequested(service=service, reader=reader.name, positions=tuple(positions))
                await self._send(reader.context, service, request)

    def lag(self) -> dict[str, int]:
        """Durable events that each reader has not applied, as far as announced."""
        return {reader.name: self._lag_of(reader) for reader in self.readers}

    def has_caught_up(self, reader: Reader) -> bool:
        """Whether a reader has applied all that every ledger it reads has announced."""
        return self._told.issuperset(card.owner for card in reader.cards) and self._lag_of(reader) == 0

    @property
    def _timeline(self) -> str:
        """The Hub's, which all contexts of a worker took up together."""
        contexts = [*self.contexts, *(reader.context for reader in self.readers)]
        return contexts[0].timeline.id if contexts else ""

    def _measure(self, reader: Reader, now_s: float) -> None:
        """Say how far behind a reader is. Said each time, because a gauge that is not set is not sent."""
        labels = {"reader": reader.name}
        streams = [(s, head.head, reader.applied.get(s, 0)) for s, head in self._heads_of(reader)]
        lateness = self._lateness.setdefault(reader.name, Lateness())
        reader_lag.set(self._lag_of(reader), labels)
        reader_lateness.set(lateness.seconds(streams, now_s), labels)
        breaker_open.set(int(reader.breaker.pause_left(now_s) > 0), labels)

    def _heads_of(self, reader: Reader) -> list[tuple[Stream, Head]]:
        owners = {card.owner for card in reader.cards}
        return [(stream, head) for stream, head in self._heads.items() if stream.service in owners]

    def _lag_of(self, reader: Reader) -> int:
        heads = self._heads_of(reader)
        return sum(max(0, head.head - reader.applied.get(stream, 0)) for stream, head in heads)

    async def _missing(self, reader: Reader, now_s: float) -> list[Stream]:
        """Tell which streams to ask for: those that look stuck from here and are so in the store."""
        heads = self._heads_of(reader)
        suspects = [stream for stream, head in heads if self._looks_stuck(reader, stream, head, now_s)]
        if not suspects:
            return []
        before = {stream: reader.applied.get(stream, 0) for stream in suspects}
        # A stream that another process reads stands still here and moves there.
        await reader.learn(suspects)
        return [s for s in suspects if reader.applied[s] == before[s]]

    def _looks_stuck(self, reader: Reader, stream: Stream, head: Head, now_s: float) -> bool:
        applied = reader.applied.get(stream, 0)
        seen = self._seen.get((reader.name, stream))
        if seen is None or seen.applied != applied:
            self._seen[reader.name, stream] = seen = _Seen(applied, now_s, STUCK_S)
        waited_s = now_s - seen.since_s
        if applied >= head.published:
            stuck = False
        elif stream in reader.held:
            if waited_s < seen.held_pause_s:
                return False
            stuck, seen.held_pause_s = True, min(HELD_CEILING_S, 2 * seen.held_pause_s)
        elif stream in reader.gaps or waited_s >= STUCK_S:
            stuck = True
        else:
            return False
        reader.gaps.discard(stream)
        seen.since_s = now_s
        return stuck

    async def _learn_new_streams(self, reader: Reader) -> None:
        """Read from the store what this process has not met yet: after a start, everything."""
        fresh = [s for s, _ in self._heads_of(reader) if s not in reader.applied or s in reader.held]
        if fresh:
            await reader.learn(fresh)

    async def _note_heads(self, announced: LedgerHeadsAnnounced) -> None:
        # An empty ledger is told of too: a reader of it could otherwise never be said to have caught up.
        self._told.add(announced.service)
        for told in announced.heads:
            head = Head(told.key, told.head, told.published)
            self._heads[Stream(announced.service, told.key)] = head
        document = {"_id": announced.service, "heads": {h.key: h.head for h in announced.heads}}
        readers = {
            r.context.service: r.context
            for r in self.readers
            for c in r.cards
            if c.owner == announced.service
        }
        for context in readers.values():
            await (
                context.database()
                .collection(HEADS)
                .write(Replace({"_id": announced.service}, document, upsert=True))
            )

    async def _answer(self, request: CatchUpRequested) -> None:
        for context in self.contexts:
            if context.service == request.service:
                moved = await context.ledger.rewind({p.key: p.applied for p in request.positions})
                log.info("publishing again", service=context.service, reader=request.reader, streams=moved)

    async def _send(self, context: ServiceContext, key: str, payload: Payload) -> None:
        envelope = Envelope(
            id=str(uuid.uuid4()),
            type=event_of(payload).name,
            source=source_of(context.hub, context.service),
            key=key,
            hub=context.hub,
            time=context.clock(),
            timeline=context.timeline.id or None,
        )
        message = Message(key.encode(), payload.model_dump_json().encode(), envelope.to_headers())
        await self.publisher.send(topic_name(context.settings, CONTROL), [message])
