"""Routes with a permission each, denied by default.

A route is declared on a `SecuredRouter` with the permission that it needs; `api.py` refuses to start an
application with a route that has none. Before the endpoint runs, the token is checked, the person's current
memberships are read, and the school in the path is compared with them. A school that the caller has nothing
to do with answers 404, exactly as one that does not exist.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Header, Request

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.errors import ForbiddenError, NotFoundError, TooManyRequestsError, UnauthenticatedError
from services.runtime.memberships import Memberships
from services.runtime.permissions import Permission
from services.runtime.rates import RateLimit
from services.runtime.tenancy import NO_SUCH_SCHOOL
from services.runtime.tokens import TokenVerifier
from services.runtime.uow import Actor

PERMISSION_EXTENSION: Final = "x-permission"
_SCHEME: Final = "bearer"
_E = TypeVar("_E", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class Gate:
    """What an application checks callers with; kept in its state."""

    tokens: TokenVerifier
    memberships: Memberships
    rates: RateLimit
    contexts: dict[str, ServiceContext]


@dataclass(frozen=True, slots=True)
class HubCaller:
    """Somebody who may do what the route does, in the Hub."""

    actor: Actor
    context: ServiceContext


@dataclass(frozen=True, slots=True)
class SchoolCaller:
    """Somebody who may do what the route does, at this school."""

    actor: Actor
    context: ServiceContext
    urn: Urn


class SecuredRouter:
    """Declares the routes of one service; see `permissions.py` for who may use them."""

    def __init__(self, service: str, prefix: str) -> None:
        self.service = service
        self.router = APIRouter(prefix=prefix, tags=[service])

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
        if ("{urn}" in self.router.prefix + path) == permission.of_hub:
            message = f"{path}: a school's permission goes with {{urn}} in the path, a Hub's without"
            raise ValueError(message)

        def declare(endpoint: _E) -> _E:
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=[Depends(_gatekeeper(self.service, permission))],
                openapi_extra={PERMISSION_EXTENSION: permission.value},
                **options,
            )
            return endpoint

        return declare


def _gatekeeper(service: str, permission: Permission) -> Callable[[Request], Awaitable[None]]:
    async def admit(request: Request) -> None:
        gate: Gate = request.app.state.gate
        subject = await gate.tokens.subject(_bearer(request))
        urn = request.path_params.get("urn")
        if not await gate.memberships.allows(subject, permission, urn):
            await _refuse(gate.memberships, subject, urn)
        wait_s = gate.rates.take(urn or subject, time.monotonic())
        if wait_s:
            raise TooManyRequestsError(wait_s)
        context = gate.contexts[service]
        request.state.caller = (
            HubCaller(Actor(subject), context)
            if urn is None
            else SchoolCaller(Actor(subject), context, Urn(urn))
        )

    return admit


async def _refuse(memberships: Memberships, subject: str, urn: str | None) -> None:
    if urn is not None and not await memberships.belongs_to(subject, urn):
        raise NotFoundError(NO_SUCH_SCHOOL)
    message = "Your role does not include this. Ask your Careers Leader or the Hub's administrator."
    raise ForbiddenError(message)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != _SCHEME:
        message = "Send an access token in the header 'Authorization: Bearer ...'."
        raise UnauthenticatedError(message)
    return token.strip()


async def _caller(request: Request) -> Any:  # noqa: ANN401 - a HubCaller or SchoolCaller, set by the gatekeeper
    return request.state.caller


AdmittedToSchool = Annotated[SchoolCaller, Depends(_caller)]
AdmittedToHub = Annotated[HubCaller, Depends(_caller)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]
