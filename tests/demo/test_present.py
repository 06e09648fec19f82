"""The present of a demonstration, against the real services, store and broker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from contracts.vocabulary import AcademicYear
from services.areas import load_area
from services.demo.cast import COORDINATOR, EMPLOYER, HUB_ADMIN, OwnAccounts, Person
from services.demo.hub_client import HubAccess, HubClient
from services.demo.posting import DIRECTORY_KNOWN, list_area, wait_until_applied
from services.demo.present import EMPLOYERS_IN_ROUND, play_present
from services.demo.run import DemoOptions
from services.registry import SERVICES
from services.runtime.issuer import issue_token
from services.runtime.settings import Settings
from tests.conftest import NOW, ClientFor, TokenFor, WorkerFor

OPTIONS: Final = DemoOptions(academic_year=AcademicYear("2024/25"), schools=2, seed=4, quiet=True)


class CutShortError(Exception):
    """Somebody pressed Ctrl-C."""


async def test_there_is_somebody_of_every_role_a_year_so_far_and_one_round_however_often_it_is_played(
    client_for: ClientFor, worker_for: WorkerFor, token: TokenFor, settings: Settings, keys: Path
) -> None:
    def sign(person: Person) -> str:
        return issue_token(
            keys, issuer=settings.issuer, audience=settings.audience, subject=person.name, now=NOW
        )

    services = list(SERVICES.values())
    await token(HUB_ADMIN.name, HUB_ADMIN.role)
    said: list[str] = []
    async with worker_for(services), client_for(services) as client:
        hub = HubAccess("http://hub.test", OwnAccounts(sign), client._transport)
        speaking = HubClient(client, hub.cast)
        await list_area(speaking, load_area(OPTIONS.area))
        await wait_until_applied(speaking, HUB_ADMIN, DIRECTORY_KNOWN, 60, lambda _: None)

        def cut_short(line: str) -> None:
            if "offer something" in line:
                raise CutShortError

        with pytest.raises(CutShortError):
            await play_present(hub, OPTIONS, NOW.date() - dt.timedelta(days=1), cut_short)
        # On the day after, what is there is still known.
        await play_present(hub, OPTIONS, NOW.date(), said.append)
        await play_present(hub, OPTIONS, NOW.date(), said.append)

        headers = {"Authorization": f"Bearer {sign(HUB_ADMIN)}"}
        roles = {one["role"] for one in (await client.get("/hub/v1/memberships", headers=headers)).json()}
        headers = {"Authorization": f"Bearer {sign(COORDINATOR)}"}
        rounds = (await client.get("/employers/v1/rounds", headers=headers)).json()["rounds"]
        advisers = (await client.get("/employers/v1/advisers", headers=headers)).json()
        (adviser,) = await own_records(client, sign)
        held = (await client.get(f"/employers/v1/rounds/{rounds[0]['id']}", headers=headers)).json()
        asked = await own_asks(client, {"Authorization": f"Bearer {sign(EMPLOYER)}"})
        offers = (await client.get("/employers/v1/offers?limit=500", headers=headers)).json()["offers"]
    assert len(roles) == 9
    assert advisers["total"] == 1
    assert [one["state"] for one in adviser["schools"]] == ["proposed", "active"]
    assert [one["fit"] is not None for one in adviser["schools"]] == [True, False]
    assert sum("Enterprise Adviser" in line for line in said) == 1
    assert asked
    assert {one["state"] for one in asked} == {"proposed"}
    assert len(rounds) == 1
    assert len(offers) == 2 * EMPLOYERS_IN_ROUND
    assert held["lines"]
    assert len(held["not_vetted"]) == 2
    assert sum("proposed lines" in line for line in said) == 1
    assert "2025/26 so far: 2 of 2 schools." in said


async def own_asks(client: httpx.AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Read what is asked of the employer whose account signs in."""
    (own,) = (await client.get("/employers/v1/own", headers=headers)).json()["employers"]
    found = await client.get(f"/employers/v1/own/{own['employer_id']}/asks", headers=headers)
    asks: list[dict[str, Any]] = found.json()["asks"]
    return asks


async def own_records(client: httpx.AsyncClient, sign: Callable[[Person], str]) -> list[dict[str, Any]]:
    """Read what the adviser sees who signs in: the one of the first school."""
    headers = {"Authorization": f"Bearer {sign(HUB_ADMIN)}"}
    memberships = (await client.get("/hub/v1/memberships", headers=headers)).json()
    (who,) = [one for one in memberships if one["role"] == "enterprise_adviser"]
    own = {"Authorization": f"Bearer {sign(Person(who['subject'], who['role'], who['urn']))}"}
    ids = (await client.get("/employers/v1/advising", headers=own)).json()["advisers"]
    return [
        (await client.get(f"/employers/v1/advising/{one['adviser_id']}", headers=own)).json() for one in ids
    ]
