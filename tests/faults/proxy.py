"""A TCP proxy on loopback that forwards faithfully until it is told not to.

What it can do to those who talk through it: refuse connections and cut those that are open, take every byte
and pass none on (half-open: nobody is told), delay, and lose replies after the request got through. Bytes
that pass are never changed or reordered.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

READ_BYTES: Final = 64 * 1024
HOST: Final = "127.0.0.1"
# An accepted connection takes a few rounds of the loop until it is made, and two more until it is closed.
ROUNDS_TO_CLOSE: Final = 20


class Treatment(Enum):
    """What becomes of one piece that a server sent."""

    PASS = auto()
    CUT = auto()
    """It is lost and the connection is reset: the client knows that it knows nothing."""
    SWALLOW = auto()
    """It is lost and so is all that follows, with the connection left open: the client waits in vain."""


@dataclass(slots=True, eq=False)
class Connection:
    """A client's connection and the one to the server behind it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    silent: bool = False

    def abort(self) -> None:
        """Reset both ends."""
        self.client.transport.abort()
        if self.server is not None:
            self.server.transport.abort()


@dataclass(slots=True, eq=False)
class Proxy:
    """Forwards `port` to `target_port`; `delay_s` holds up every piece."""

    target_port: int
    port: int = 0
    delay_s: float = 0.0
    replies_lost: int = 0
    _losing: tuple[float, random.Random] | None = None
    _silent: bool = False
    _server: asyncio.Server | None = None
    _open: set[Connection] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Listen; the first time on a free port, then on the same one again."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, HOST, self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, and reset what is open."""
        await self.refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Transports that were reset close when the loop has come round; so do those that were accepted while
        # it stood still, as it does between the tests that have a loop of their own.
        for _ in range(ROUNDS_TO_CLOSE):
            await asyncio.sleep(0)

    async def refuse(self) -> None:
        """Behave as if nothing listened here: open connections are reset, new ones refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._open):
            connection.abort()
        self._open.clear()
        # A closed listener is gone when the loop has come round.
        await asyncio.sleep(0)

    def fall_silent(self) -> None:
        """Take bytes and pass none on, on open connections and on new ones."""
        self._silent = True
        for connection in self._open:
            connection.silent = True

    def lose_replies(self, share: float, dice: random.Random) -> None:
        """Lose this share of the servers' replies, half with a reset and half without a word."""
        self._losing = (share, dice)

    async def heal(self) -> None:
        """Forward faithfully again. Connections that fell silent stay so: their ends must find out."""
        self._silent, self._losing, self.delay_s = False, None, 0.0
        await self.start()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Before anything else can run: a task that is cancelled before it starts would close nothing.
        connection = Connection(writer, silent=self._silent)
        if self._server is None:
            connection.abort()
            return
        self._open.add(connection)
        self._spawn(self._serve(connection, reader))

    async def _serve(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        try:
            with suppress(ConnectionError, OSError):
                server_reader, connection.server = await asyncio.open_connection(HOST, self.target_port)
                await self._forward(connection, reader, server_reader)
        finally:
            self._open.discard(connection)
            connection.abort()

    async def _forward(
        self, connection: Connection, client: asyncio.StreamReader, server: asyncio.StreamReader
    ) -> None:
        assert connection.server is not None
        pumps = (
            self._spawn(self._pump(connection, client, connection.server, replies=False)),
            self._spawn(self._pump(connection, server, connection.client, replies=True)),
        )
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self,
        connection: Connection,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        *,
        replies: bool,
    ) -> None:
        while piece := await source.read(READ_BYTES):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if replies and not connection.silent:
                match self._treat():
                    case Treatment.CUT:
                        return
                    case Treatment.SWALLOW:
                        connection.silent = True
                    case Treatment.PASS:
                        pass
            if not connection.silent:
                sink.write(piece)
                await sink.drain()

    def _treat(self) -> Treatment:
        if self._losing is None:
            return Treatment.PASS
        share, dice = self._losing
        if dice.random() >= share:
            return Treatment.PASS
        self.replies_lost += 1
        return dice.choice((Treatment.CUT, Treatment.SWALLOW))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
