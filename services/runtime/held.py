"""A held stream: its next event is parked, everything after it waits behind, and this is how it goes on.

Either other bytes arrive for the parked place, because the broker had a damaged copy and the ledger was asked
for the true event (`progress.py`): they are tried at once, and if they apply, the parked row is settled as
replaced. Or the cause is mended and an operator redrives (`redrive.py`). Both ways the rows behind follow, in
order, until one fails. The bytes that are parked already are never tried again by themselves.

Works beside other readers of the stream without co-ordination, because applying is on condition of the
cursor. Who dies in between leaves rows waiting whose events are applied; the next redrive settles them, or
the janitor (`janitor.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.runtime.applier import Applier
from services.runtime.arrivals import Arrival, Cursor, Job, Stream
from services.runtime.context import Clock
from services.runtime.logs import get_logger
from services.runtime.parking import REDRIVEN, ParkedRecord, Parking
from services.runtime.telemetry import applying

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one stream: how many records were applied, and the one that still cannot be."""

    stream: Stream
    applied: int
    left: int
    error: str | None


@dataclass(frozen=True, slots=True)
class HeldStreams:
    """The held streams of one reader."""

    reader: str
    applier: Applier
    parking: Parking
    clock: Clock

    async def take(self, stream: Stream, claims: Sequence[Arrival]) -> bool:
        """Settle arrivals that claim the place whose event is parked; False if another reader moved it."""
        for claim in claims:
            parked = await self.parking.waiting_at(self.reader, stream, claim.sequence)
            if parked is not None and (parked.type, parked.value) == (claim.type, claim.value):
                await self.parking.park(self.reader, [claim], None, self.clock())
                continue
            job = Job(stream, Cursor(claim.sequence - 1, held=True), [claim])
            with applying([(claim.type, claim.traceparent)]):
                (outcome,) = await self.applier.apply([job])
            if outcome.raced:
                return False
            if outcome.error is None:
                await self.parking.replace(self.reader, claim, self.clock())
                followed = await self.go_on(stream)
                log.info(
                    "held stream goes on",
                    reader=self.reader,
                    stream=str(stream),
                    applied=followed.applied + 1,
                )
                return True
            await self.parking.park(self.reader, [claim], outcome.error, self.clock())
            log.warning(
                "other bytes of a parked record fail too",
                reader=self.reader,
                stream=str(stream),
                reason=outcome.error,
            )
        return True

    async def go_on(self, stream: Stream) -> Redriven:
        """Take the parked records of a stream in order until one fails, and hold or release it there.

        A stream of which nothing is left parked is released; one with a hole among its parked records is
        released as well, and the ledger publishes what is missing.
        """
        records = await self.parking.waiting(self.reader, stream)
        cursor = (await self.applier.cursors([stream]))[stream]
        arrivals: list[Arrival] = []
        for record in records:
            if record.sequence == cursor.sequence + len(arrivals) + 1:
                arrivals.append(_arrival(record, stream))
        applied, error = 0, None
        if arrivals:
            with applying([(a.type, a.traceparent) for a in arrivals]):
                (outcome,) = await self.applier.apply([Job(stream, cursor, arrivals)])
            if outcome.raced:
                return Redriven(stream, 0, len(records), "another reader is at this stream; try again")
            applied, error = outcome.applied, outcome.error
        after = Cursor(cursor.sequence + applied)
        if error is not None:
            await self.parking.failed_again(arrivals[applied].record.id, error)
            await self.applier.mark(stream, Cursor(after.sequence, held=True))
        elif not applied and cursor.held:
            await self.applier.mark(stream, after)
        done = [r.id for r in records if r.sequence is not None and r.sequence <= after.sequence]
        await self.parking.settle(done, REDRIVEN, self.clock())
        return Redriven(stream, applied, len(records) - len(done), error)


def _arrival(record: ParkedRecord, stream: Stream) -> Arrival:
    return Arrival(stream, record.sequence or 0, record.type or "", record.value, record.traceparent, record)
