"""The present of a demonstration, against the real services, store and broker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.vocabulary import AcademicYear
from services.areas import load_area
from services.demo.hub_client import HubAccess, HubClient
from services.demo.posting import DIRECTORY_KNOWN, HUB_ADMIN, list_area, wait_until_applied
from services.demo.present import COORDINATOR, play_present
from services.demo.run import DemoOptions
from services.registry import SERVICES
from services.runtime.issuer import issue_token
from services.runtime.settings import Settings
from tests.conftest import NOW, ClientFor, TokenFor, WorkerFor

OPTIONS: Final = DemoOptions(academic_year=AcademicYear("2024/25"), schools=2, seed=4, quiet=True)


async def test_there_is_somebody_of_every_role_a_year_so_far_and_one_round_however_often_it_is_played(
    client_for: ClientFor, worker_for: WorkerFor, token: TokenFor, settings: Settings, keys: Path
) -> None:
    def sign(subject: str, _role: str = "", _urn: str | None = None) -> str:
        return issue_token(keys, issuer=settings.issuer, audience=settings.audience, subject=subject, now=NOW)

    services = list(SERVICES.values())
    await token(HUB_ADMIN.subject, HUB_ADMIN.role)
    said: list[str] = []
    async with worker_for(services), client_for(services) as client:
        hub = HubAccess("http://hub.test", sign, client._transport)
        speaking = HubClient(client)
        await list_area(speaking, sign(HUB_ADMIN.subject), load_area(OPTIONS.area))
        await wait_until_applied(speaking, sign(HUB_ADMIN.subject), DIRECTORY_KNOWN, 60, lambda _: None)

        await play_present(hub, OPTIONS, NOW.date(), said.append)
        await play_present(hub, OPTIONS, NOW.date(), said.append)

        headers = {"Authorization": f"Bearer {sign(HUB_ADMIN.subject)}"}
        roles = {one["role"] for one in (await client.get("/hub/v1/memberships", headers=headers)).json()}
        headers = {"Authorization": f"Bearer {sign(COORDINATOR.subject)}"}
        rounds = (await client.get("/employers/v1/rounds", headers=headers)).json()["rounds"]
        advisers = (await client.get("/employers/v1/advisers", headers=headers)).json()
        (adviser,) = await own_records(client, sign)
        held = (await client.get(f"/employers/v1/rounds/{rounds[0]['id']}", headers=headers)).json()
    assert len(roles) == 9
    assert advisers["total"] == 1
    assert [one["state"] for one in adviser["schools"]] == ["proposed", "active"]
    assert [one["fit"] is not None for one in adviser["schools"]] == [True, False]
    assert sum("Enterprise Adviser" in line for line in said) == 1
    assert len(rounds) == 1
    assert held["lines"]
    assert len(held["not_vetted"]) == 2
    assert sum("proposed lines" in line for line in said) == 1
    assert "2025/26 so far: 2 of 2 schools." in said


async def own_records(client: httpx.AsyncClient, sign: Callable[[str], str]) -> list[dict[str, Any]]:
    """Read what the adviser sees who signs in: the one of the first school."""
    headers = {"Authorization": f"Bearer {sign(HUB_ADMIN.subject)}"}
    memberships = (await client.get("/hub/v1/memberships", headers=headers)).json()
    (subject,) = [one["subject"] for one in memberships if one["role"] == "enterprise_adviser"]
    own = {"Authorization": f"Bearer {sign(subject)}"}
    ids = (await client.get("/employers/v1/advising", headers=own)).json()["advisers"]
    return [
        (await client.get(f"/employers/v1/advising/{one['adviser_id']}", headers=own)).json() for one in ids
    ]
