"""Signing in at the issuer: OpenID Connect's authorization code flow with PKCE, as RFC 9700 asks for it.

The token that comes back is checked like any other (`services/runtime/tokens.py`) before it is kept. What has
to be remembered between going and coming back (state, PKCE's verifier, where to go on) is in a cookie of ten
minutes that no script reads; an answer whose state is another one is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from services.runtime.errors import ForbiddenError, UnavailableError
from services.runtime.logs import get_logger
from services.runtime.settings import Settings
from services.web.session import cookie_name, own_path

log = get_logger(__name__)

TIMEOUT_S: Final = 10.0
_UNGUESSABLE_BYTES: Final = 32
_AWAY: Final = "The identity provider does not answer just now. Wait a moment, then sign in again."
_known: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Start:
    """Where to send the browser, and what it has to remember."""

    address: str
    remembered: str


def flow_cookie(settings: Settings) -> str:
    """Name the cookie that remembers a flow."""
    return cookie_name(settings, "flow")


async def start(settings: Settings, to: str) -> Start:
    """Begin a flow; raises UnavailableError if signing in is not set up, or the issuer is away."""
    if not settings.sign_in_client or not settings.public_url:
        message = (
            "Signing in is not set up: CAREERS_HUB_SIGN_IN_CLIENT and CAREERS_HUB_PUBLIC_URL are needed. The "
            "API takes tokens all the same."
        )
        raise UnavailableError(message)
    state, verifier = (secrets.token_urlsafe(_UNGUESSABLE_BYTES) for _ in range(2))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": settings.sign_in_client,
        "redirect_uri": _return_address(settings),
        "scope": "openid",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    about = await _about(settings)
    remembered = json.dumps({"state": state, "verifier": verifier, "to": to})
    packed = base64.urlsafe_b64encode(remembered.encode()).decode()
    return Start(f"{about['authorization_endpoint']}?{urlencode(asked)}", packed)


async def finish(settings: Settings, answer: Mapping[str, str], remembered: str) -> tuple[str, str]:
    """Change the issuer's code for an access token; returns it with the path to go on to.

    Raises ForbiddenError if the issuer refused or the answer belongs to no flow of this browser.
    """
    flow = _read_flow(remembered)
    state = answer.get("state", "")
    if not flow or not hmac.compare_digest(state.encode(), flow["state"].encode()):
        message = "This answer belongs to no signing in that began in this browser. Please sign in again."
        raise ForbiddenError(message)
    if "code" not in answer:
        raise ForbiddenError(
            "The identity provider did not sign you in. Please try again, or ask its administrator."
        )
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": _return_address(settings),
        "client_id": settings.sign_in_client,
        "code_verifier": flow["verifier"],
    }
    if settings.sign_in_secret_file is not None:
        form["client_secret"] = settings.sign_in_secret_file.read_text(encoding="utf-8").strip()
    about = await _about(settings)
    given = await _ask(about["token_endpoint"], form)
    token = given.get("access_token")
    if not isinstance(token, str):
        raise ForbiddenError("The identity provider gave no access token. Please sign in again.")
    return token, own_path(flow["to"])


async def end_address(settings: Settings) -> str:
    """Where one ends the session at the issuer as well; empty if there is no such page."""
    if not settings.sign_in_client:
        return ""
    try:
        about = await _about(settings)
    except UnavailableError:
        log.warning("the identity provider is away; only this Hub's own session is ended")
        return ""
    end = about.get("end_session_endpoint", "")
    asked = {"client_id": settings.sign_in_client, "post_logout_redirect_uri": f"{_base(settings)}/"}
    return f"{end}?{urlencode(asked)}" if end else ""


def _read_flow(remembered: str) -> dict[str, str]:
    try:
        flow = json.loads(base64.urlsafe_b64decode(remembered.encode("ascii")))
    except ValueError:
        return {}
    names = ("state", "verifier", "to")
    if not isinstance(flow, dict) or not all(isinstance(flow.get(name), str) for name in names):
        return {}
    return {name: flow[name] for name in names}


async def _about(settings: Settings) -> dict[str, Any]:
    """Read the issuer's own description, once a process."""
    address = settings.sign_in_discovery_url or (
        f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    )
    if address not in _known:
        found = await _ask(address)
        if (
            found.get("issuer") != settings.issuer
            or not {"authorization_endpoint", "token_endpoint"} <= found.keys()
        ):
            log.error("the identity provider describes another issuer than the settings")
            raise UnavailableError(_AWAY)
        _known[address] = found
    return _known[address]


async def _ask(address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    import httpx  # noqa: PLC0415 - a quarter of a second at every start, for what is asked once a sign-in

    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client:
            response = await (client.get(address) if form is None else client.post(address, data=dict(form)))
            if form is not None and response.is_client_error:
                raise ForbiddenError("The identity provider refused to sign you in. Please sign in again.")
            response.raise_for_status()
            found: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise UnavailableError(_AWAY) from error
    return found


def _return_address(settings: Settings) -> str:
    return f"{_base(settings)}/sign-in/return"


def _base(settings: Settings) -> str:
    return settings.public_url.rstrip("/")
