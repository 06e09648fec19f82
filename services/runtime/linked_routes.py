"""Routes that a link opens instead of a token: `/<service>/links/{urn}/{secret}`, and what is below.

What a link of the Hub's opens, and no school's, is below `/<service>/hub-links/{secret}` (`HubLinkedRouter`).

A route is declared on a `LinkedRouter` with the purpose of its links; `api.py` takes it as it takes a route
with a permission. Before the endpoint runs, the link is found, its use counted and in the access log
(`links.py`). Whatever does not open answers the same 404: a link that never was, has ended or was revoked,
one of another purpose, one of another school. The address is the secret, so what is logged, traced and
counted names the route's template alone (`observed.py`).

An `AnonymousRouter` has routes of the same shape for links whose holders must stay unknown. It finds no link,
counts no use and writes nothing down: the secret goes to the endpoint, which alone knows what it is.
What reads a page gets the router's `refusal`; a program that sends JSON gets a problem document.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request, Response

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.errors import HubError, NotFoundError
from services.runtime.links import NO_SUCH_LINK, Link, Purpose, open_hub_link, open_link
from services.runtime.routing import AdmittedRoute, Gate, take_turn
from services.runtime.uow import Actor

_E = TypeVar("_E", bound=Callable[..., Awaitable[Any]])
Refusal = Callable[[HubError], Response]
"""Makes the answer to whoever is refused, where people and not programs read it."""

LINK_PATH: Final = "/links/{urn}/{secret}"
HUB_LINK_PATH: Final = "/hub-links/{secret}"
NO_ADDRESS: Final = "nowhere"
"""Stands for the address of a caller that has none: behind a socket of the machine's own."""
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class LinkCaller:
    """Whoever holds a link."""

    actor: Actor
    context: ServiceContext
    urn: Urn
    link: Link


@dataclass(frozen=True, slots=True)
class HubLinkCaller:
    """Whoever holds a link of the Hub's."""

    actor: Actor
    context: ServiceContext
    link: Link


@dataclass(frozen=True, slots=True)
class AnonymousCaller:
    """Whoever sends a secret, which may be one or not; `urn` is the tenant of the school in the path."""

    context: ServiceContext
    urn: Urn
    secret: str


class _LinksRouter:
    """Declares routes below one service's links; without a `refusal`, the refused get a problem document."""

    below = LINK_PATH

    def __init__(self, service: str, gatekeeper: AnyGatekeeper, refusal: Refusal | None) -> None:
        self.service = service
        self.gatekeeper = gatekeeper
        self.refusal = refusal
        self.routes: list[LinkedRoute] = []

    def get(self, path: str, **options: Any) -> Callable[[_E], _E]:  # noqa: ANN401 - FastAPI's options
        """Declare a route that reads; its path goes on from the link's."""
        return self._route("GET", path, options)

    def post(self, path: str, **options: Any) -> Callable[[_E], _E]:  # noqa: ANN401
        """Declare a route that adds; its path goes on from the link's."""
        return self._route("POST", path, options)

    def put(self, path: str, **options: Any) -> Callable[[_E], _E]:  # noqa: ANN401
        """Declare a route that replaces; its path goes on from the link's."""
        return self._route("PUT", path, options)

    def _route(self, method: str, path: str, options: dict[str, Any]) -> Callable[[_E], _E]:
        def declare(endpoint: _E) -> _E:
            route = LinkedRoute(
                f"/{self.service}{self.below}{path}",
                endpoint,
                self.gatekeeper,
                self.refusal,
                methods=[method],
                tags=[self.service],
                **options,
            )
            self.routes.append(route)
            return endpoint

        return declare


class LinkedRouter(_LinksRouter):
    """Declares the routes that one service's links of one purpose open."""

    def __init__(self, service: str, purpose: Purpose, refusal: Refusal | None = None) -> None:
        super().__init__(service, LinkGatekeeper(service, purpose), refusal)


class HubLinkedRouter(_LinksRouter):
    """Declares the routes that one service's links of the Hub's, of one purpose, open."""

    below = HUB_LINK_PATH

    def __init__(self, service: str, purpose: Purpose, refusal: Refusal | None = None) -> None:
        super().__init__(service, HubLinkGatekeeper(service, purpose), refusal)


class AnonymousRouter(_LinksRouter):
    """Declares the routes of one service's links whose holders must stay unknown."""

    def __init__(self, service: str, refusal: Refusal | None = None) -> None:
        super().__init__(service, AnonymousGatekeeper(service), refusal)


class LinkedRoute(AdmittedRoute):
    """A route for whoever holds a link, as its gatekeeper admits them."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        gatekeeper: AnyGatekeeper,
        refusal: Refusal | None,
        **options: Any,  # noqa: ANN401 - FastAPI's options
    ) -> None:
        self.gatekeeper = gatekeeper
        self._refusal = refusal
        super().__init__(path, endpoint, gatekeeper, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer whoever is refused as the router says."""
        handle, refusal = super().get_route_handler(), self._refusal
        if refusal is None:
            return handle

        async def handle_for_people(request: Request) -> Response:
            try:
                return await handle(request)
            except HubError as error:
                if media_type_of(request) == JSON:
                    raise
                return refusal(error)

        return handle_for_people


def media_type_of(request: Request) -> str:
    """Name the kind of body that a request says it has, without its parameters; empty if it says none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class LinkGatekeeper:
    """Admits whoever holds an open link of one purpose."""

    service: str
    purpose: Purpose

    async def admit(self, request: Request) -> LinkCaller:
        """Open the link; raises NotFoundError, or TooManyRequestsError for an address that asks too often."""
        context, tenant, secret = await _asked(request, self.service)
        link, actor = await open_link(context, tenant, secret, self.purpose)
        return LinkCaller(actor, context, tenant, link)


@dataclass(frozen=True, slots=True)
class HubLinkGatekeeper:
    """Admits whoever holds an open link of the Hub's, of one purpose."""

    service: str
    purpose: Purpose

    async def admit(self, request: Request) -> HubLinkCaller:
        """Open the link; raises NotFoundError, or TooManyRequestsError for an address that asks too often."""
        context = _context(request, self.service)
        link, actor = await open_hub_link(context, request.path_params["secret"], self.purpose)
        return HubLinkCaller(actor, context, link)


@dataclass(frozen=True, slots=True)
class AnonymousGatekeeper:
    """Lets whoever sends a secret go on to the endpoint, which finds out whether it opens anything."""

    service: str

    async def admit(self, request: Request) -> AnonymousCaller:
        """Resolve the tenant; raises NotFoundError, or TooManyRequestsError for an address."""
        context, tenant, secret = await _asked(request, self.service)
        try:
            context.school(tenant)
        except NotFoundError:
            raise NotFoundError(NO_SUCH_LINK) from None
        return AnonymousCaller(context, tenant, secret)


AnyGatekeeper = LinkGatekeeper | HubLinkGatekeeper | AnonymousGatekeeper


async def _asked(request: Request, service: str) -> tuple[ServiceContext, Urn, str]:
    """Take one of the requests that an address may make, and return context, tenant and secret."""
    context = _context(request, service)
    tenant = await context.successions.tenant_of(request.path_params["urn"])
    return context, tenant, request.path_params["secret"]


def _context(request: Request, service: str) -> ServiceContext:
    """Take one of the requests that an address may make."""
    gate: Gate = request.app.state.gate
    gate.require_open()
    address = NO_ADDRESS if request.client is None else request.client.host
    take_turn(gate, f"links from {address}")
    return gate.contexts[service]
