"""Running a worker as an operating system process, and the job that makes its topics.

The worker serves health and lag over HTTP beside its work, so that a supervisor asks both roles the same way.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.runtime.broker import ensure_topics
from services.runtime.logs import get_logger, start_logs
from services.runtime.process import WORK_GRACE_S, flush, serve_app
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import start_telemetry
from services.runtime.worker import Worker

log = get_logger(__name__)


def serve_worker(services: Sequence[Service], settings: Settings, host: str, port: int) -> None:
    """Relay and read for services until told to stop; health on `port`."""
    start_logs(settings, "worker")
    telemetry = start_telemetry(settings, "worker")
    worker = Worker(settings, services)
    serve_app(worker_app(worker), host, port or settings.health_port)
    flush(telemetry)
    if worker.failed:
        sys.exit(1)


def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing, and end; a job of a cluster's deployment."""
    start_logs(settings, "topics")
    return asyncio.run(ensure_topics(settings))


def worker_app(worker: Worker) -> Starlette:
    """Wrap a worker in an application whose lifespan runs it; if it dies, liveness fails."""
    running: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(worker.run())
        task.add_done_callback(partial(_end_if_dead, worker))
        running.append(task)
        yield
        task.cancel()
        _done, late = await asyncio.wait({task}, timeout=WORK_GRACE_S)
        if late:
            log.warning("worker abandoned while it was stopping", after_s=WORK_GRACE_S)

    async def live(_request: Request) -> JSONResponse:
        alive = bool(running) and not running[0].done()
        return JSONResponse({"status": "live" if alive else "dead"}, 200 if alive else 503)

    async def ready(_request: Request) -> JSONResponse:
        state = {"status": "ready" if worker.ready else "starting"}
        return JSONResponse(state, 200 if worker.ready else 503, headers={"Retry-After": "1"})

    async def lag(_request: Request) -> JSONResponse:
        return JSONResponse({} if worker.progress is None else worker.progress.lag())

    routes = [Route("/health/live", live), Route("/health/ready", ready), Route("/health/lag", lag)]
    return Starlette(routes=routes, lifespan=lifespan)


def _end_if_dead(worker: Worker, task: asyncio.Task[None]) -> None:
    """End the process when its worker has died, so that whoever supervises it starts another."""
    if task.cancelled() or task.exception() is None:
        return
    worker.failed = True
    log.critical("worker died", exc_info=task.exception())
    signal.raise_signal(signal.SIGTERM)
