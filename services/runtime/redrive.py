"""Redriving: taking parked records of a stream again, in order, once the cause of the parking is gone.

Runs beside the live reader and needs no co-ordination with it: applying is on condition of the cursor, and
the live reader reads a held stream's cursor afresh with every batch.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.runtime.arrivals import Arrival, Cursor, Job, Stream
from services.runtime.parking import REDRIVEN, ParkedRecord, Parking
from services.runtime.reader import Reader


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one stream: how many records were applied, and the one that still cannot be."""

    stream: Stream
    applied: int
    left: int
    error: str | None


async def redrive(reader: Reader, parking: Parking, stream: Stream | None = None) -> list[Redriven]:
    """Take the parked records of a reader's streams (or of one) again, each stream until one fails.

    A stream of which nothing is left parked is released; one with a hole among its parked records is
    released as well, and the ledger publishes what is missing.
    """
    waiting: dict[Stream, list[ParkedRecord]] = {}
    for record in await parking.waiting(reader.name):
        if record.stream is not None and stream in {None, record.stream}:
            waiting.setdefault(record.stream, []).append(record)
    if stream is not None and (await reader.applier.cursors([stream]))[stream].held:
        waiting.setdefault(stream, [])
    return [await _redrive_stream(reader, parking, s, records) for s, records in waiting.items()]


async def _redrive_stream(
    reader: Reader, parking: Parking, stream: Stream, records: list[ParkedRecord]
) -> Redriven:
    cursor = (await reader.applier.cursors([stream]))[stream]
    arrivals: list[Arrival] = []
    for record in records:
        if record.sequence == cursor.sequence + len(arrivals) + 1:
            arrivals.append(_arrival(record, stream))
    done = [r for r in records if r.sequence is not None and r.sequence <= cursor.sequence]
    applied, error = 0, None
    if arrivals:
        (outcome,) = await reader.applier.apply([Job(stream, cursor, arrivals)])
        if outcome.raced:
            return Redriven(stream, 0, len(records), "another reader is at this stream; try again")
        applied, error = outcome.applied, outcome.error
    after = Cursor(cursor.sequence + applied)
    done += [r for r in records if r.sequence is not None and cursor.sequence < r.sequence <= after.sequence]
    if error is not None:
        await parking.failed_again(arrivals[applied].record.id, error)
        await reader.applier.mark(stream, Cursor(after.sequence, held=True))
    elif not applied:
        await reader.applier.mark(stream, after)
    await parking.settle([r.id for r in done], REDRIVEN, reader.context.clock())
    return Redriven(stream, applied, len(records) - len(done), error)


def _arrival(record: ParkedRecord, stream: Stream) -> Arrival:
    return Arrival(stream, record.sequence or 0, record.type or "", record.value, record.traceparent, record)
