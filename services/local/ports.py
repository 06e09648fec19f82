"""Loopback ports: kept for a child before it binds, and asked whether the child itself listens.

Between finding a free port and a child's bind, somebody else may take it. On Linux the launcher therefore
keeps a socket bound to the port, without listening: the child can bind beside it (both allow the reuse of
addresses), but the system gives the port to nobody else, not even while a child that died is away. Another
launcher could still bind beside it as well; a name in the system that only one process can have keeps it off.
Elsewhere the port is only found, and a child that cannot bind makes the Hub choose again.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.local.errors import EmbeddedHubError

LOOPBACK: Final = "127.0.0.1"
DEFAULT_API_PORT: Final = 8400
# Listening sockets in /proc/net/tcp (include/net/tcp_states.h).
_LISTEN: Final = "0A"
# Loopback answers within microseconds; a loaded machine may take a moment.
_CONNECT_TIMEOUT_S: Final = 1.0
# The system may offer a free port that another launcher keeps.
_ATTEMPTS: Final = 20


class ReservedPort:
    """A port that is kept for one child as long as the Hub runs."""

    __slots__ = ("_name", "_socket", "chosen", "number")

    def __init__(self, number: int = 0, *, chosen: bool = True) -> None:
        """Reserve a port, or any free one for 0; raises OSError if it cannot be had.

        `chosen` is whether another port would do as well.
        """
        self.chosen = chosen
        self.number = number
        self._socket: socket.socket | None = None
        self._name: socket.socket | None = None
        self._reserve()

    def move(self) -> None:
        """Take another port, because somebody listens on this one."""
        self.release()
        self.number = 0
        self._reserve()

    def release(self) -> None:
        """Let the port go."""
        for held in (self._socket, self._name):
            if held is not None:
                held.close()
        self._socket = self._name = None

    def _reserve(self) -> None:
        for attempts_left in reversed(range(1 if self.number else _ATTEMPTS)):
            try:
                self._hold(self.number)
            except (OSError, OverflowError):
                self.release()
                if not attempts_left:
                    raise
            else:
                break
        if sys.platform != "linux":
            self.release()

    def _hold(self, number: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, number))
        chosen = int(self._socket.getsockname()[1])
        if sys.platform == "linux":
            self._name = socket.socket(socket.AF_UNIX)
            self._name.bind(f"\0careers-hub/port/{chosen}")
        self.number = chosen


def reserve_api_port(requested: int | None) -> ReservedPort:
    """Reserve the port that was asked for, or the usual one, or a free one.

    Raises EmbeddedHubError if the requested one cannot be had.
    """
    try:
        if requested is not None:
            return ReservedPort(requested, chosen=False)
        return ReservedPort(DEFAULT_API_PORT)
    except (OSError, OverflowError) as error:
        if requested is None:
            return ReservedPort()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            message = f"port {requested} is taken: another program listens there"
        else:
            message = f"port {requested} cannot be used: {error}"
        raise EmbeddedHubError(
            message, "Give another one with --port, or leave --port out and the Hub finds a free one."
        ) from error


async def somebody_listens(port: int) -> bool:
    """Whether any program listens on a port."""
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            _reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except (OSError, TimeoutError):
        return False
    await _close(writer)
    return True


async def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on a port; elsewhere than on Linux, whether anybody does."""
    if sys.platform != "linux":
        return await somebody_listens(port)
    try:
        return not _listening_sockets(pid, port).isdisjoint(_open_sockets(pid))
    except (FileNotFoundError, ProcessLookupError):  # it has just died
        return False


async def is_healthy(port: int, path: str, timeout_s: float) -> bool:
    """Whether a child answers its health check with 200 within a time."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
            finally:
                await _close(writer)
    except (OSError, TimeoutError):
        return False
    return status.split(b" ")[1:2] == [b"200"]


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):  # the other side may have closed first
        await writer.wait_closed()


def _listening_sockets(pid: int, port: int) -> set[str]:
    """The inodes of the sockets that listen on a port, as the process's network sees them."""
    table = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    rows = (line.split() for line in table)
    return {f"socket:[{row[9]}]" for row in rows if row[3] == _LISTEN and int(row[1][-4:], 16) == port}


def _open_sockets(pid: int) -> set[str]:
    """What a process has open; files that are closed meanwhile are left out."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(descriptor.readlink()))
    return found
