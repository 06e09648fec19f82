"""Routes with a permission each, denied by default.

A route is declared on a `SecuredRouter` with the permission that it needs; `api.py` refuses to start an
application with a route that has none. Before the endpoint runs, the token is checked, the person's current
memberships are read, and the school in the path is compared with them. A school that the caller has nothing
to do with answers 404, exactly as one that does not exist. `linked_routes.py` has the other way in: a link
instead of a token.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol, TypeVar

from fastapi import Header, Request, Response
from fastapi.routing import APIRoute

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.errors import (
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from services.runtime.memberships import Memberships
from services.runtime.permissions import Permission
from services.runtime.rates import RateLimit
from services.runtime.tenancy import NO_SUCH_SCHOOL
from services.runtime.tokens import TokenVerifier
from services.runtime.uow import Actor

_SCHEME: Final = "bearer"
_BY_NAME: Final = inspect.Parameter.KEYWORD_ONLY
_E = TypeVar("_E", bound=Callable[..., Awaitable[Any]])


@dataclass(slots=True)
class Gate:
    """What an application checks callers with; kept in its state, and closed until the store is prepared."""

    tokens: TokenVerifier
    memberships: Memberships
    rates: RateLimit
    contexts: dict[str, ServiceContext]
    is_open: bool = False

    def require_open(self) -> None:
        """Raise UnavailableError while indexes may be missing that our promises need."""
        if not self.is_open:
            message = "The Hub has not reached its data store since it was started."
            raise UnavailableError(message)


@dataclass(frozen=True, slots=True)
class HubCaller:
    """Somebody who may do what the route does, in the Hub; `granted` is all that they may do there."""

    actor: Actor
    context: ServiceContext
    granted: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class SchoolCaller:
    """Somebody who may do what the route does, at this school; `granted` is all that they may do there.

    `urn` is the school's tenant, under which everything is stored; `asked` is the URN in the path, which is
    another one where the school's has changed. Answers that name the school name it as it was asked for.
    """

    actor: Actor
    context: ServiceContext
    urn: Urn
    granted: frozenset[Permission]
    asked: Urn


class SecuredRouter:
    """Declares the routes of one service; see `permissions.py` for who may use them."""

    def __init__(self, service: str, prefix: str) -> None:
        self.service = service
        self.prefix = prefix
        self.routes: list[SecuredRoute] = []

    def get(self, path: str, permission: Permission, **options: Any) -> Callable[[_E], _E]:  # noqa: ANN401 - FastAPI's options
        """Declare a route that reads."""
        return self._route("GET", path, permission, options)

    def post(self, path: str, permission: Permission, **options: Any) -> Callable[[_E], _E]:  # noqa: ANN401
        """Declare a route that adds."""
        return self._route("POST", path, permission, options)

    def put(self, path: str, permission: Permission, **options: Any) -> Callable[[_E], _E]:  # noqa: ANN401
        """Declare a route that replaces."""
        return self._route("PUT", path, permission, options)

    def _route(
        self, method: str, path: str, permission: Permission, options: dict[str, Any]
    ) -> Callable[[_E], _E]:
        def declare(endpoint: _E) -> _E:
            options.update(methods=[method], tags=[self.service])
            self.routes.append(self._make(self.prefix + path, endpoint, permission, options))
            return endpoint

        return declare

    def _make(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        permission: Permission,
        options: dict[str, Any],
    ) -> SecuredRoute:
        return SecuredRoute(path, endpoint, Gatekeeper(self.service, permission), **options)


class Admitting(Protocol):
    """What stands before a route."""

    async def admit(self, request: Request) -> object:
        """Find out who calls, for the endpoint's `caller`; raises what they are answered if they may not."""


