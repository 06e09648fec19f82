"""Running an application as an operating system process, over uvicorn.

`api_process.py` and `worker_process.py` say what runs in it. They are apart because an api imports nothing of
Kafka: it needs none, and would start half a second later.
"""

from __future__ import annotations

import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from services.runtime.telemetry import Telemetry

# What a process that was asked to stop may take, one after the other. Requests: the longest, an import, takes
# some seconds. Work: what a worker has begun, and the goodbyes to broker and store (`broker.py`). Telemetry:
# one attempt to reach a collector.
REQUESTS_GRACE_S: Final = 10
WORK_GRACE_S: Final = 8.0
TELEMETRY_GRACE_S: Final = 5.0
STOPS_WITHIN_S: Final = REQUESTS_GRACE_S + WORK_GRACE_S + TELEMETRY_GRACE_S
# Python looks for cycles after 700 new containers. A bulk post makes tens of thousands that are in no cycle.
CONTAINERS_A_COLLECTION: Final = 20_000
# What uvicorn's own `run` exits with.
STARTUP_FAILED: Final = 3


class _Server(uvicorn.Server):
    """Says that it stops before it waits for requests: a stream of events would never end by itself."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and wait for those that run."""
        self._on_stop()
        await super().shutdown(sockets)


def serve_app(app: ASGIApp, host: str, port: int, on_stop: Callable[[], None] = lambda: None) -> None:
    """Serve an application with the settings of all our processes, until told to stop.

    `on_stop` is called once, in the event loop, before running requests are waited for.
    """
    # uvicorn raises the signal again when it has finished, which would end the process before what comes
    # next: telemetry's flush. An interrupt it passes over.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _spare_the_collector()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_GRACE_S,
    )
    server = _Server(config, on_stop)
    # uvicorn raises it again once everything has ended, as `signal` above has it.
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILED)


def flush(telemetry: Telemetry) -> None:
    """Send what telemetry is waiting, for as long as a process may; a collector can be away."""
    sending = threading.Thread(target=telemetry.shutdown, daemon=True)
    sending.start()
    sending.join(TELEMETRY_GRACE_S)


def _spare_the_collector() -> None:
    """Keep what is loaded by now, and lives as long as the process, out of every garbage collection.

    In an api a full collection goes through 130,000 such objects in 70 ms, during which nothing else runs;
    with the more frequent small ones that was a third of the time that a bulk post takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(CONTAINERS_A_COLLECTION)
