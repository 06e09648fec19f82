"""The api process: FastAPI over MongoDB. It never talks to the broker, so it stays up while Kafka is down.

`create_api` puts any number of services into one application (all four in the embedded Hub, one each in a
cluster) and refuses to start with a route that has no permission.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from services.runtime.context import Clock, ServiceContext, utc_now
from services.runtime.hub_api import freshness_router, hub_router, ledger_router
from services.runtime.memberships import Memberships
from services.runtime.mongo import Store
from services.runtime.observed import ObservedRequests
from services.runtime.problems import install_problem_handlers
from services.runtime.rates import RateLimit
from services.runtime.routing import PERMISSION_EXTENSION, Gate
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from services.runtime.tokens import TokenVerifier

API_VERSION: Final = "1"
PUBLIC_PATHS: Final = frozenset({"/health/live", "/health/ready"})


class UnprotectedRouteError(RuntimeError):
    """A route has no permission; declare it on a `SecuredRouter`."""


def create_api(services: Sequence[Service], settings: Settings, *, clock: Clock = utc_now) -> FastAPI:
    """Assemble the application; its lifespan connects to the store and prepares the services."""
    store = Store.connect(
        settings.mongodb_url.get_secret_value(),
        concurrency=settings.store_concurrency,
        application="careers-hub-api",
    )
    sealer = Sealer.from_file(settings.secret_file)
    contexts = {s.name: ServiceContext(s.name, settings, store, sealer, clock=clock) for s in services}
    memberships = Memberships(Tenancy(store, settings.hub_id), clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await store.verify()
        await memberships.prepare()
        for service in services:
            await contexts[service.name].prepare(service.indexes, service.school_indexes)
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
    app.state.gate = Gate(
        tokens=TokenVerifier(settings, clock),
        memberships=memberships,
        rates=RateLimit(settings.rate_limit_per_second),
        contexts=contexts,
    )
    for service in services:
        if service.topic is not None:
            app.include_router(ledger_router(service.name).router)
        if service.projections or service.reactions:
            app.include_router(freshness_router(service).router)
        for secured in service.routers:
            app.include_router(secured.router)
    app.include_router(hub_router(services[0].name).router)
    _add_health(app, store)
    install_problem_handlers(app)
    app.add_middleware(ObservedRequests, body_limit=settings.body_limit_bytes)
    require_permissions(app)
    return app


def require_permissions(app: FastAPI) -> None:
    """Raise UnprotectedRouteError if any route could be used without a permission.

    Mounts, websockets and plain routes have none and are refused as well.
    """
    unprotected = [
        str(context.path)
        for context in iter_route_contexts(app.routes)
        if not (
            isinstance(context.original_route, APIRoute)
            and (
                context.path in PUBLIC_PATHS
                or PERMISSION_EXTENSION in (context.original_route.openapi_extra or {})
            )
        )
    ]
    if unprotected:
        message = f"routes without a permission: {', '.join(sorted(unprotected))}"
        raise UnprotectedRouteError(message)


def routes_of(app: FastAPI) -> list[tuple[str, APIRoute]]:
    """List every route of an application with its whole path."""
    # `app.routes` holds an included router as one entry: without this its routes would go unseen.
    return [
        (str(context.path), context.original_route)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
    ]


def _add_health(app: FastAPI, store: Store) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, Any]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> dict[str, Any]:
        await store.ping()
        return {"status": "ready"}
