"""Parked, not lost: records that a reader could not apply, kept whole until someone decides.

A record of a stream that cannot be applied holds the stream: it and everything after it is parked in order.
If it was a damaged copy, the ledger is asked for the true event, which is tried when it comes (`held.py`);
if not, the stream is redriven in order once the cause is gone (`careers-hub parked redrive`). A record that
belongs to no stream is parked alone and holds nothing; if it was a damaged event of a ledger, the gap that
it leaves is found and the ledger publishes the event again.

Rows are written before the broker is told and before the stream is marked as held. A record that comes
again takes the place of its row, which keeps the reason. Settled rows stay as evidence for 90 days, with how
they were settled; those that wait stay for ever. Row ids: `<reader>/<service>/<key>/<sequence>`, or for the
lone ones the place in the topic and the time, since an emptied broker counts from zero again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.runtime.arrivals import MAX_VALUE_BYTES, Arrival, Stream, Unreadable
from services.runtime.mongo import Document, Update
from services.runtime.tenancy import ServiceDatabase

PARKED: Final = "parked"
WAITING: Final = "parked"
REDRIVEN: Final = "redriven"
DISCARDED: Final = "discarded"
REPLACED: Final = "replaced"
"""Other bytes for the same place were applied instead; the row keeps those that could not be."""
APPLIED: Final = "applied"
"""Found waiting though its event had been applied: who applied it died before noting that."""
# A term: long enough to look into what went wrong, and to tell the school.
SETTLED_KEPT_FOR: Final = dt.timedelta(days=90)
_BEHIND: Final = "waits behind an earlier one"


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """A parked row as people see it; `value` stays bytes."""

    id: str
    reader: str
    stream: Stream | None
    sequence: int | None
    type: str | None
    place: str
    error: str
    attempts: int
    status: str
    parked_at: dt.datetime
    value: bytes
    traceparent: str | None


class Parking:
    """The parked records of one service's readers."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    async def park(
        self, reader: str, arrivals: Sequence[Arrival], error: str | None, now: dt.datetime
    ) -> None:
        """Keep arrivals of one stream: the first could not be applied, the rest wait behind it.

        Without an `error` they all wait behind what is parked already.
        """
        reasons = (error if place == 0 else None for place in range(len(arrivals)))
        await self._database.collection(PARKED).write(
            *(_upsert(_row(reader, a), why, now) for a, why in zip(arrivals, reasons, strict=True))
        )

    async def park_unreadable(self, reader: str, unreadable: Sequence[Unreadable], now: dt.datetime) -> None:
        """Keep records that belong to no stream."""
        await self._database.collection(PARKED).write(
            *(_upsert(_lone_row(reader, u), u.reason, now) for u in unreadable)
        )

    async def failed_again(self, identity: str, error: str) -> None:
        """Note why a parked record could not be applied this time either."""
        await self._database.collection(PARKED).update(
            {"_id": identity}, {"$set": {"error": error}, "$inc": {"attempts": 1}}
        )

    async def waiting(self, reader: str | None = None, stream: Stream | None = None) -> list[ParkedRecord]:
        """List what is parked now (of a reader, of one of its streams): streams in order, oldest first."""
        where: dict[str, Any] = {"status": WAITING}
        if reader is not None:
            where["reader"] = reader
        if stream is not None:
            where |= {"service": stream.service, "key": stream.key}
        rows = await self._database.collection(PARKED).find(where)
        return sorted(
            (_read(row) for row in rows),
            key=lambda r: (r.reader, r.stream or Stream("", ""), r.sequence or 0, r.parked_at),
        )

    async def count_waiting(self) -> int:
        """Count what is parked now, of all readers."""
        return await self._database.collection(PARKED).count({"status": WAITING})

    async def waiting_at(self, reader: str, stream: Stream, sequence: int) -> ParkedRecord | None:
        """Read what is parked now at one place of a stream, or None."""
        row = await self.show(_identity(reader, stream, sequence))
        return None if row is None or row.status != WAITING else row

    async def show(self, identity: str) -> ParkedRecord | None:
        """Read one row."""
        row = await self._database.collection(PARKED).get(identity)
        return None if row is None else _read(row)

    async def replace(self, reader: str, applied: Arrival, now: dt.datetime) -> None:
        """Settle the row of a place for which other bytes were applied, and note where those came from."""
        record = applied.record
        change = {
            "status": REPLACED,
            "settled_at": now,
            "replaced_by": {"topic": record.topic, "partition": record.partition, "offset": record.offset},
        }
        identity = _identity(reader, applied.stream, applied.sequence)
        await self._database.collection(PARKED).update({"_id": identity, "status": WAITING}, {"$set": change})

    async def settle(self, identities: Sequence[str], status: str, now: dt.datetime) -> int:
        """Mark rows that wait with how they were settled; returns how many that were."""
        collection = self._database.collection(PARKED)
        return await collection.write(
            *(
                Update({"_id": i, "status": WAITING}, {"$set": {"status": status, "settled_at": now}})
                for i in identities
            )
        )

    async def forget_settled(self, now: dt.datetime, most: int) -> int:
        """Delete at most so many rows that were settled long ago; returns how many that were."""
        collection = self._database.collection(PARKED)
        settled = {"status": {"$ne": WAITING}, "settled_at": {"$lt": now - SETTLED_KEPT_FOR}}
        old = await collection.find(settled, limit=most, fields=["_id"])
        if not old:
            return 0
        # Asked again, because a row that comes again in the meantime waits again.
        return await collection.delete({"_id": {"$in": [row["_id"] for row in old]}, **settled})


