"""What a reader, and whoever redrives for it, asks of a projection or a reaction: one interface for both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from services.runtime.arrivals import Cursor, Job, Outcome, Stream


class Applier(Protocol):
    """How a projection or a reaction applies events; see `projection.py` and `reaction.py`."""

    async def cursors(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Tell how far each stream is, as far as this process knows: `apply` finds out if that is old."""

    def forget(self, streams: Iterable[Stream]) -> None:
        """Read these streams afresh when asked for them next."""

    async def positions(self, streams: Sequence[Stream]) -> dict[Stream, Cursor]:
        """Read from the store how far each stream is; may be called while a batch is being applied."""

    async def apply(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Apply the next events of streams."""

    async def mark(self, stream: Stream, cursor: Cursor) -> bool:
        """Hold or release a stream where it is; False if another reader moved it."""
