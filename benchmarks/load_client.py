"""Sends one request over and over on a few keep-alive connections, as fast as the answers come.

A process of its own, so that it takes no time from the server's:
`python -m benchmarks.load_client PORT STATUS SECONDS < request`. Raw sockets and no HTTP library: at some
10,000 requests a second a library would be what is measured. Prints answers a second; ends with an error if
any answer has another status.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final, cast

import uvloop

CONNECTIONS: Final = 8
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"


class Connection(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last is whole."""

    def __init__(self, request: bytes, status: bytes) -> None:
        self._request = request
        self._expected = b"HTTP/1.1 " + status
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None
        self.answers = 0
        self.failure: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        # A cast, because uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; when it is whole, count it and send the next request."""
        self._buffer += data
        head_end = self._buffer.find(HEAD_END)
        if head_end < 0:
            return
        length_at = self._buffer.lower().find(LENGTH, 0, head_end)
        assert length_at >= 0, "an answer without a content-length"
        length = int(self._buffer[length_at + len(LENGTH) : self._buffer.index(b"\r\n", length_at)])
        if len(self._buffer) < head_end + len(HEAD_END) + length:
            return
        if not self._buffer.startswith(self._expected):
            self.failure = self._buffer
            return
        self._buffer = b""
        self.answers += 1
        if self._transport is not None:
            self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note a connection that the server gave up."""
        if self._transport is not None and not self._transport.is_closing():
            self.failure = f"connection lost: {exc}".encode()

    def close(self) -> None:
        """Stop sending."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


async def load(port: int, status: bytes, seconds: float, request: bytes) -> float:
    """Load a server for so many seconds; returns answers a second."""
    loop = asyncio.get_running_loop()
    connections = [Connection(request, status) for _ in range(CONNECTIONS)]
    for connection in connections:
        await loop.create_connection(lambda made=connection: made, "127.0.0.1", port)  # type: ignore[misc]
    began_s = time.perf_counter()
    await asyncio.sleep(seconds)
    answers = sum(connection.answers for connection in connections)
    took_s = time.perf_counter() - began_s
    for connection in connections:
        connection.close()
    failures = [connection.failure for connection in connections if connection.failure is not None]
    assert not failures, failures[0].decode(errors="replace")
    assert answers, "nothing was answered"
    return answers / took_s


def main() -> None:
    """Load the server that the arguments name with the request on stdin."""
    port, status, seconds = int(sys.argv[1]), sys.argv[2].encode(), float(sys.argv[3])
    request = sys.stdin.buffer.read()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(load(port, status, seconds, request)))


if __name__ == "__main__":
    main()
