"""An Enterprise Adviser as they come in themselves: by an account that a coordinator bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.conftest import TokenFor
from tests.employers.advisers import ADVISERS, Json, available, get
from tests.employers.hub import Hub

OWN = "/employers/v1/advising"
GIVING: Json = {"capacity_schools": 2, "hours_a_month": 16, "conflicts": []}


@dataclass(slots=True)
class Volunteer:
    """Somebody who acts for an adviser; `client` speaks as a coordinator unless told otherwise."""

    client: httpx.AsyncClient
    adviser: str
    subject: str
    bearer: str

    async def ask(self, method: str, path: str = "", body: Json | None = None) -> httpx.Response:
        """Ask below the adviser's own."""
        headers = {"Authorization": f"Bearer {self.bearer}"}
        return await self.client.request(method, f"{OWN}/{self.adviser}{path}", json=body, headers=headers)

    async def record(self) -> Json:
        """Read the own record."""
        answer = await self.ask("GET")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def do(self, method: str, path: str, body: Json, status: int = 200) -> Json:
        """Do something, having seen the present version unless `body` names one."""
        answer = await self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        found: Json = answer.json()
        return found

    async def say(self, method: str, path: str, status: int = 200, **body: object) -> Json:
        """Say something of oneself, having seen the present version."""
        version = (await get(self.client, f"{ADVISERS}/{self.adviser}"))["version"]
        return await self.do(method, path, {"version": version, **body}, status)

    async def answer(self, match: str, answer: str, status: int = 200) -> Json:
        """Accept or decline, having seen the match's present version."""
        version = (await get(self.client, f"{ADVISERS}/matches/{match}"))["version"]
        body = {"version": version, "answer": answer}
        return await self.do("POST", f"/matches/{match}/answer", body, status)


async def coordinator_of(hub: Hub) -> httpx.AsyncClient:
    """Have the Hub's client speak as a coordinator unless it is told otherwise."""
    hub.client.headers["Authorization"] = f"Bearer {await hub.token('ec', 'enterprise_coordinator')}"
    return hub.client


async def bound(
    client: httpx.AsyncClient, token: TokenFor, subject: str = "vera", adviser: str = "", **profile: object
) -> Volunteer:
    """Register an adviser who can be matched, unless one is named, and bind an account to them."""
    adviser = adviser or await available(client, **profile)
    answer = await client.put(f"{ADVISERS}/{adviser}/accounts", json={"subject": subject})
    assert answer.status_code == 200, answer.text
    # Before any school has them, in the Hub.
    return Volunteer(client, adviser, subject, await token(subject, "enterprise_adviser"))


async def bind(client: httpx.AsyncClient, adviser: str, subject: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - JSON
    """Ask to bind an account."""
    return await client.put(f"{ADVISERS}/{adviser}/accounts", json={"subject": subject, **more})
