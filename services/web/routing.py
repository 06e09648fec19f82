"""Routes that answer people with pages: admitted by the cookie of a signed-in browser, or by a token.

Each has a permission like any other route (`services/runtime/routing.py`). Whoever is not signed in is sent
to sign in and comes back; every error is a page that says what happened and what is safe.
"""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.exceptions import HTTPException

from services.runtime.errors import FieldProblem, HubError, InvalidError, UnauthenticatedError
from services.runtime.permissions import Permission
from services.runtime.problems import note_mistake
from services.runtime.routing import (
    Gate,
    Gatekeeper,
    HubCaller,
    SchoolCaller,
    SecuredRoute,
    SecuredRouter,
    bearer_of,
)
from services.runtime.static_files import takes_gzip
from services.web.pages import Pages
from services.web.session import SAFE_METHODS, SEE_OTHER, require_own_form, token_of
from services.web.visit import Visit, visit_of

SIGN_IN: Final = "/sign-in"
NOTHING_HERE: Final = "There is nothing at this address."
WORTH_PACKING: Final = 1_400
"""Bytes: what is shorter goes in one packet anyway."""

Answering = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class SchoolVisitor(SchoolCaller):
    """Somebody who looks at a school's page."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class HubVisitor(HubCaller):
    """Somebody who looks at one of the Hub's pages."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class PageGatekeeper(Gatekeeper):
    """Admits whoever has the permission, by the cookie or by a token."""

    async def admit(self, request: Request) -> HubVisitor | SchoolVisitor:
        """Find out who looks, and what else they may open."""
        require_own_form(request)
        # Not super(): a dataclass with slots is another class than the one that a bare super() means.
        caller = await Gatekeeper.admit(self, request)
        visit = await visit_of(request, caller)
        if isinstance(caller, SchoolCaller):
            return SchoolVisitor(
                caller.actor, caller.context, caller.urn, caller.granted, caller.asked, visit=visit
            )
        return HubVisitor(caller.actor, caller.context, caller.granted, visit=visit)

    def token_of(self, request: Request) -> str:
        """Take the token from the header or the cookie; raises UnauthenticatedError if there is none."""
        if "authorization" in request.headers:
            return bearer_of(request)
        gate: Gate = request.app.state.gate
        return token_of(request, gate.contexts[self.service].settings)


class PageRouter(SecuredRouter):
    """Declares the pages of one service."""

    def __init__(self, service: str, prefix: str, pages: Callable[[], Pages]) -> None:
        super().__init__(service, prefix)
        self.pages = pages

    def _make(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        permission: Permission,
        options: dict[str, Any],
    ) -> SecuredRoute:
        options.setdefault("response_class", Response)
        options.setdefault("include_in_schema", False)
        return PageRoute(path, endpoint, PageGatekeeper(self.service, permission), self.pages, **options)


class PageRoute(SecuredRoute):
    """A page for whoever has its permission."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        gatekeeper: PageGatekeeper,
        pages: Callable[[], Pages],
        **options: Any,  # noqa: ANN401 - FastAPI's options
    ) -> None:
        self.pages = pages
        super().__init__(path, endpoint, gatekeeper, **options)

    def get_route_handler(self) -> Answering:
        """Answer errors as pages, and pack what goes over the wire."""
        return for_people(super().get_route_handler(), self.pages)


def for_people(handle: Answering, pages: Callable[[], Pages]) -> Answering:
    """Answer whatever goes wrong with a page."""

    async def answer(request: Request) -> Response:
        try:
            found = await handle(request)
        except UnauthenticatedError as error:
            if request.method in SAFE_METHODS:
                found = RedirectResponse(sign_in_path(request), SEE_OTHER)
            else:
                found = pages().trouble(error)
        except HubError as error:
            found = pages().trouble(error)
        except RequestValidationError as error:
            found = pages().trouble(_invalid(error))
        except HTTPException as error:
            found = shown(pages(), error)
        except Exception as error:  # noqa: BLE001 - the last resort: noted with its place, told without its text
            note_mistake(request.scope, error)
            found = pages().trouble(None)
        return packed(request, found)

    return answer


def refusals(pages: Callable[[], Pages]) -> Callable[[HTTPException], Response]:
    """Make what a service answers people with at an address that there is not (`Service.show_refusal`)."""
    return lambda error: shown(pages(), error)


def shown(pages: Pages, error: HTTPException) -> Response:
    """Answer with a page what the framework itself refuses: an unknown address, too large a body."""
    refused = HubError(NOTHING_HERE if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail))
    refused.status = error.status_code
    answer = pages.trouble(refused)
    answer.headers.update(error.headers or {})
    return answer


def sign_in_path(request: Request) -> str:
    """Where to sign in and come back from."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return SIGN_IN if asked == "/" else f"{SIGN_IN}?{urlencode({'to': asked})}"


def packed(request: Request, answer: Response) -> Response:
    """Compress a page for a browser that can unpack it; no page repeats a secret beside what was sent."""
    if isinstance(answer, StreamingResponse) or "content-encoding" in answer.headers:
        return answer
    is_text = answer.headers.get("content-type", "").startswith("text/")
    if not is_text or len(answer.body) < WORTH_PACKING or not takes_gzip(request):
        return answer
    answer.body = gzip.compress(bytes(answer.body), compresslevel=5, mtime=0)
    answer.headers["Content-Length"] = str(len(answer.body))
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def _invalid(error: RequestValidationError) -> InvalidError:
    problems = tuple(
        FieldProblem(".".join(str(part) for part in found["loc"][1:]), str(found["msg"]))
        for found in error.errors()
    )
    return InvalidError("Something in this page's address cannot be used.", problems)


Visitor = SchoolVisitor | HubVisitor
