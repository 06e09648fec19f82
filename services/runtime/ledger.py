"""The event ledger: what a service has told, for ever, in order per key. It is the outbox as well.

Two collections of the service's database. `ledger` holds one immutable document a unit of work, its batch:
key, `first` and `last` sequence, and the events in order, each with the exact text that travels. `sequences`
holds one document a key: `head` is the last sequence that is durable, `published` the last that the broker
has acknowledged. So "what is still to be sent" is a comparison of two numbers on a few documents, marking is
one update, and replay is setting `published` back (ADR 0004). Whoever reads a ledger sees rows, one an event.

Invariants: a key's sequences are 1, 2, 3 ... without a gap, because the counter and the batch are written in
the transaction of the state that they tell of. No two batches of a key begin or end at the same sequence, so
of two writers that start from one head the second is refused. `published` only ever moves from the value that
the mover read, and a relay that lost its lease cannot move it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.envelope import Envelope
from services.runtime.mongo import Document, Index, Session
from services.runtime.tenancy import ServiceDatabase

LEDGER: Final = "ledger"
SEQUENCES: Final = "sequences"
LEDGER_INDEX: Final = Index((("key", 1), ("last", 1)), unique=True)
# A bulk post tells 50 events in one batch. An import may tell thousands, in several: a reader loads whole
# batches, so this is also how much more than it asked for it may get.
MOST_EVENTS_A_BATCH: Final = 100
# Four bytes each at most, so a quarter of the 16 MiB that a document may have; a usual event has a thousand.
MOST_CHARACTERS_A_BATCH: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has no place in the ledger yet."""

    id: str
    type: str
    time: dt.datetime
    value: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An event in its place."""

    key: str
    sequence: int
    event: NewEvent

    def envelope(self, hub: str, source: str) -> Envelope:
        """Dress the row for its journey."""
        return Envelope(
            id=self.event.id,
            type=self.event.type,
            source=source,
            key=self.key,
            hub=hub,
            time=self.event.time,
            sequence=self.sequence,
            traceparent=self.event.traceparent,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """How far a key has got."""

    key: str
    head: int
    published: int


class Ledger:
    """The ledger of one service."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    async def prepare(self) -> None:
        """Create the index that orders batches within a key and refuses a second one that ends there."""
        await self._database.collection(LEDGER).ensure(LEDGER_INDEX)

    async def append(self, session: Session, key: str, events: Sequence[NewEvent]) -> int:
        """Give events the next sequences of their key, in the caller's transaction; returns the new head."""
        if not events:
            message = "nothing to append: a unit of work without events must not touch the ledger"
            raise ValueError(message)
        counter = await self._database.collection(SEQUENCES, session).find_and_update(
            {"_id": key},
            {"$inc": {"head": len(events)}, "$setOnInsert": {"published": 0, "fence": 0}},
            upsert=True,
        )
        if counter is None:
            message = "an upsert returned no document"
            raise RuntimeError(message)
        head = int(counter["head"])
        await self._database.collection(LEDGER, session).insert(*_batches(key, head - len(events), events))
        return head

    async def heads(self) -> list[Head]:
        """Read how far every key has got, in order of key."""
        found = await self._database.collection(SEQUENCES).find({})
        return sorted(
            (Head(str(d["_id"]), int(d["head"]), int(d["published"])) for d in found), key=lambda h: h.key
        )

    async def read(self, key: str, after: int, limit: int) -> list[LedgerRow]:
        """Read the rows of a key that follow a sequence, `limit` at most, in order.

        Loads the batches that hold them, and at most one batch's worth of events more: `last` finds those,
        and is bounded on both sides, so reading the start of a long ledger does not look through the rest of
        it. Every batch has an event, so `limit` batches are enough. A bound of `first`, which the index does
        not have, would make the embedded store read every batch that there is (23 ms of 160; 1 ms without).
        """
        through = after + limit
        where = {"key": key, "last": {"$gt": after, "$lt": through + MOST_EVENTS_A_BATCH}}
        found = await self._database.collection(LEDGER).find(where, sort=[("last", 1)], limit=limit)
        return [row for batch in found for row in _rows(batch) if after < row.sequence <= through]

    async def mark_published(self, head: Head, through: int, fence: int) -> bool:
        """Note that the broker has a key's events through a sequence; False if someone else moved it."""
        return bool(
            await self._database.collection(SEQUENCES).update(
                {"_id": head.key, "published": head.published, "fence": {"$lte": fence}},
                {"$set": {"published": through, "fence": fence}},
            )
        )

    async def rewind(self, positions: Mapping[str, int]) -> int:
        """Have the relay publish again what follows these sequences; returns how many keys went back."""
        moved = 0
        for key, applied in positions.items():
            moved += await self._database.collection(SEQUENCES).update(
                {"_id": key, "published": {"$gt": applied}}, {"$set": {"published": applied}}
            )
        return moved

    def wake_ups(self) -> AsyncIterator[None]:
        """Iterate over the moments at which some key's head moves, from now on."""
        grown = {
            "$match": {
                "$or": [
                    {"operationType": "insert"},
                    {"updateDescription.updatedFields.head": {"$exists": True}},
                ]
            }
        }
        return self._database.collection(SEQUENCES).changes([grown])


def _batches(key: str, head: int, events: Sequence[NewEvent]) -> Iterator[Document]:
    """Write down a unit's events as one document, or as several where one would be too large."""
    batch: list[NewEvent] = []
    characters = 0
    for event in events:
        characters += len(event.value)
        if batch and (len(batch) == MOST_EVENTS_A_BATCH or characters > MOST_CHARACTERS_A_BATCH):
            yield _batch(key, head, batch)
            head += len(batch)
            batch, characters = [], len(event.value)
        batch.append(event)
    yield _batch(key, head, batch)


def _batch(key: str, head: int, events: Sequence[NewEvent]) -> Document:
    return {
        "_id": f"{key}/{head + 1}",
        "key": key,
        "first": head + 1,
        "last": head + len(events),
        "events": [
            {
                "id": event.id,
                "type": event.type,
                "time": event.time,
                "value": event.value,
                "traceparent": event.traceparent,
            }
            for event in events
        ],
    }


def _rows(batch: Document) -> Iterator[LedgerRow]:
    for sequence, event in enumerate(batch["events"], start=batch["first"]):
        yield LedgerRow(
            batch["key"],
            sequence,
            NewEvent(event["id"], event["type"], event["time"], event["value"], event["traceparent"]),
        )
