"""A Hub in a terminal: work beside it until it is done, it fails, or somebody presses Ctrl-C.

The first SIGINT or SIGTERM sets an event: a Hub that is still starting is stopped, a ready one when the work
returns, which is expected to watch the event. The second one kills every child at once.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from services.local.hub import EmbeddedHub

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM)


async def run_in_foreground(
    hub: EmbeddedHub, work: Callable[[EmbeddedHub, asyncio.Event], Awaitable[None]]
) -> None:
    """Start a Hub, do the work beside it, and stop it whatever happens.

    Raises EmbeddedHubError if the Hub fails, KeyboardInterrupt if it was stopped before it was ready, and
    whatever the work raises.
    """
    stop = asyncio.Event()
    with _heeding_signals(hub, stop):
        try:
            await hub.start()
            await _unless_stopped(hub.wait_ready(), stop)
            await _first_of(hub.failed(), work(hub, stop))
        finally:
            await hub.stop()


@contextmanager
def _heeding_signals(hub: EmbeddedHub, stop: asyncio.Event) -> Iterator[None]:
    def heed() -> None:
        if stop.is_set():
            hub.kill()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in _ENDINGS:
        loop.add_signal_handler(number, heed)
    try:
        yield
    finally:
        for number in _ENDINGS:
            loop.remove_signal_handler(number)


async def _unless_stopped(waiting: Awaitable[None], stop: asyncio.Event) -> None:
    async def stopped() -> None:
        await stop.wait()

    await _first_of(waiting, stopped())
    if stop.is_set():
        raise KeyboardInterrupt


async def _first_of(one: Awaitable[None], other: Awaitable[None]) -> None:
    """Wait for the first of two, cancel the second, and return or raise as the first did."""
    tasks = [asyncio.ensure_future(one), asyncio.ensure_future(other)]
    try:
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
            return
