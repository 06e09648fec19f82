"""How a role's process is set up before it serves."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from services.runtime.process import CONTAINERS_A_COLLECTION, REQUESTS_GRACE_S, STARTUP_FAILED, serve_app


@pytest.fixture
def process() -> Iterator[None]:
    """Leave the collector, and what a signal does, as they were found."""
    before, on_signal = gc.get_threshold(), signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, on_signal)
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("process")
def test_what_is_loaded_before_serving_is_kept_out_of_garbage_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    while_serving: list[tuple[int, int]] = []

    def run(server: uvicorn.Server) -> None:
        server.started = True
        while_serving.append((gc.get_freeze_count(), gc.get_threshold()[0]))

    monkeypatch.setattr(uvicorn.Server, "run", run)

    serve_app(Starlette(), "127.0.0.1", 0)

    ((frozen, threshold),) = while_serving
    assert frozen > 10_000
    assert threshold == CONTAINERS_A_COLLECTION


@pytest.mark.usefixtures("process")
def test_a_server_that_could_not_start_ends_the_process_with_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda _server: None)

    with pytest.raises(SystemExit) as ended:
        serve_app(Starlette(), "127.0.0.1", 0)

    assert ended.value.code == STARTUP_FAILED


@pytest.mark.usefixtures("process")
def test_a_stream_that_never_ends_by_itself_is_told_that_the_process_stops() -> None:
    """The application ends its stream only when told; the process ends long before its grace is over."""
    stopping = asyncio.Event()

    async def streams(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"open", "more_body": True})
        signal.raise_signal(signal.SIGTERM)
        await stopping.wait()
        await send({"type": "http.response.body", "body": b", closed", "more_body": False})

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(_read_when_there, f"http://127.0.0.1:{port}/")
        began_s = time.monotonic()
        serve_app(streams, "127.0.0.1", port, on_stop=stopping.set)

        assert read.result() == "open, closed"
    assert time.monotonic() - began_s < REQUESTS_GRACE_S


def _read_when_there(url: str) -> str:
    """Ask until somebody listens, for ten seconds at most."""
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport, timeout=10) as client:
        return client.get(url).text
