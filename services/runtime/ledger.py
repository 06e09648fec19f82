"""The event ledger: what a service has told, for ever, in order per key. It is the outbox as well.

Two collections of the service's database. `ledger` holds one immutable row an event: key, sequence, and the
exact bytes that travel. `sequences` holds one document a key: `head` is the last sequence that is durable,
`published` the last that the broker has acknowledged. So "what is still to be sent" is a comparison of two
numbers on a few documents, marking a whole batch is one update, and replay is setting `published` back
(ADR 0004).

Invariants: a key's sequences are 1, 2, 3 ... without a gap, because the counter and the rows are written in
the transaction of the state that they tell of. `published` only ever moves from the value that the mover
read, and a relay that lost its lease cannot move it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.envelope import Envelope
from services.runtime.mongo import Document, Index, Session
from services.runtime.tenancy import ServiceDatabase

LEDGER: Final = "ledger"
SEQUENCES: Final = "sequences"
LEDGER_INDEX: Final = Index((("key", 1), ("sequence", 1)), unique=True)


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
        """Create the index that orders rows within a key and refuses a second row of a sequence."""
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
        first = head - len(events) + 1
        await self._database.collection(LEDGER, session).insert(
            *(_row(key, first + place, event) for place, event in enumerate(events))
        )
        return head

    async def heads(self) -> list[Head]:
        """Read how far every key has got, in order of key."""
        found = await self._database.collection(SEQUENCES).find({})
        return sorted(
            (Head(str(d["_id"]), int(d["head"]), int(d["published"])) for d in found), key=lambda h: h.key
        )

    async def read(self, key: str, after: int, limit: int) -> list[LedgerRow]:
        """Read the rows of a key that follow a sequence, in order."""
        found = await self._database.collection(LEDGER).find(
            {"key": key, "sequence": {"$gt": after, "$lte": after + limit}}, sort=[("sequence", 1)]
        )
        return [_read_row(document) for document in found]

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


def _row(key: str, sequence: int, event: NewEvent) -> Document:
    return {
        "_id": event.id,
        "key": key,
        "sequence": sequence,
        "type": event.type,
        "time": event.time,
        "value": event.value,
        "traceparent": event.traceparent,
    }


def _read_row(document: Document) -> LedgerRow:
    event = NewEvent(
        id=document["_id"],
        type=document["type"],
        time=document["time"],
        value=document["value"],
        traceparent=document["traceparent"],
    )
    return LedgerRow(key=document["key"], sequence=int(document["sequence"]), event=event)
