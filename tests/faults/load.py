"""Load: schools that post and insist. A school sends a request, and the next one when that is answered.

An attempt without an answer, or with 503 or 429, is sent again, the same request with the same reference and
Idempotency-Key, until it is acknowledged. Anything else that is not a 2xx ends the load: nothing that these
schools post is wrong, except where a bulk says so.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.faults.journal import Journal
from tests.faults.posts import Planner, Post

# Longer than the API looks for its store before it says 503.
ANSWER_TIMEOUT_S: Final = 8.0
# How long a school goes on trying one post. Faults are healed well before.
# A process killed inside a transaction leaves it open in the store, which ends it after 60 s: until then that
# school is told 503 and to come back.
PATIENCE_S: Final = 100.0
# Retry-After is obeyed up to here, so that load meets the fault more than once.
LONGEST_PAUSE_S: Final = 1.0
PAUSE_AFTER_LOSS_S: Final = 0.2
COME_BACK_LATER: Final = frozenset({429, 503})


class LoadError(AssertionError):
    """The Hub gave an answer that no fault excuses."""


@dataclass(slots=True)
class Client:
    """One school's client."""

    http: httpx.AsyncClient
    token: str
    journal: Journal
    foreign: Sequence[str]
    """Canaries of the other schools: none may be in any answer."""

    async def deliver(self, post: Post) -> dict[str, Any]:
        """Send a post until it is acknowledged, and enter it; raises LoadError if it never is."""
        attempts, give_up_s = 0, time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_s:
            attempts += 1
            self.journal.attempts += 1
            try:
                response = await self._send(post)
            except httpx.TransportError:
                self.journal.lost += 1
                await asyncio.sleep(PAUSE_AFTER_LOSS_S)
                continue
            self._examine(response)
            if response.is_success:
                receipt: dict[str, Any] = response.json()
                post.enter(receipt, attempts)
                return receipt
            if response.status_code not in COME_BACK_LATER:
                raise LoadError(f"{post.what} was answered {response.status_code}: {response.text}")
            await asyncio.sleep(min(float(response.headers["Retry-After"]), LONGEST_PAUSE_S))
        raise LoadError(f"{post.what} was not acknowledged in {PATIENCE_S} s and {attempts} attempts")

    async def fetch(self, path: str) -> httpx.Response:
        """Read something once."""
        response = await self.http.get(path, headers=self._headers(None), timeout=PATIENCE_S)
        self._examine(response)
        return response

    async def _send(self, post: Post) -> httpx.Response:
        headers = self._headers(post.key)
        if isinstance(post.body, str):
            headers["Content-Type"] = "text/csv"
            return await self.http.request(post.method, post.path, content=post.body, headers=headers)
        return await self.http.request(post.method, post.path, json=post.body, headers=headers)

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return headers if key is None else {**headers, "Idempotency-Key": key}

    def _examine(self, response: httpx.Response) -> None:
        """Note the answer, and whether it tells anything that it must not."""
        self.journal.statuses[response.status_code] += 1
        text = response.text
        if any(canary in text for canary in self.foreign):
            self.journal.surprises.append("an answer shows another school's data")
        school = self.journal.school
        if response.is_error and any(canary in text for canary in school.canaries):
            self.journal.surprises.append("an error repeats what was sent")
        if response.status_code == 503 and "Retry-After" not in response.headers:
            self.journal.surprises.append("a 503 does not say when to come back")


@dataclass(slots=True)
class SchoolLoad:
    """Posts on behalf of one school until told to stop."""

    client: Client
    planner: Planner
    dice: random.Random

    async def enrol(self) -> None:
        """Import the first roll."""
        roll = self.planner.roll()
        assert roll is not None
        await self.client.deliver(roll)

    async def run(self, stop: asyncio.Event, pause_s: float) -> None:
        """Post, with pauses of `pause_s` on average; what was begun is finished."""
        while not stop.is_set():
            await self.client.deliver(self.planner.next())
            await asyncio.sleep(self.dice.uniform(0, 2 * pause_s))

    async def say_again(self, most: int) -> int:
        """Say some of what was acknowledged again; returns how many were not recognised."""
        repeats = list(self.planner.repeats())
        chosen = self.dice.sample(repeats, min(most, len(repeats)))
        receipts = [await self.client.deliver(post) for post in chosen]
        return sum(receipt["outcome"] != "unchanged" for receipt in receipts)
