"""A Hub with two schools and some employers, asked by its coordinator, administrator or Careers Leaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from contracts.catalogue import decode
from contracts.vocabulary import Payload
from services.runtime.context import ServiceContext
from tests.conftest import TokenFor
from tests.employers.listings import employer_entry, school_entry

Json = dict[str, Any]
URN = "136500"
OTHER_URN = "147467"
TERM = {"academic_year": "2025/26", "term": "summer"}
ENDS_ON = "2026-07-17"


def offer(employer_id: str = "gpg-1", **changes: object) -> Json:
    """An offer of the term that the tests' day is in."""
    return {
        "employer_id": employer_id,
        "type": "employer_talk",
        **TERM,
        "year_groups": [9, 10],
        "group_size": 60,
        "capacity": 1,
        "radius_km": 30,
        "send": "confident",
        "safeguarding_until": "2026-08-31",
        **changes,
    }


def need(**changes: object) -> Json:
    """A need that the offer above meets."""
    return {
        "type": "employer_talk",
        "benchmark": "gb5",
        "year_groups": [10],
        "pupils": 30,
        "slots": 1,
        **changes,
    }


@dataclass(slots=True)
class Hub:
    """The routes of `employers`, as different people use them."""

    client: httpx.AsyncClient
    context: ServiceContext
    token: TokenFor
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, who: str, method: str, path: str, body: Json | None = None, **headers: str) -> Any:  # noqa: ANN401 - httpx.Response, whose JSON is anything
        """Ask as `admin`, `ec`, `lead`, or `leader@136500`."""
        if who not in self.tokens:
            role = {"admin": "hub_admin", "ec": "enterprise_coordinator", "lead": "hub_lead"}
            name, _, urn = who.partition("@")
            self.tokens[who] = (
                await self.token(who, "careers_leader", urn) if urn else await self.token(who, role[name])
            )
        return await self.client.request(
            method,
            f"/employers/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.tokens[who]}", **headers},
        )

    async def get(self, path: str, who: str = "ec") -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = await self.ask(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json, who: str = "ec") -> Json:
        """Do something that must work."""
        answer = await self.ask(who, "POST", path, body)
        assert answer.status_code in {200, 201}, answer.text
        done: Json = answer.json()
        return done

    async def offer(self, employer_id: str = "gpg-1", **changes: object) -> str:
        """Publish an offer; returns its id."""
        return str((await self.post("/offers", offer(employer_id, **changes)))["id"])

    async def need(self, urn: str = URN, **changes: object) -> str:
        """Raise a need; returns its id."""
        done = await self.post(f"/schools/{urn}/needs", need(**changes), f"leader@{urn}")
        return str(done["id"])

    async def told(self, key: str) -> list[Payload]:
        """Read what was told under a key."""
        rows = await self.context.ledger.read(key, 0, 1000)
        return [decode(row.event.type, row.event.value.encode()) for row in rows]

    async def list_area(self, employers: int = 3) -> None:
        """List two schools and so many employers, all near each other and each of another sector."""
        body = {
            "schools": [
                school_entry(URN),
                school_entry(OTHER_URN, "Hill School", latitude=50.73, longitude=-1.96),
            ],
            "employers": [
                employer_entry(f"gpg-{number}", f"Firm {number}", sic_section="CFJQ"[number % 4])
                for number in range(1, employers + 1)
            ],
        }
        answer = await self.ask("admin", "PUT", "/directory", body)
        assert answer.status_code == 200, answer.text
        for number in range(1, employers + 1):
            await self.vet(f"gpg-{number}")

    async def vet(self, employer_id: str, state: str = "vetted", **changes: object) -> None:
        """Decide about an employer that nobody has decided about, or whose decisions are `decisions`."""
        checked = ["exists_and_trades"]
        decision = {"decisions": 0, "state": state, "decided_on": "2026-05-01", "checked": checked, **changes}
        await self.post(f"/employers/{employer_id}/vetting", decision)


ContextFor = Callable[[str], ServiceContext]
