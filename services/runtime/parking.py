"""Parked, not lost: records that a reader could not apply, kept whole until someone decides.

A record of a stream that cannot be applied holds the stream: it and everything after it is parked in order,
and redriven in order once the cause is gone (`careers-hub parked redrive`). A record that belongs to no
stream is parked alone and holds nothing; if it was a damaged event of a ledger, the gap that it leaves is
found and the ledger publishes the event again.

Rows are written before the broker is told and before the stream is marked as held, and writing one twice
changes nothing. Row ids: `<reader>/<service>/<key>/<sequence>`, or for the lone ones the place in the topic
and the time, since an emptied broker counts from zero again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.runtime.arrivals import Arrival, Stream, Unreadable
from services.runtime.mongo import Document, Update
from services.runtime.tenancy import ServiceDatabase

PARKED: Final = "parked"
WAITING: Final = "parked"
REDRIVEN: Final = "redriven"
DISCARDED: Final = "discarded"


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

    async def park(self, reader: str, arrivals: Sequence[Arrival], error: str, now: dt.datetime) -> None:
        """Keep arrivals of one stream: the first could not be applied, the rest wait behind it."""
        await self._write(
            [
                _row(reader, a, error if place == 0 else "waits behind an earlier one", now)
                for place, a in enumerate(arrivals)
            ]
        )

    async def park_unreadable(self, reader: str, unreadable: Sequence[Unreadable], now: dt.datetime) -> None:
        """Keep records that belong to no stream."""
        await self._write([_lone_row(reader, u, now) for u in unreadable])

    async def waiting(self, reader: str | None = None) -> list[ParkedRecord]:
        """List what is parked now, streams in order, oldest first."""
        where: dict[str, Any] = {"status": WAITING}
        if reader is not None:
            where["reader"] = reader
        rows = await self._database.collection(PARKED).find(where)
        return sorted(
            (_read(row) for row in rows),
            key=lambda r: (r.reader, r.stream or Stream("", ""), r.sequence or 0, r.parked_at),
        )

    async def show(self, identity: str) -> ParkedRecord | None:
        """Read one row."""
        row = await self._database.collection(PARKED).get(identity)
        return None if row is None else _read(row)

    async def settle(self, identities: Sequence[str], status: str, now: dt.datetime) -> int:
        """Mark rows as redriven or discarded; they stay for the record."""
        collection = self._database.collection(PARKED)
        return await collection.write(
            *(
                Update({"_id": i, "status": WAITING}, {"$set": {"status": status, "settled_at": now}})
                for i in identities
            )
        )

    async def _write(self, rows: list[Document]) -> None:
        await self._database.collection(PARKED).write(
            *(
                Update(
                    {"_id": row["_id"]},
                    {
                        "$setOnInsert": {k: v for k, v in row.items() if k != "error"},
                        "$set": {"error": row["error"]},
                        "$inc": {"attempts": 1},
                    },
                    upsert=True,
                )
                for row in rows
            )
        )


def _row(reader: str, arrival: Arrival, error: str, now: dt.datetime) -> Document:
    return {
        "_id": f"{reader}/{arrival.stream}/{arrival.sequence}",
        "service": arrival.stream.service,
        "key": arrival.stream.key,
        "sequence": arrival.sequence,
        "type": arrival.type,
        "traceparent": arrival.traceparent,
        "value": arrival.value,
        **_common(reader, arrival.record, error, now),
    }


def _lone_row(reader: str, unreadable: Unreadable, now: dt.datetime) -> Document:
    record = unreadable.record
    return {
        "_id": f"{reader}/{record.topic}-{record.partition}/{record.offset}/{record.timestamp}",
        "service": None,
        "key": None,
        "sequence": None,
        "type": None,
        "traceparent": None,
        "value": record.value or b"",
        **_common(reader, record, unreadable.reason, now),
    }


def _common(reader: str, record: Any, error: str, now: dt.datetime) -> Document:  # noqa: ANN401 - a Kafka client's record
    return {
        "reader": reader,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "record_key": record.key,
        "headers": [[name, value] for name, value in record.headers],
        "error": error,
        "status": WAITING,
        "parked_at": now,
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
