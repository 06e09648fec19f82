"""The worker's janitor: takes away what has served, a little at a time, and settles what a crash left open.

Three things, for each service of the worker. Stored answers (`idempotency.py`) older than a week. Parked rows
(`parking.py`) that were settled 90 days ago; one that waits is never taken away. And rows that wait although
their event has been applied: who applied it died before noting that.

Nothing depends on it: it may run late, twice at once, or stop halfway. No index serves it, because what it
looks through is what it keeps small: a school's answers of a week, a service's parked rows. On the embedded
store looking through 1,000 answers takes 28 ms each round and deleting one 1.5 ms, whereas an index would
cost every request that has a key 0.3 ms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.runtime.arrivals import Stream
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.idempotency import ANSWERS, forget_answers
from services.runtime.logs import get_logger
from services.runtime.parking import APPLIED, Parking
from services.runtime.reader import Reader

log = get_logger(__name__)

# Retention is counted in days: nobody misses a round, and the store hardly notices one.
ROUND_S: Final = 900.0
# Of one collection: 0.3 s of the embedded store, and 19,200 a day, more than a school sends.
DELETED_A_ROUND: Final = 200


@dataclass(frozen=True, slots=True)
class Janitor:
    """Cleans up after the services of one worker; `readers` may grow and shrink."""

    contexts: Sequence[ServiceContext]
    readers: Sequence[Reader]

    async def run(self) -> None:
        """Clean up now and then, until cancelled."""
        while True:
            await asyncio.sleep(ROUND_S)
            try:
                await self.clean()
            except UnavailableError as error:
                log.warning("janitor without a store", reason=str(error))

    async def clean(self) -> None:
        """Clean up once, at most `DELETED_A_ROUND` rows of a collection; raises UnavailableError."""
        for context in self.contexts:
            now, own = context.clock(), context.database()
            answers = 0
            for database in (own, *await context.tenancy.schools_of(context.service)):
                answers += await forget_answers(database.collection(ANSWERS), now, DELETED_A_ROUND)
            parking = Parking(own)
            parked = await parking.forget_settled(now, DELETED_A_ROUND)
            if answers or parked:
                log.info("cleaned up", service=context.service, answers=answers, parked=parked)
        for reader in list(self.readers):
            await _settle_applied(reader)


async def _settle_applied(reader: Reader) -> None:
    """Settle what waits although its event is applied."""
    parking = Parking(reader.context.database())
    waiting: dict[Stream, list[tuple[int, str]]] = {}
    for row in await parking.waiting(reader.name):
        if row.stream is not None and row.sequence is not None:
            waiting.setdefault(row.stream, []).append((row.sequence, row.id))
    if not waiting:
        return
    positions = await reader.applier.positions(list(waiting))
    passed = [
        identity
        for stream, rows in waiting.items()
        for sequence, identity in rows
        if sequence <= positions[stream].sequence
    ]
    settled = await parking.settle(passed, APPLIED, reader.context.clock())
    if settled:
        log.info("parked rows settled whose events are applied", reader=reader.name, rows=settled)