def _upsert(row: Document, error: str | None, now: dt.datetime) -> Update:
    """Write a row, or write it again: whoever waits behind another keeps the reason that the row has."""
    always: Document = {k: v for k, v in row.items() if k != "_id"} | {"status": WAITING}
    first: Document = {"parked_at": now}
    (first if error is None else always)["error"] = error or _BEHIND
    change = {"$set": always, "$setOnInsert": first, "$inc": {"attempts": 1}}
    return Update({"_id": row["_id"]}, change, upsert=True)


def _identity(reader: str, stream: Stream, sequence: int) -> str:
    return f"{reader}/{stream}/{sequence}"


def _row(reader: str, arrival: Arrival) -> Document:
    return {
        "_id": _identity(reader, arrival.stream, arrival.sequence),
        "service": arrival.stream.service,
        "key": arrival.stream.key,
        "sequence": arrival.sequence,
        "type": arrival.type,
        "traceparent": arrival.traceparent,
        "value": arrival.value,
        **_common(reader, arrival.record),
    }


def _lone_row(reader: str, unreadable: Unreadable) -> Document:
    record = unreadable.record
    return {
        "_id": f"{reader}/{record.topic}-{record.partition}/{record.offset}/{record.timestamp}",
        "service": None,
        "key": None,
        "sequence": None,
        "type": None,
        "traceparent": None,
        # A larger one is none of ours, and a document has a limit: its beginning has to do.
        "value": (record.value or b"")[:MAX_VALUE_BYTES],
        **_common(reader, record),
    }


def _common(reader: str, record: Any) -> Document:  # noqa: ANN401 - a Kafka client's record
    return {
        "reader": reader,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "record_key": record.key,
        "headers": [[name, value] for name, value in record.headers],
    }


def _read(row: Document) -> ParkedRecord:
    return ParkedRecord(
        id=row["_id"],
        reader=row["reader"],
        stream=None if row["key"] is None else Stream(row["service"], row["key"]),
        sequence=row["sequence"],
        type=row["type"],
        place=f"{row['topic']}-{row['partition']}@{row['offset']}",
        error=row["error"],
        attempts=row["attempts"],
        status=row["status"],
        parked_at=row["parked_at"],
        value=row["value"],
        traceparent=row["traceparent"],
    )
