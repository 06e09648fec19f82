"""A reader: one projection or reaction taking batches from the broker, each event applied exactly once.

`take` is the whole rule. Sort the batch's records by stream; compare each stream with its cursor; apply what
is next; park what cannot be applied, and hold its stream; drop duplicates; leave what is early to the
ledger, which publishes it again when asked (`progress.py`). In a held stream, bytes that differ from those
parked are tried (`held.py`), all that comes after them is parked behind. Only when all of that is durable
does `take` return, and only then is the broker told. It may be called again with the same records at any
point.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from contracts.topics import TopicCard
from services.runtime.applier import Applier
from services.runtime.arrivals import (
    Arrival,
    Cursor,
    Job,
    Outcome,
    Sorted,
    Stream,
    Unreadable,
    group,
    read_record,
    sort_out,
)
from services.runtime.breaker import Breaker
from services.runtime.broker import topic_name
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.held import HeldStreams
from services.runtime.logs import get_logger
from services.runtime.parking import Parking
from services.runtime.telemetry import applying, records_settled

log = get_logger(__name__)

# Two readers that beat each other to a stream more often than this are a rebalance storm: let it pass.
RACES: Final = 8


class Reader:
    """One consumer of ours."""

    def __init__(
        self, name: str, context: ServiceContext, topics: Sequence[TopicCard], applier: Applier
    ) -> None:
        self.name = name
        self.context = context
        self.cards = tuple(topics)
        self.topics = {topic_name(context.settings, card): card.owner for card in topics}
        self.breaker = Breaker()
        self.gaps: set[Stream] = set()
        self.applied: dict[Stream, int] = {}
        self.held: set[Stream] = set()
        self.retired = False
        self.applier = applier
        self._parking = Parking(context.database())
        self._held = HeldStreams(name, applier, self._parking, context.clock)

    async def take(self, records: Sequence[Any]) -> None:
        """Settle every record of a batch; raises UnavailableError if the store is away (nothing is lost)."""
        readable: list[Arrival] = []
        unreadable: list[Unreadable] = []
        timeline, ended = self.context.timeline.id, 0
        for record in records:
            arrival = read_record(record, self.context.hub, self.topics, timeline)
            if arrival is None:
                ended += 1
            elif isinstance(arrival, Arrival):
                readable.append(arrival)
            else:
                unreadable.append(arrival)
        if ended:
            records_settled.add(ended, {"reader": self.name, "outcome": "other_timeline"})
        if unreadable:
            await self._parking.park_unreadable(self.name, unreadable, self.context.clock())
            self._count_parked(len(unreadable), unreadable[0].reason)
        waiting = group(readable)
        for _ in range(RACES):
            waiting = await self._settle(waiting)
            if not waiting:
                return
        message = f"{self.name} is being raced by another reader"
        raise UnavailableError(message)

    async def learn(self, streams: Sequence[Stream]) -> None:
        """Read how far these streams are, to compare with what the ledgers announce.

        Another process may be the one that reads them.
        """
        for stream, cursor in (await self.applier.positions(streams)).items():
            # A batch may have gone further while we asked.
            if cursor.sequence >= self.applied.get(stream, 0):
                self._note(stream, cursor)

    async def _settle(self, waiting: dict[Stream, list[Arrival]]) -> dict[Stream, list[Arrival]]:
        """Settle what can be settled; returns the streams in which another reader was first."""
        jobs: list[Job] = []
        again: dict[Stream, list[Arrival]] = {}
        for stream, (cursor, result) in (await self._sort_out(waiting)).items():
            self._note(stream, cursor)
            self._count(result)
            if result.behind:
                await self._parking.park(self.name, result.behind, None, self.context.clock())
            if result.claims:
                if not await self._held.take(stream, result.claims):
                    again[stream] = waiting[stream]
                self._note(stream, (await self.applier.cursors([stream]))[stream])
            if result.early:
                self.gaps.add(stream)
            if result.next:
                jobs.append(Job(stream, cursor, result.next))
        with applying([(a.type, a.traceparent) for job in jobs for a in job.arrivals]):
            outcomes = await self.applier.apply(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if outcome.raced:
                again[job.stream] = waiting[job.stream]
            else:
                await self._finish(job, outcome)
        return again

    async def _sort_out(self, waiting: dict[Stream, list[Arrival]]) -> dict[Stream, tuple[Cursor, Sorted]]:
        """Compare arrivals with what has been applied, as the store has it wherever something looks early.

        Another process may have read the stream meanwhile and given it back: what is remembered here is then
        behind, and everything that follows, though published again and again, would be early for ever.
        """
        found: dict[Stream, tuple[Cursor, Sorted]] = {}
        for stream, cursor in (await self.applier.cursors(list(waiting))).items():
            found[stream] = cursor, sort_out(waiting[stream], cursor)
        doubtful = [stream for stream, (_, result) in found.items() if result.early]
        if doubtful:
            self.applier.forget(doubtful)
            for stream, cursor in (await self.applier.cursors(doubtful)).items():
                found[stream] = cursor, sort_out(waiting[stream], cursor)
        return found

    async def _finish(self, job: Job, outcome: Outcome) -> None:
        cursor = Cursor(job.cursor.sequence + outcome.applied)
        records_settled.add(outcome.applied, {"reader": self.name, "outcome": "applied"})
        if outcome.error is not None:
            left = job.arrivals[outcome.applied :]
            await self._parking.park(self.name, left, outcome.error, self.context.clock())
            cursor = Cursor(cursor.sequence, held=True)
            if not await self.applier.mark(job.stream, cursor):
                message = f"{job.stream} was moved by another reader"
                raise UnavailableError(message)
            self._count_parked(len(left), outcome.error, stream=str(job.stream))
        self._note(job.stream, cursor)

    def _note(self, stream: Stream, cursor: Cursor) -> None:
        self.applied[stream] = cursor.sequence
        (self.held.add if cursor.held else self.held.discard)(stream)

    def _count(self, result: Sorted) -> None:
        counts = Counter(
            duplicate=result.duplicates,
            early=result.early,
            claim=len(result.claims),
            parked=len(result.behind),
        )
        for outcome, number in counts.items():
            if number:
                records_settled.add(number, {"reader": self.name, "outcome": outcome})

    def _count_parked(self, number: int, reason: str, stream: str | None = None) -> None:
        records_settled.add(number, {"reader": self.name, "outcome": "parked"})
        log.error("records parked", reader=self.name, stream=stream, number=number, reason=reason)
        if self.breaker.parked(time.monotonic(), number):
            log.error("reader stops for a while", reader=self.name, pause_s=self.breaker.pause_s)