class AdmittedRoute(APIRoute):
    """A route whose caller is admitted before anything else of the request is looked at."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        admitting: Admitting,
        **options: Any,  # noqa: ANN401 - FastAPI's options
    ) -> None:
        self._admitting = admitting
        super().__init__(path, _taking_caller(endpoint), **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the gatekeeper before FastAPI's own handler."""
        handle = super().get_route_handler()

        async def admit_and_handle(request: Request) -> Response:
            request.state.caller = await self._admitting.admit(request)
            return await handle(request)

        return admit_and_handle


class SecuredRoute(AdmittedRoute):
    """A route for whoever has its permission."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        gatekeeper: Gatekeeper,
        **options: Any,  # noqa: ANN401 - FastAPI's options
    ) -> None:
        """Raise ValueError if the permission does not fit the path."""
        if ("{urn}" in path) == gatekeeper.permission.of_hub:
            message = f"{path}: a school's permission goes with {{urn}} in the path, a Hub's without"
            raise ValueError(message)
        self.gatekeeper = gatekeeper
        super().__init__(path, endpoint, gatekeeper, **options)


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Admits to one route whoever has its permission."""

    service: str
    permission: Permission

    async def admit(self, request: Request) -> HubCaller | SchoolCaller:
        """Find out who calls and whether they may; raises what they are answered if not."""
        gate: Gate = request.app.state.gate
        gate.require_open()
        subject = await gate.tokens.subject(self.token_of(request))
        urn = request.path_params.get("urn")
        granted = await gate.memberships.granted(subject, urn)
        if self.permission not in granted:
            await _refuse(gate.memberships, subject, urn)
        context = gate.contexts[self.service]
        await context.timeline.require_same()
        tenant = None if urn is None else await context.successions.tenant_of(urn)
        take_turn(gate, tenant or subject)
        if urn is None or tenant is None:
            return HubCaller(Actor(subject), context, granted)
        return SchoolCaller(Actor(subject), context, tenant, granted, asked=Urn(urn))

    def token_of(self, request: Request) -> str:
        """Take the access token from a request; raises UnauthenticatedError if there is none."""
        return bearer_of(request)


class OpenRoute(APIRoute):
    """A route for anybody, such as the page to sign in on: it answers nothing of the Hub's data by itself."""


def take_turn(gate: Gate, key: str) -> None:
    """Take one request of those that a key may make; raises TooManyRequestsError if there is none."""
    wait_s = gate.rates.take(key, time.monotonic())
    if wait_s:
        raise TooManyRequestsError(wait_s)


def _taking_caller(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Give an endpoint its `caller` from the request, so that FastAPI need not solve it as a dependency."""
    signature = inspect.signature(endpoint, eval_str=True)
    others = {name: asked for name, asked in signature.parameters.items() if name != "caller"}
    if len(others) == len(signature.parameters):
        return endpoint
    takes_request = "request" in others
    others.setdefault("request", inspect.Parameter("request", _BY_NAME, annotation=Request))

    @functools.wraps(endpoint)
    async def call(request: Request, **arguments: Any) -> Any:  # noqa: ANN401 - whatever the endpoint takes and gives
        if takes_request:
            arguments["request"] = request
        return await endpoint(caller=request.state.caller, **arguments)

    by_name = [asked.replace(kind=_BY_NAME) for asked in others.values()]
    call.__signature__ = signature.replace(parameters=by_name)  # type: ignore[attr-defined]
    return call


async def _refuse(memberships: Memberships, subject: str, urn: str | None) -> None:
    if urn is not None and not await memberships.belongs_to(subject, urn):
        raise NotFoundError(NO_SUCH_SCHOOL)
    message = "Your role does not include this. Ask your Careers Leader or the Hub's administrator."
    raise ForbiddenError(message)


def bearer_of(request: Request) -> str:
    """Take the token from the header that programs send; raises UnauthenticatedError without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != _SCHEME:
        message = "Send an access token in the header 'Authorization: Bearer ...'."
        raise UnauthenticatedError(message)
    return token.strip()


AdmittedToSchool = SchoolCaller
AdmittedToHub = HubCaller
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]
