"""The proxy does what it is told and nothing else: else a fault that never happened would be survived."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.faults.proxy import HOST, Proxy

pytestmark = pytest.mark.faults

SILENCE_S = 0.2


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before a server that sends every line back."""
    serving: set[asyncio.Task[None]] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
        writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.get_running_loop().create_task(echo(reader, writer)))

    server = await asyncio.start_server(accept, HOST, 0)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    yield proxy
    await proxy.stop()
    server.close()
    await asyncio.gather(*serving)
    await asyncio.sleep(0)


class Caller:
    """A client with one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, proxy: Proxy) -> Caller:
        return cls(*await asyncio.open_connection(HOST, proxy.port))

    async def say(self, line: bytes) -> bytes:
        self.writer.write(line)
        await self.writer.drain()
        return await self.reader.readline()

    def hang_up(self) -> None:
        self.writer.transport.abort()


async def test_bytes_pass_unchanged_and_in_order(proxy: Proxy) -> None:
    caller = await Caller.to(proxy)
    assert [await caller.say(b"%d\n" % number) for number in range(20)] == [b"%d\n" % n for n in range(20)]
    caller.hang_up()


async def test_who_is_refused_cannot_connect_and_loses_what_was_open(proxy: Proxy) -> None:
    caller = await Caller.to(proxy)
    await caller.say(b"before\n")
    await proxy.refuse()
    with pytest.raises(ConnectionError):
        await Caller.to(proxy)
    answered = b""
    with suppress(ConnectionError):
        answered = await caller.say(b"during\n")
    assert answered == b"", "a cut connection ends or is reset, as the system likes"
    await proxy.heal()
    again = await Caller.to(proxy)
    assert await again.say(b"after\n") == b"after\n"
    for one in (caller, again):
        one.hang_up()


async def test_a_silent_connection_stays_open_and_says_nothing_even_when_healed(proxy: Proxy) -> None:
    caller = await Caller.to(proxy)
    await caller.say(b"before\n")
    proxy.fall_silent()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.say(b"during\n"), SILENCE_S)
    await proxy.heal()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(caller.say(b"after\n"), SILENCE_S)
    again = await Caller.to(proxy)
    assert await again.say(b"again\n") == b"again\n"
    for one in (caller, again):
        one.hang_up()


async def test_a_lost_reply_is_lost_and_every_request_gets_through(proxy: Proxy) -> None:
    proxy.lose_replies(1.0, random.Random(1))
    for _ in range(6):
        caller = await Caller.to(proxy)
        assert not await _answer(caller)
        caller.hang_up()
    assert proxy.replies_lost == 6


async def _answer(caller: Caller) -> bytes:
    """What a caller is answered: nothing if the connection is reset or stays silent."""
    with suppress(TimeoutError, ConnectionError):
        return await asyncio.wait_for(caller.say(b"hello\n"), SILENCE_S)
    return b""


async def test_a_delay_delays(proxy: Proxy) -> None:
    caller = await Caller.to(proxy)
    proxy.delay_s = SILENCE_S / 2
    started_s = asyncio.get_running_loop().time()
    await caller.say(b"slow\n")
    assert asyncio.get_running_loop().time() - started_s >= SILENCE_S
    caller.hang_up()
