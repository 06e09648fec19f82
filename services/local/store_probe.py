"""What the launcher asks of the store, in MongoDB's wire format, so that it needs no driver.

**Does it work?** The store can be alive and of no use: after a write that the disk had no room for it answers
every request with an error until it is started again, and a transaction that is too large for its cache
freezes it. A read, unlike a ping, goes through its storage and notices both.

**End what is open.** A transaction whose client was killed stays open, with all that it has locked, for a
minute. The launcher knows when a client was killed, and has the store end it.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from typing import Final

from services.local.ports import LOOPBACK

# https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
_HEADER: Final = struct.Struct("<iiii")
_OP_MSG: Final = 2013
_NO_FLAGS_ONE_BODY: Final = b"\0\0\0\0\0"
_OK: Final = b"\x01ok\0"
_DOUBLE: Final = struct.Struct("<d")
# An empty read's answer has some 300 bytes.
_LONGEST_ANSWER: Final = 65_536


async def store_answers(port: int, timeout_s: float) -> bool:
    """Whether the store reads from its storage within a time."""
    return await _agrees(port, _READ, timeout_s)


async def end_transactions(port: int, timeout_s: float) -> bool:
    """Have the store end every transaction that is open; whether it did within a time.

    Clients that live get an error for theirs that tells them to run it again.
    """
    return await _agrees(port, _KILL_ALL_SESSIONS, timeout_s)


async def _agrees(port: int, command: bytes, timeout_s: float) -> bool:
    """Whether the store answers a command with `ok: 1` within a time."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(command)
                length, _id, _to, _kind = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                answer = await reader.readexactly(min(length, _LONGEST_ANSWER) - _HEADER.size)
            finally:
                writer.close()
                with suppress(OSError):  # the store may have closed first
                    await writer.wait_closed()
    except (OSError, EOFError, TimeoutError):
        return False
    place = answer.find(_OK)
    return place >= 0 and _DOUBLE.unpack_from(answer, place + len(_OK)) == (1.0,)


def _text(name: str, value: str) -> bytes:
    """A BSON string element."""
    content = value.encode() + b"\0"
    return b"\x02" + name.encode() + b"\0" + struct.pack("<i", len(content)) + content


def _one(name: str) -> bytes:
    """A BSON element of the 32-bit number 1."""
    return b"\x10" + name.encode() + b"\0" + struct.pack("<i", 1)


def _nobody(name: str) -> bytes:
    """A BSON element of an empty array."""
    return b"\x04" + name.encode() + b"\0" + _document(b"")


def _document(elements: bytes) -> bytes:
    return struct.pack("<i", len(elements) + 5) + elements + b"\0"


def _message(*elements: bytes) -> bytes:
    body = _NO_FLAGS_ONE_BODY + _document(b"".join(elements))
    return _HEADER.pack(_HEADER.size + len(body), 1, 0, _OP_MSG) + body


_READ: Final = _message(_text("find", "nothing"), _one("limit"), _text("$db", "hub_probe"))
# Nobody named means everybody's.
_KILL_ALL_SESSIONS: Final = _message(_nobody("killAllSessions"), _text("$db", "admin"))
