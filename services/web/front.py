"""The front door, served by one service for all: signing in and out, and the page that lists one's places.

In production people sign in at the issuer (`provider.py`: OpenID Connect). On the embedded Hub, whose issuer
is a key in its own folder, whoever can read that folder signs in as anybody in it (`local_people.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.errors import ForbiddenError, UnauthenticatedError, UnavailableError
from services.runtime.linked_routes import NO_ADDRESS
from services.runtime.memberships import Membership
from services.runtime.routing import Gate, OpenRoute, take_turn
from services.web import local_people, provider
from services.web.navigation import entries
from services.web.pages import Pages
from services.web.routing import SIGN_IN, Answering, for_people
from services.web.schools import all_names
from services.web.session import (
    HOURS_SIGNED_IN,
    MOST_COOKIE_BYTES,
    SAFE_METHODS,
    SEE_OTHER,
    cookie_name,
    forget,
    keep,
    own_path,
    require_own_form,
    token_of,
)
from services.web.visit import Visit, hub_name, roles_in_words

FRONT: Final = "/"
RETURN: Final = f"{SIGN_IN}/return"
SIGN_OUT: Final = "/sign-out"
_HOUR_S: Final = 3600
_FLOW_S: Final = 600
"""Ten minutes for a password and a second factor."""

Endpoint = Callable[[Request], Awaitable[Response]]


def front_door(service: str) -> tuple[OpenRoute, ...]:
    """Make the routes, served by this service."""
    door = _Door(service)
    pages: dict[str, tuple[list[str], Endpoint]] = {
        FRONT: (["GET"], door.places),
        SIGN_IN: (["GET"], door.sign_in),
        RETURN: (["GET"], door.come_back),
        f"{SIGN_IN}/as": (["POST"], door.sign_in_as),
        SIGN_OUT: (["GET", "POST"], door.sign_out),
    }
    return tuple(
        _PageForAnybody(service, path, methods, endpoint) for path, (methods, endpoint) in pages.items()
    )


@cache
def pages(service: str) -> Pages:
    """Load the templates that all services share."""
    return Pages(service, "services.web")


class _PageForAnybody(OpenRoute):
    """A page that needs no permission; what goes wrong is a page too."""

    def __init__(self, service: str, path: str, methods: list[str], endpoint: Endpoint) -> None:
        self._service = service
        super().__init__(path, endpoint, methods=methods, response_class=Response, include_in_schema=False)

    def get_route_handler(self) -> Answering:
        """Answer errors as pages."""
        return for_people(super().get_route_handler(), lambda: pages(self._service))


class _Door:
    """The endpoints of the front door."""

    def __init__(self, service: str) -> None:
        self.service = service

    async def places(self, request: Request) -> Response:
        """Show somebody's places; one who has a single place goes straight there."""
        gate, context = self._open(request)
        subject = await gate.tokens.subject(token_of(request, context.settings))
        memberships = await gate.memberships.of(subject)
        names = await all_names(context)
        places: list[dict[str, Any]] = []
        for urn in _in_order(memberships):
            granted = await gate.memberships.granted(subject, urn)
            places.append(
                {
                    "name": hub_name(context) if urn is None else names.get(urn, f"School {urn}"),
                    "roles": roles_in_words(m for m in memberships if m.urn == urn),
                    "pages": [
                        {"label": entry.label, "href": entry.href(urn)} for entry in entries(urn, granted)
                    ],
                }
            )
        if len(places) == 1 and places[0]["pages"] and "stay" not in request.query_params:
            return RedirectResponse(places[0]["pages"][0]["href"], SEE_OTHER)
        return self._page(request, "web/places.html", {"places": places, "subject": subject}, subject)

    async def sign_in(self, request: Request) -> Response:
        """Send somebody to the issuer, or let them choose on the embedded Hub."""
        _, context = self._open(request)
        to = own_path(request.query_params.get("to"))
        settings = context.settings
        if settings.sign_in_keys is not None:
            code = request.query_params.get("code") or request.cookies.get(cookie_name(settings, "code"), "")
            if not local_people.knows(settings.sign_in_keys, code):
                return self._page(request, "web/sign_in_locked.html", {})
            people = await local_people.everybody(context)
            answer = self._page(request, "web/sign_in_as.html", {"people": people, "to": to})
            keep(answer, settings, "code", code, seconds=HOURS_SIGNED_IN * _HOUR_S)
            return answer
        start = await provider.start(settings, to)
        answer = RedirectResponse(start.address, SEE_OTHER)
        keep(answer, settings, "flow", start.remembered, seconds=_FLOW_S)
        return answer

    async def come_back(self, request: Request) -> Response:
        """Take the issuer's answer and keep the token that it gives for it."""
        gate, context = self._open(request)
        remembered = request.cookies.get(provider.flow_cookie(context.settings), "")
        token, to = await provider.finish(context.settings, dict(request.query_params), remembered)
        try:
            await gate.tokens.subject(token)
        except UnauthenticatedError as error:
            # Sent to sign in again, a browser with a session at the issuer would come back here for ever.
            message = f"The identity provider signed you in, but not for this Hub. {error.detail}"
            raise ForbiddenError(message) from error
        answer = RedirectResponse(to, SEE_OTHER)
        forget(answer, context.settings, "flow")
        return self._signed_in(answer, context, token)

    async def sign_in_as(self, request: Request) -> Response:
        """Sign in as one of the embedded Hub's people."""
        _, context = self._open(request)
        require_own_form(request)
        keys = context.settings.sign_in_keys
        if keys is None or not local_people.knows(
            keys, request.cookies.get(cookie_name(context.settings, "code"), "")
        ):
            raise ForbiddenError("Open the address that the Hub printed when it was started.")
        chosen = await local_people.chosen(context, await request.body())
        answer = RedirectResponse(own_path(chosen.to), SEE_OTHER)
        return self._signed_in(answer, context, local_people.token_for(context, keys, chosen.subject))

    async def sign_out(self, request: Request) -> Response:
        """Ask, then forget the token; the issuer's own session is ended there."""
        _, context = self._open(request)
        if request.method in SAFE_METHODS:
            return self._page(request, "web/sign_out.html", {"done": False, "issuer": ""})
        require_own_form(request)
        issuer = await provider.end_address(context.settings)
        answer = self._page(request, "web/sign_out.html", {"done": True, "issuer": issuer})
        forget(answer, context.settings, "session")
        return answer

    def _open(self, request: Request) -> tuple[Gate, ServiceContext]:
        gate: Gate = request.app.state.gate
        gate.require_open()
        address = NO_ADDRESS if request.client is None else request.client.host
        take_turn(gate, f"front door from {address}")
        return gate, gate.contexts[self.service]

    def _signed_in(self, answer: Response, context: ServiceContext, token: str) -> Response:
        if len(token) > MOST_COOKIE_BYTES:
            message = (
                f"The identity provider's token has {len(token)} letters, and a browser keeps "
                f"{MOST_COOKIE_BYTES}. Its administrator can leave roles and groups out: this Hub needs none."
            )
            raise UnavailableError(message)
        keep(answer, context.settings, "session", token, seconds=HOURS_SIGNED_IN * _HOUR_S)
        return answer

    def _page(
        self, request: Request, template: str, values: dict[str, Any], subject: str | None = None
    ) -> Response:
        made = pages(self.service)
        if subject is None:
            return made.render(template, values)
        visit = Visit(subject, request.url.path, "", None, "", (), several_places=False)
        return made.page(visit, template, values)


def _in_order(memberships: tuple[Membership, ...]) -> list[Urn | None]:
    """Name each place once: the Hub first, then the schools."""
    urns: set[Urn | None] = {m.urn for m in memberships}
    return sorted(urns, key=lambda urn: (urn is not None, urn or ""))
