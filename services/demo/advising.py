"""An Enterprise Adviser of the demonstration: who works with one school, and is proposed to another.

All by the coordinator through the public API, so that the adviser who signs in has something to see and to
answer. A second run adds nothing to advisers that there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.areas import School
from services.demo.cast import COORDINATOR
from services.demo.hub_client import Call, HubClient

_ADVISERS: Final = "/employers/v1/advisers"
_DAYS_KNOWN: Final = 200
"""Since the adviser enquired; a school waits as long."""
_TRAINED_DAYS: Final = 400
"""The SEND training lasts past this academic year, so that any school of the area can be proposed."""


@dataclass(frozen=True, slots=True)
class Advising:
    """How to speak to the Hub, the subjects of the coordinator and of the adviser's account, and the day."""

    client: HubClient
    coordinator: str
    account: str
    today: dt.date

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask below the advisers."""
        return await self.client.fetch_object(Call(method, f"{_ADVISERS}{path}", COORDINATOR, body))


async def add_adviser(advising: Advising, schools: Sequence[School]) -> bool:
    """Bring an adviser to work with the first school and propose the second; False if there are advisers."""
    if not schools or (await advising.ask("GET", ""))["total"]:
        return False
    adviser = await _register(advising, schools[0])
    await advising.ask("PUT", f"/{adviser}/accounts", {"subject": advising.account})
    known = (advising.today - dt.timedelta(days=_DAYS_KNOWN)).isoformat()
    for school in schools[:2]:
        need = {"urn": school.urn, "version": 0, "wants": 1, "since": known}
        await advising.ask("PUT", "/needs", need)
    pairs = [{"adviser_id": adviser, "urn": school.urn} for school in schools[:2]]
    made = (await advising.ask("POST", "/matches", {"matches": pairs}))["matches"]
    doings: tuple[dict[str, str], ...] = (
        {"action": "accept", "side": "school"},
        {"action": "accept", "side": "adviser"},
        {"action": "introduce"},
        {"action": "activate"},
    )
    for version, doing in enumerate(doings, made[0]["version"]):
        await advising.ask("POST", f"/matches/{made[0]['match_id']}", {**doing, "version": version})
    return True


async def _register(advising: Advising, near: School) -> str:
    """Register somebody who has room for two schools, and bring them as far as they can be matched."""
    known = (advising.today - dt.timedelta(days=_DAYS_KNOWN)).isoformat()
    body = {
        "seniority": "director",
        "capacity_schools": 2,
        "hours_a_month": 16,
        "latitude": near.latitude,
        "longitude": near.longitude,
        "remote": True,
        "sic_section": "M",
        "send_trained_until": (advising.today + dt.timedelta(days=_TRAINED_DAYS)).isoformat(),
        "coordinator": advising.coordinator,
        "contact": {"name": "Demonstration Adviser"},
        "on": known,
    }
    adviser = str((await advising.ask("POST", "", body))["adviser_id"])
    for version, to in enumerate(("applied", "inducted", "available"), 1):
        await advising.ask("POST", f"/{adviser}/state", {"to": to, "version": version, "on": known})
    return adviser
