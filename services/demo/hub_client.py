"""Talks to a running Hub over its public HTTP API, patiently where the Hub asks for patience.

A Hub that cannot take a request right now answers 503 or 429 with Retry-After; the same request, with the
same Idempotency-Key and a token that is still good, is then sent again. So is one that is forbidden just
after a membership was granted: each process of a Hub remembers for some seconds what somebody may do.
Anything else unexpected ends the demonstration with the Hub's own words.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx

from services.demo.cast import Cast, Person

REQUEST_TIMEOUT_S: Final = 60.0
"""A batch of 50 whole-year-group activities is some 15,000 participations in one transaction or a few."""
PATIENCE_S: Final = 60.0
"""A Hub whose store restarts is back within seconds; after a minute a person should look."""
GRANTS_KNOWN_WITHIN_S: Final = 20.0
"""A Hub's processes remember for 15 s what somebody may do (`services/runtime/memberships.py`)."""
_LONGEST_PAUSE_S: Final = 10.0
_USUAL_PAUSE_S: Final = 1.0
_COME_BACK_LATER: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
_PROBLEMS_SHOWN: Final = 3
_NOT_TRUSTED: Final = (
    "The Hub has to trust the provider that gave the token: compare its CAREERS_HUB_ISSUER, "
    "CAREERS_HUB_AUDIENCE and CAREERS_HUB_JWKS_URL with the provider's claims `iss` and `aud`."
)


class DemoError(Exception):
    """The demonstration cannot go on: `title` says what happened, `detail` where and what to do."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.title = title
        self.detail = detail


@dataclass(frozen=True, slots=True)
class HubAccess:
    """Where a running Hub is, and who acts there; `transport` stands in for the network in tests."""

    base_url: str
    cast: Cast
    transport: httpx.AsyncBaseTransport | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody's. `body` goes out as JSON, unless it is text, which goes out as CSV."""

    method: str
    path: str
    by: Person
    body: Mapping[str, Any] | str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None

    def to_request(self, http: httpx.AsyncClient, token: str) -> httpx.Request:
        """Render the request for one attempt."""
        headers = {"Authorization": f"Bearer {token}"}
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        if isinstance(self.body, str):
            headers["Content-Type"] = "text/csv; charset=utf-8"
            content = self.body.encode()
            return http.build_request(
                self.method, self.path, params=self.query, headers=headers, content=content
            )
        return http.build_request(self.method, self.path, params=self.query, headers=headers, json=self.body)


class HubClient:
    """Sends calls and returns the JSON of their answers."""

    def __init__(self, http: httpx.AsyncClient, cast: Cast) -> None:
        self._http = http
        self.cast = cast
        self._granted_at_s = -math.inf

    def note_grant(self) -> None:
        """Remember that a membership was granted just now."""
        self._granted_at_s = time.monotonic()

    async def fetch_object(self, call: Call) -> dict[str, Any]:
        """Send a call that is answered with a JSON object; raises DemoError for any other answer."""
        answer = await self._fetch(call)
        if not isinstance(answer, dict):
            raise _not_understood(call)
        return answer

    async def fetch_list(self, call: Call) -> list[dict[str, Any]]:
        """Send a call that is answered with a list of JSON objects; raises DemoError for any other answer."""
        answer = await self._fetch(call)
        if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
            raise _not_understood(call)
        return answer

    async def _fetch(self, call: Call) -> object:
        give_up_at_s = time.monotonic() + PATIENCE_S
        while True:
            response = await self._send_once(call)
            if response.is_success:
                try:
                    answer: object = response.json()
                except ValueError:
                    raise _not_understood(call) from None
                return answer
            pause_s = _pause_asked_for(response)
            if response.status_code == HTTPStatus.FORBIDDEN and self._may_not_have_heard():
                pause_s = _USUAL_PAUSE_S
            if pause_s is None or time.monotonic() + pause_s > give_up_at_s:
                raise _refusal(call, await self.cast.subject(call.by), response)
            await asyncio.sleep(pause_s)

    def _may_not_have_heard(self) -> bool:
        """Whether a process may still remember what held before a membership was granted."""
        return time.monotonic() - self._granted_at_s < GRANTS_KNOWN_WITHIN_S

    async def _send_once(self, call: Call) -> httpx.Response:
        token = await self.cast.token(call.by)
        try:
            return await self._http.send(call.to_request(self._http, token))
        except httpx.TimeoutException:
            raise DemoError(
                "The Hub took too long",
                f"{call.method} {call.path} was not answered within {REQUEST_TIMEOUT_S:.0f} s. "
                "What was acknowledged is safe; run the demonstration again to post the rest.",
            ) from None
        except httpx.TransportError as error:
            raise DemoError(
                "The Hub does not answer",
                f"{call.method} {self._http.base_url.join(call.path)} ({type(error).__name__}). "
                "Is it running, and is that its address? What was acknowledged is safe.",
            ) from error


def _pause_asked_for(response: httpx.Response) -> float | None:
    """Read how many seconds the Hub wants us to wait, if it wants that."""
    if response.status_code not in _COME_BACK_LATER or "Retry-After" not in response.headers:
        return None
    text = response.headers["Retry-After"]
    # The other legal form is a date; nobody needs to wait to the second for one.
    return min(float(text), _LONGEST_PAUSE_S) if text.isdigit() else _USUAL_PAUSE_S


def _refusal(call: Call, subject: str, response: httpx.Response) -> DemoError:
    """Put the Hub's problem document into words (RFC 9457), or the bare status if it is not one.

    What an administrator has to see to is said besides: whom the Hub trusts, and what `subject` lacks.
    """
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    title = str(problem.get("title") or f"{response.status_code} {response.reason_phrase}".strip())
    words = [str(problem.get("detail") or "The answer gives no reason.")]
    words += [str(found) for found in problem.get("problems", [])[:_PROBLEMS_SHOWN]]
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        words.append(_NOT_TRUSTED)
    if response.status_code == HTTPStatus.FORBIDDEN:
        place = f" --school {call.by.urn}" if call.by.urn else ""
        words.append(f"An operator grants it: careers-hub grant {subject} --role {call.by.role}{place}")
    return DemoError(title, f"{call.method} {call.path}: {' '.join(words)}")


def _not_understood(call: Call) -> DemoError:
    return DemoError(
        "The answer is not what this version expects",
        f"{call.method} {call.path}. Is another program listening on the Hub's address?",
    )
