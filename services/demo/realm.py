"""The demonstration's users at an identity provider: one account a role, which plays everybody of that role.

A token is had for a user's password (OAuth 2.0's password grant, RFC 6749 section 4.3) by the public client
that the realm has for terminals, and asked for anew after half of its life. Where the provider takes
passwords is in its own description (OpenID Connect Discovery). The Hub checks each token; here it is only
read.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx

from services.demo.cast import Person
from services.demo.hub_client import DemoError

CLIENT: Final = "careers-hub-cli"
PROVIDER_TIMEOUT_S: Final = 20.0
"""A provider that has just started takes some seconds over its first password."""
LIFE_IF_NOT_SAID_S: Final = 60.0
"""RFC 6749 only recommends `expires_in`; no provider gives tokens that live less."""


@dataclass(frozen=True, slots=True)
class Realm:
    """Where a provider is, and the one password that the demonstration's users have there."""

    issuer: str
    password: str = field(repr=False)
    client: str = CLIENT
    transport: httpx.AsyncBaseTransport | None = None
    """Stands in for the network in tests."""


@dataclass(frozen=True, slots=True)
class _Session:
    token: str = field(repr=False)
    subject: str
    renew_at_s: float


class RealmCast:
    """Plays people with the realm's users, who are named as their role, with a hyphen."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._sessions: dict[str, _Session] = {}
        self._signing_in: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._token_endpoint = ""

    async def subject(self, person: Person) -> str:
        """Read the `sub` claim of the role's user."""
        return (await self._session(person)).subject

    async def token(self, person: Person) -> str:
        """Give the role's user's token, a new one if this one has lived for half of its life."""
        return (await self._session(person)).token

    async def _session(self, person: Person) -> _Session:
        user = user_of(person)
        async with self._signing_in[user]:
            known = self._sessions.get(user)
            if known is None or time.monotonic() >= known.renew_at_s:
                known = self._sessions[user] = await self._sign_in(user)
            return known

    async def _sign_in(self, user: str) -> _Session:
        asked_at_s = time.monotonic()
        realm = self._realm
        form = {
            "grant_type": "password",
            "client_id": realm.client,
            "username": user,
            "password": realm.password,
        }
        async with httpx.AsyncClient(timeout=PROVIDER_TIMEOUT_S, transport=realm.transport) as http:
            if not self._token_endpoint:
                self._token_endpoint = await self._discover(http)
            response = await self._ask(http, http.build_request("POST", self._token_endpoint, data=form))
        if not response.is_success:
            raise _refused(user, realm, response)
        answer = _object(response)
        token, life_s = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str):
            raise DemoError("The identity provider gave no token", f"{self._token_endpoint} for {user}.")
        life_s = life_s if isinstance(life_s, int | float) else LIFE_IF_NOT_SAID_S
        return _Session(token, _subject_of(token, user), asked_at_s + life_s / 2)

    async def _discover(self, http: httpx.AsyncClient) -> str:
        address = f"{self._realm.issuer.rstrip('/')}/.well-known/openid-configuration"
        response = await self._ask(http, http.build_request("GET", address))
        endpoint = _object(response).get("token_endpoint") if response.is_success else None
        if not isinstance(endpoint, str):
            raise DemoError(
                "There is no identity provider at this address",
                f"{address} answers {response.status_code} and names no token_endpoint. --issuer is the "
                "realm's address, such as http://localhost:8400/identity/realms/careers-hub.",
            )
        return endpoint

    async def _ask(self, http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        try:
            return await http.send(request)
        except httpx.HTTPError as error:
            raise DemoError(
                "The identity provider does not answer",
                f"{request.method} {request.url} ({type(error).__name__}). Is it running, and is --issuer "
                "its address as seen from here?",
            ) from error


def user_of(person: Person) -> str:
    """Name the user that plays somebody."""
    return person.role.replace("_", "-")


def _refused(user: str, realm: Realm, response: httpx.Response) -> DemoError:
    """Say who has to be put right: the user, the client, or the provider (RFC 6749 section 5.2)."""
    code = str(_object(response).get("error", response.status_code))
    if code == "invalid_grant":
        return DemoError(
            f"The identity provider does not know {user} by this password",
            "Is the password file the one that the realm was imported with, is the user there and enabled, "
            "and not locked for a while after wrong passwords?",
        )
    if code in {"invalid_client", "unauthorized_client"}:
        return DemoError(
            f"The identity provider refuses the client {realm.client}",
            f"It answers {code}. The realm needs a public client of that name with direct access grants.",
        )
    again = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return DemoError(
        f"The identity provider gave no token for {user}",
        f"It answers {code}. {'See its log, and run the demonstration again.' if again else 'See its log.'}",
    )


def _subject_of(token: str, user: str) -> str:
    """Read the claim `sub` without checking the token; raises DemoError if there is none."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        subject = claims["sub"]
    except (IndexError, ValueError, TypeError, KeyError):
        subject = None
    if not isinstance(subject, str):
        raise DemoError(
            f"The token of {user} does not say whose it is",
            "The provider has to put the claim `sub` into access tokens.",
        )
    return subject


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
