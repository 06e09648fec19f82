"""Advisers, needs and matches for tests, over the routes."""

from __future__ import annotations

from typing import Any

import httpx

from tests.employers.listings import DIRECTORY, school_entry

ADVISERS = "/employers/v1/advisers"
NEEDS = f"{ADVISERS}/needs"
MATCHES = f"{ADVISERS}/matches"
ROUNDS = f"{ADVISERS}/rounds"
FIGURES = f"{ADVISERS}/figures"
HANDOVER = f"{ADVISERS}/handover"

Json = dict[str, Any]
HARBOUR, CHESIL, HEATH = "136500", "147467", "113000"
CONTACT = {"name": "Jo Bloggs", "email": "jo.bloggs@example.org", "phone": "07700 900123"}


def adviser_body(**changes: object) -> Json:
    return {
        "seniority": "director",
        "capacity_schools": 1,
        "hours_a_month": 8,
        "latitude": 50.72,
        "longitude": -1.98,
        "contact": CONTACT,
        "on": "2026-01-05",
        **changes,
    }


def need_body(urn: str = HARBOUR, **changes: object) -> Json:
    return {"urn": urn, "version": 0, "wants": 1, "since": "2026-01-01", **changes}


async def post(client: httpx.AsyncClient, path: str, body: Json | None = None, status: int = 200) -> Json:
    answer = await client.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


async def get(client: httpx.AsyncClient, path: str, status: int = 200, **query: str) -> Json:
    answer = await client.get(path, params=query)
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


async def list_schools(client: httpx.AsyncClient, admin: str, *entries: Json) -> None:
    """List schools, as the Hub's administrator."""
    answer = await client.put(
        DIRECTORY, json={"schools": entries}, headers={"Authorization": f"Bearer {admin}"}
    )
    assert answer.status_code == 200, answer.text


def three_schools() -> tuple[Json, Json, Json]:
    """A school, a college-aged one nearby, and a special school."""
    return (
        school_entry(HARBOUR),
        school_entry(CHESIL, "Chesil School", latitude=50.62, longitude=-2.45),
        school_entry(HEATH, "Heath School", setting="special"),
    )


async def register(client: httpx.AsyncClient, **changes: object) -> str:
    """Register an adviser, an enquiry still."""
    answer = await post(client, ADVISERS, adviser_body(**changes), 201)
    return str(answer["adviser_id"])


async def move(client: httpx.AsyncClient, adviser: str, to: str, status: int = 200, **more: object) -> Json:
    """Bring an adviser into a state, having seen the present version."""
    version = (await get(client, f"{ADVISERS}/{adviser}"))["version"]
    return await post(client, f"{ADVISERS}/{adviser}/state", {"to": to, "version": version} | more, status)


async def available(client: httpx.AsyncClient, **changes: object) -> str:
    """Register an adviser and bring them as far as they can be matched."""
    adviser = await register(client, **changes)
    for to in ("applied", "inducted", "available"):
        await move(client, adviser, to, on="2026-01-10")
    return adviser


async def want(client: httpx.AsyncClient, urn: str = HARBOUR, status: int = 200, **changes: object) -> Json:
    answer = await client.put(NEEDS, json=need_body(urn, **changes))
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


async def propose(client: httpx.AsyncClient, adviser: str, urn: str = HARBOUR, status: int = 200) -> Json:
    """Propose one pair; returns the match's receipt, or the problem."""
    answer = await post(client, MATCHES, {"matches": [{"adviser_id": adviser, "urn": urn}]}, status)
    return dict(answer["matches"][0]) if status == 200 else answer


async def do(client: httpx.AsyncClient, match: str, action: str, status: int = 200, **more: object) -> Json:
    """Do something with a match, having seen the present version."""
    version = (await get(client, f"{MATCHES}/{match}"))["version"]
    body = {"action": action, "version": version} | more
    return await post(client, f"{MATCHES}/{match}", body, status)


async def working(client: httpx.AsyncClient, adviser: str, urn: str = HARBOUR, on: str = "2026-06-15") -> str:
    """Bring an adviser and a school to work together; a proposal is of today, so no day before it."""
    match = str((await propose(client, adviser, urn))["match_id"])
    for side in ("school", "adviser"):
        await do(client, match, "accept", side=side)
    await do(client, match, "introduce", on=on)
    await do(client, match, "activate", on=on)
    return match
