"""Redriving: taking parked records of streams again, in order, once the cause of the parking is gone.

Runs beside the live reader and needs no co-ordination with it: applying is on condition of the cursor, and
the live reader reads a held stream's cursor afresh with every batch. What is done with one stream is in
`held.py`.
"""

from __future__ import annotations

from services.runtime.arrivals import Stream
from services.runtime.held import HeldStreams, Redriven
from services.runtime.parking import Parking
from services.runtime.reader import Reader

__all__ = ["Redriven", "redrive"]


async def redrive(reader: Reader, parking: Parking, stream: Stream | None = None) -> list[Redriven]:
    """Take the parked records of a reader's streams (or of one) again, each stream until one fails."""
    waiting = await parking.waiting(reader.name, stream)
    streams = dict.fromkeys(record.stream for record in waiting if record.stream is not None)
    if stream is not None and (await reader.applier.cursors([stream]))[stream].held:
        streams[stream] = None
    held = HeldStreams(reader.name, reader.applier, parking, reader.context.clock)
    return [await held.go_on(each) for each in streams]
