"""Running a role: one api or one worker as an operating system process, over uvicorn.

The worker serves health and lag over HTTP beside its work, so that a supervisor asks both roles the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.runtime.api import create_api
from services.runtime.broker import ensure_topics
from services.runtime.logs import get_logger, start_logs
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import start_telemetry
from services.runtime.worker import Worker

log = get_logger(__name__)

GRACE_S: Final = 10


def serve_api(services: Sequence[Service], settings: Settings, host: str, port: int) -> None:
    """Serve the routes of services until told to stop."""
    start_logs(settings, "api")
    telemetry = start_telemetry(settings, "api")
    _serve(create_api(services, settings), host, port)
    telemetry.shutdown()


def serve_worker(services: Sequence[Service], settings: Settings, host: str, port: int) -> None:
    """Relay and read for services until told to stop; health on `port`."""
    start_logs(settings, "worker")
    telemetry = start_telemetry(settings, "worker")
    _serve(worker_app(Worker(settings, services)), host, port or settings.health_port)
    telemetry.shutdown()


def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing, and end; a job of a cluster's deployment."""
    start_logs(settings, "topics")
    return asyncio.run(ensure_topics(settings))


def worker_app(worker: Worker) -> Starlette:
    """Wrap a worker in an application whose lifespan runs it; if it dies, liveness fails."""
    running: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        running.append(asyncio.create_task(worker.run()))
        yield
        running[0].cancel()
        with suppress(asyncio.CancelledError):
            await running[0]

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


def _serve(app: ASGIApp, host: str, port: int) -> None:
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
