"""Projections: read models that are a fold over streams, one document a stream, applied exactly once.

The document holds the folded state and the sequence up to which it is folded. A batch folds the next events
of every stream in memory and writes all documents in one bulk write, each on condition that its stored
sequence is still the one that was read. So a duplicate cannot count twice, two readers at once cannot both
win, and nothing needs a transaction.

A projection has a version in its collection's name and its reader's. Changing what a fold does means raising
the version: the new one builds beside the old, from the ledgers, and readers of the old see no gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.topics import TopicCard
from contracts.vocabulary import Payload
from services.runtime.arrivals import Cursor, Handlers, Job, Outcome, Stream, payload_of
from services.runtime.errors import DuplicateKeyError, UnavailableError
from services.runtime.mongo import Collection, Document, Insert, Replace, Write

State = dict[str, Any]
Fold = Callable[[State, Any], None]
"""Changes the state that it is given by one payload, and does nothing else."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What a projection reads and how it folds; `empty` makes the state of a stream without events."""

    name: str
    version: int
    topics: tuple[TopicCard, ...]
    on: Mapping[type[Payload], Fold]
    empty: Callable[[], State] = dict


@dataclass(slots=True)
class _Entry:
    """A stream's document as this process last saw it."""

    cursor: Cursor
    state: State
    stored: bool


_NEW: Final = Cursor(0)


class ProjectionApplier:
    """Applies one projection's events; keeps the documents that it wrote, to spare reading them again."""

    def __init__(self, projection: Projection, documents: Collection) -> None:
        self._projection = projection
        self._documents = documents
        self._folds = Handlers(projection.on)
        self._entries: dict[Stream, _Entry] = {}

    async def cursors(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Tell how far each stream is; a held one is read afresh, because a redrive may have freed it."""
        unknown = [s for s in streams if s not in self._entries or self._entries[s].cursor.held]
        if unknown:
            documents = await self._documents.find({"_id": {"$in": [str(s) for s in unknown]}})
            found = {document["_id"]: document for document in documents}
            for stream in unknown:
                self._entries[stream] = self._entry(found.get(str(stream)))
        return {stream: self._entries[stream].cursor for stream in streams}

    async def positions(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Read from the store how far each stream is, and leave what is remembered alone."""
        documents = await self._documents.find(
            {"_id": {"$in": [str(s) for s in streams]}}, fields=["sequence", "held"]
        )
        found = {d["_id"]: Cursor(d["sequence"], d["held"]) for d in documents}
        return {stream: found.get(str(stream), _NEW) for stream in streams}

    async def apply(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Fold and store; see the module's docstring."""
        try:
            outcomes = [await self._fold(job) for job in jobs]
            writes = [
                self._write(job.stream, job.cursor.sequence)
                for job, outcome in zip(jobs, outcomes, strict=True)
                if outcome.applied
            ]
            stored = await self._store(writes)
        except BaseException:
            # What was folded in memory is not in the store: the next attempt must start from the store.
            self.forget(job.stream for job in jobs)
            raise
        if stored:
            for job, outcome in zip(jobs, outcomes, strict=True):
                if outcome.applied:
                    self._entries[job.stream].stored = True
            return outcomes
        self.forget(job.stream for job in jobs)
        return [Outcome(0, raced=True) for _ in jobs]

    async def mark(self, stream: Stream, cursor: Cursor) -> bool:
        """Hold or release a stream where it is; False if another reader moved it."""
        remembered = (await self.cursors([stream]))[stream]
        self._entries[stream].cursor = cursor
        try:
            return remembered.sequence == cursor.sequence and await self._store(
                [self._write(stream, cursor.sequence)]
            )
        finally:
            self.forget([stream])

    def forget(self, streams: Iterable[Stream]) -> None:
        """Read these streams afresh next time."""
        for stream in streams:
            self._entries.pop(stream, None)

    async def _fold(self, job: Job) -> Outcome:
        entry = self._entries.get(job.stream)
        if entry is None or entry.cursor != job.cursor:
            # Somebody else asked where the stream is in the meantime, and it has moved.
            self.forget([job.stream])
            return Outcome(0, raced=True)
        for place, arrival in enumerate(job.arrivals):
            try:
                fold = self._folds.find(arrival.type)
                if fold is not None:
                    fold(entry.state, payload_of(arrival))
            except Exception as error:  # noqa: BLE001 - whatever a record does to us, it is parked with the reason
                await self._fold_up_to(job, place)
                return Outcome(place, error=f"{type(error).__name__}: {error}")
        entry.cursor = Cursor(job.cursor.sequence + len(job.arrivals))
        return Outcome(len(job.arrivals))

    async def _fold_up_to(self, job: Job, place: int) -> None:
        """Start again from what is stored, without the event whose fold may have left half a change."""
        self.forget([job.stream])
        cursor = (await self.cursors([job.stream]))[job.stream]
        if cursor != job.cursor:
            message = f"{job.stream} was moved by another reader"
            raise UnavailableError(message)
        if place:
            await self._fold(Job(job.stream, job.cursor, job.arrivals[:place]))

    async def _store(self, writes: Sequence[Write]) -> bool:
        if not writes:
            return True
        try:
            return await self._documents.write(*writes) == len(writes)
        except DuplicateKeyError:
            return False

    def _write(self, stream: Stream, previous: int) -> Write:
        entry = self._entries[stream]
        document: Document = {
            "_id": str(stream),
            "service": stream.service,
            "key": stream.key,
            "sequence": entry.cursor.sequence,
            "held": entry.cursor.held,
            "state": entry.state,
        }
        if not entry.stored:
            return Insert(document)
        return Replace({"_id": str(stream), "sequence": previous}, document)

    def _entry(self, document: Document | None) -> _Entry:
        if document is None:
            return _Entry(_NEW, self._projection.empty(), stored=False)
        return _Entry(Cursor(document["sequence"], document["held"]), document["state"], stored=True)
