"""Reactions: what a service does in its own data because another one told something, exactly once.

A stream's next events are handled in one unit of work together with the stream's cursor: either all effects,
whatever they tell in turn, and the new cursor are committed, or nothing is. The cursor's update is on
condition of the sequence that was read, so two readers at once cannot both win. What is told in turn
belongs to the trace of the event that caused it.

Use a projection where one document a stream is enough; a reaction where effects go to other documents.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.topics import TopicCard
from contracts.vocabulary import Payload
from services.runtime.arrivals import Arrival, Cursor, Handlers, Job, Outcome, Stream, payload_of
from services.runtime.context import ServiceContext
from services.runtime.errors import DuplicateKeyError, UnavailableError
from services.runtime.mongo import Collection, WriteConflictError, is_transient
from services.runtime.telemetry import caused_by
from services.runtime.uow import Actor, UnitOfWork

React = Callable[[UnitOfWork, Any], Awaitable[None]]

CURSORS: Final = "cursors"
# A unit of work handles so many events at most: larger transactions hold locks for seconds on a small store.
EVENTS_A_UNIT: Final = 100


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a reaction reads and does; the name of its reader carries the version."""

    name: str
    version: int
    topics: tuple[TopicCard, ...]
    on: Mapping[type[Payload], React]


class _BeatenError(Exception):
    """Another reader has moved the cursor."""


class _FailedError(Exception):
    """The event at `place` could not be handled."""

    def __init__(self, place: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.place = place


class ReactionApplier:
    """Applies one reaction's events."""

    def __init__(self, reader: str, reaction: Reaction, context: ServiceContext) -> None:
        self._reader = reader
        self._context = context
        self._actor = Actor(f"reader:{reader}")
        self._handlers = Handlers(reaction.on)

    async def cursors(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Read how far each stream is."""
        identities = {self._identity(stream): stream for stream in streams}
        found = await self._cursors().find({"_id": {"$in": list(identities)}})
        known = {identities[d["_id"]]: Cursor(d["sequence"], d["held"]) for d in found}
        return {stream: known.get(stream, Cursor(0)) for stream in streams}

    def forget(self, streams: Iterable[Stream]) -> None:
        """Do nothing: nothing is remembered here."""

    async def positions(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Read how far each stream is; nothing is remembered here."""
        return await self.cursors(streams)

    async def apply(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Handle the streams one after the other, each in as many units of work as it needs."""
        return [await self._apply_stream(job) for job in jobs]

    async def mark(self, stream: Stream, cursor: Cursor) -> bool:
        """Hold or release a stream where it is; False if another reader moved it."""
        return await self._move(self._cursors(), stream, cursor, cursor)

    async def _apply_stream(self, job: Job) -> Outcome:
        applied, most = 0, EVENTS_A_UNIT
        while applied < len(job.arrivals):
            arrivals = job.arrivals[applied : applied + most]
            try:
                await self._unit(Job(job.stream, Cursor(job.cursor.sequence + applied), arrivals))
            except _BeatenError:
                return Outcome(applied, raced=True)
            except _FailedError as failure:
                if failure.place == 0:
                    return Outcome(applied, error=str(failure))
                # The unit is undone: do those before it, then meet it again as the first of a unit.
                most = failure.place
            else:
                applied += len(arrivals)
        return Outcome(applied)

    async def _unit(self, job: Job) -> None:
        async def work(unit: UnitOfWork) -> None:
            after = Cursor(job.cursor.sequence + len(job.arrivals))
            if not await self._move(unit.collection(CURSORS), job.stream, job.cursor, after):
                raise _BeatenError
            for place, arrival in enumerate(job.arrivals):
                await self._handle(unit, place, arrival)

        await self._context.in_hub(self._actor, job.stream.key, work)

    async def _handle(self, unit: UnitOfWork, place: int, arrival: Arrival) -> None:
        try:
            handler = self._handlers.find(arrival.type)
            if handler is not None:
                with caused_by(arrival.traceparent):
                    await handler(unit, payload_of(arrival))
        except (UnavailableError, WriteConflictError):
            raise
        except Exception as error:
            if is_transient(error):
                raise
            raise _FailedError(place, error) from error

    async def _move(self, cursors: Collection, stream: Stream, before: Cursor, after: Cursor) -> bool:
        change = {"sequence": after.sequence, "held": after.held}
        if before.sequence == 0 and not await cursors.count({"_id": self._identity(stream)}):
            try:
                await cursors.insert({"_id": self._identity(stream), **change})
            except DuplicateKeyError:
                return False
            return True
        where = {"_id": self._identity(stream), "sequence": before.sequence}
        return bool(await cursors.update(where, {"$set": change}))

    def _identity(self, stream: Stream) -> str:
        return f"{self._reader}/{stream}"

    def _cursors(self) -> Collection:
        return self._context.database().collection(CURSORS)
