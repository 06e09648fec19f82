"""Tells open pages that something moved, as server-sent events; what moved they read again by themselves.

One process looks once a second, however many pages are open, and not at all while none is. It looks at a
mark: a short text that is another one as soon as anything that a page shows is. A page carries the mark that
it was made at, so what moved between its making and its listening is told as well. Nothing of the Hub's data
is in a stream; it ends after a while, and whoever listens again is asked for their permission again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from fastapi.responses import StreamingResponse

from services.runtime.errors import TooManyRequestsError, UnavailableError
from services.runtime.logs import get_logger

log = get_logger(__name__)

EVENT_STREAM: Final = "text/event-stream"
LOOK_EVERY_S: Final = 1.0
"""What was recorded shows within a second or two; a look costs one small read a read model."""
HEARTBEAT_S: Final = 15.0
"""Proxies close what is silent for a minute, some for thirty seconds."""
LONGEST_S: Final = 600.0
"""After ten minutes a browser connects again, and its permission is looked at again."""
MOST_LISTENERS: Final = 200
"""Open pages of one process: each is a connection; a Hub has some tens of people."""
TRY_AGAIN_S: Final = 60.0

ReadMark = Callable[[], Awaitable[str]]


@dataclass(eq=False, slots=True)
class _Listener:
    known: str | None
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Watch:
    """Looks for what one kind of page shows, while somebody listens; ends when the process stops."""

    def __init__(
        self, read_mark: ReadMark, stopping: asyncio.Event, *, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        self._read_mark = read_mark
        self._stopping = stopping
        self._look_every_s = look_every_s
        self._listeners: set[_Listener] = set()
        self._looking: asyncio.Task[None] | None = None
        self._mark: str | None = None

    @property
    def listeners(self) -> int:
        """How many pages listen now."""
        return len(self._listeners)

    def answer(self, known: str | None) -> StreamingResponse:
        """Stream to a page that was made at the mark `known`; raises TooManyRequestsError past the limit."""
        if len(self._listeners) >= MOST_LISTENERS:
            raise TooManyRequestsError(TRY_AGAIN_S)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self.events(known), media_type=EVENT_STREAM, headers=headers)

    async def events(self, known: str | None) -> AsyncIterator[bytes]:
        """Yield the stream's lines until the process stops, nobody reads them, or `LONGEST_S` is over."""
        listener = _Listener(known)
        self._listeners.add(listener)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        ends_s = time.monotonic() + LONGEST_S
        try:
            yield b"retry: 3000\n\n"
            while self._looking is not None and time.monotonic() < ends_s:
                if self._mark is not None and listener.known is None:
                    listener.known = self._mark
                if self._mark is not None and listener.known != self._mark:
                    listener.known = self._mark
                    yield f"id: {self._mark}\nevent: moved\ndata: {{}}\n\n".encode()
                    continue
                listener.woken.clear()
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await listener.woken.wait()
                except TimeoutError:
                    yield b": nothing has moved\n\n"
        finally:
            self._listeners.discard(listener)

    async def _look(self) -> None:
        """Read the mark again and again; when this ends, however it does, so do all streams."""
        try:
            while self._listeners and not self._stopping.is_set():
                # A store that is away for a while is no reason to close every page's stream.
                with suppress(UnavailableError):
                    self._mark = await self._read_mark()
                self._wake()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every_s):
                        await self._stopping.wait()
        except Exception as error:  # noqa: BLE001 - the task has nobody who would see it; browsers connect again
            log.error("pages are not told what moves", error=type(error).__name__)  # noqa: TRY400 - its text may repeat data
        finally:
            self._looking = self._mark = None
            self._wake()

    def _wake(self) -> None:
        for listener in self._listeners:
            listener.woken.set()
