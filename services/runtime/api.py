"""The api process: FastAPI over MongoDB. It never talks to the broker, so it stays up while Kafka is down.

`create_api` puts any number of services into one application (all four in the embedded Hub, one each in a
cluster) and refuses to start with a route that has no permission.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.runtime.context import Clock, ServiceContext, utc_now
from services.runtime.errors import UnavailableError
from services.runtime.hub_api import (
    freshness_router,
    hub_router,
    ledger_router,
    succession_router,
)
from services.runtime.linked_routes import LinkedRoute
from services.runtime.logs import get_logger
from services.runtime.memberships import Memberships
from services.runtime.mongo import PAUSE_WITHOUT_STORE_S, Store
from services.runtime.observed import ObservedRequests
from services.runtime.problems import install_problem_handlers
from services.runtime.rates import RateLimit
from services.runtime.routing import Gate, OpenRoute, SecuredRoute
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.static_files import StaticRoute
from services.runtime.tenancy import Tenancy
from services.runtime.tokens import TokenVerifier

log = get_logger(__name__)

API_VERSION: Final = "1"
PUBLIC_PATHS: Final = frozenset({"/health/live", "/health/ready"})


class UnprotectedRouteError(RuntimeError):
    """A route has no permission; declare it on a `SecuredRouter`, or on a router of `linked_routes.py`."""


def create_api(services: Sequence[Service], settings: Settings, *, clock: Clock = utc_now) -> FastAPI:
    """Assemble the application; its lifespan connects to the store and prepares the services."""
    store = Store.connect(
        settings.mongodb_url.get_secret_value(),
        concurrency=settings.store_concurrency,
        application="careers-hub-api",
    )
    sealer = Sealer.from_file(settings.secret_file)
    contexts = {s.name: ServiceContext(s.name, settings, store, sealer, clock=clock) for s in services}
    gate = Gate(
        tokens=TokenVerifier(settings, clock),
        memberships=Memberships(Tenancy(store, settings.hub_id), clock),
        rates=RateLimit(settings.rate_limit_per_second),
        contexts=contexts,
    )

    async def open_gate() -> None:
        await store.verify()
        await gate.memberships.prepare()
        for service in services:
            await contexts[service.name].prepare(service.indexes, service.school_indexes)
            if service.before_serving is not None:
                await service.before_serving(contexts[service.name])
        gate.is_open = True

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with _patiently(open_gate):
            yield
        await store.close()

    app = FastAPI(
        title="Careers Hub",
        version=API_VERSION,
        lifespan=lifespan,
        # The built-in pages load their scripts from another origin; we serve none of those.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # FastAPI would make spans beside ours of every request, and log the texts of exceptions.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.gate = gate
    app.state.show_refusal = next((s.show_refusal for s in services if s.show_refusal is not None), None)
    # Set when the process is told to stop: streams of events end, and nobody waits for them.
    app.state.stopping = asyncio.Event()
    for service in services:
        app.router.routes += _routes_of(service)
    for service in services:
        if service.topic is not None:
            app.router.routes += ledger_router(service.name).routes
        if service.projections or service.reactions:
            app.router.routes += freshness_router(service).routes
    app.router.routes += hub_router(services[0].name).routes
    app.router.routes += succession_router(services[0].name).routes
    _add_health(app, store, gate)
    install_problem_handlers(app)
    app.add_middleware(ObservedRequests, body_limit=settings.body_limit_bytes)
    require_permissions(app)
    return app


def _routes_of(service: Service) -> list[APIRoute]:
    routes: list[APIRoute] = [route for secured in service.routers for route in secured.routes]
    routes += [route for linked in service.linked_routers for route in linked.routes]
    routes += service.open_routes
    files = () if service.static_files is None else service.static_files()
    return routes + [StaticRoute(service.name, file) for file in files]


def require_permissions(app: FastAPI) -> None:
    """Raise UnprotectedRouteError if any route could be used without a permission.

    Only a `SecuredRoute` has one; a `LinkedRoute` asks for a link instead, an `OpenRoute` says that it is
    for anybody, and a `StaticRoute` has nothing to hide. Mounts, websockets, plain routes and included
    routers are refused.
    """
    unprotected = [
        str(getattr(route, "path", route))
        for route in app.routes
        if not isinstance(route, SecuredRoute | LinkedRoute | OpenRoute | StaticRoute)
        and not (isinstance(route, APIRoute) and route.path in PUBLIC_PATHS)
    ]
    if unprotected:
        message = f"routes without a permission: {', '.join(sorted(unprotected))}"
        raise UnprotectedRouteError(message)


@asynccontextmanager
async def _patiently(open_gate: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Open the gate before anything is served; if the store is away, serve 503 and go on trying.

    A store that can be reached but does not do raises, and ends the process: now, or when that is found.
    """
    try:
        await open_gate()
    except UnavailableError:
        trying = asyncio.create_task(_open_when_possible(open_gate))
    else:
        yield
        return
    try:
        yield
    finally:
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)


async def _open_when_possible(open_gate: Callable[[], Awaitable[None]]) -> None:
    while True:
        log.warning("waiting for the data store")
        await asyncio.sleep(PAUSE_WITHOUT_STORE_S)
        try:
            await open_gate()
        except UnavailableError:
            continue
        except Exception:
            # Whoever supervises this process starts another, which fails at once and says why.
            log.critical("the data store cannot be used", exc_info=True)
            signal.raise_signal(signal.SIGTERM)
        return


def _add_health(app: FastAPI, store: Store, gate: Gate) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, Any]:
        if any(context.timeline.outlived for context in gate.contexts.values()):
            raise UnavailableError(
                "This process has outlived a restore of the Hub; another has to be started."
            )
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> dict[str, Any]:
        gate.require_open()
        await store.ping()
        for context in gate.contexts.values():
            await context.timeline.require_same()
        return {"status": "ready"}
