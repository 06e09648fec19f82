"""Who looks at a page: the access token in a cookie that no script can read, and where a form comes from.

The cookie holds the very token that programs send in a header, so a page knows nobody whom the API does not
know, and each service reads it by itself. Forms are taken from our own pages alone: a browser says where a
request comes from (`Sec-Fetch-Site`, or `Origin` where it is older), and neither can be set by another site.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from services.runtime.errors import ForbiddenError, UnauthenticatedError
from services.runtime.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
HOURS_SIGNED_IN: Final = 12
"""A working day; the token in the cookie ends when its issuer said, which may be sooner."""
MOST_COOKIE_BYTES: Final = 3_900
"""Browsers keep cookies of 4,096 bytes with their names."""
_OWN: Final = frozenset({"same-origin", "none"})


def is_encrypted(settings: Settings) -> bool:
    """Whether people come by https, as they do everywhere but on their own machine."""
    return urlsplit(settings.public_url).scheme == "https"


def cookie_name(settings: Settings, kind: str = "session") -> str:
    """Name a cookie: with the prefix that binds it to this one host wherever there is encryption."""
    return f"__Host-careers-hub-{kind}" if is_encrypted(settings) else f"careers-hub-{kind}"


def token_of(request: Request, settings: Settings) -> str:
    """Take the token from the cookie; raises UnauthenticatedError if nobody is signed in."""
    token = request.cookies.get(cookie_name(settings), "")
    if not token:
        raise UnauthenticatedError("Nobody is signed in.")
    return token


def keep(answer: Response, settings: Settings, kind: str, value: str, *, seconds: int) -> None:
    """Set a cookie that no script reads and no other site sends along with a form."""
    answer.set_cookie(
        cookie_name(settings, kind),
        value,
        max_age=seconds,
        path="/",
        secure=is_encrypted(settings),
        httponly=True,
        samesite="lax",
    )


def forget(answer: Response, settings: Settings, kind: str) -> None:
    """Remove a cookie."""
    answer.delete_cookie(
        cookie_name(settings, kind), path="/", secure=is_encrypted(settings), httponly=True, samesite="lax"
    )


def require_own_form(request: Request) -> None:
    """Raise ForbiddenError for a request that changes something and comes from another site."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        own = site in _OWN
    elif origin is not None:
        own = urlsplit(origin).netloc == request.headers.get("host", "")
    else:
        # A program that sends a token in a header has no use for the browser's word.
        own = "authorization" in request.headers
    if not own:
        message = "This form did not come from a page of this Hub. Open the page here, and send it again."
        raise ForbiddenError(message)


def own_path(asked: str | None) -> str:
    """Return a path of this Hub to go on to; anything else becomes the front page."""
    if not asked or not asked.startswith("/") or asked.startswith(("//", "/\\")) or not asked.isprintable():
        return "/"
    return asked


SEE_OTHER: Final = HTTPStatus.SEE_OTHER
