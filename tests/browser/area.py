"""What was done before a browser is opened: schools and employers on the map, needs, offers."""

from __future__ import annotations

from typing import Any

from tests.employers.hub import need, offer
from tests.employers.listings import employer_entry, school_entry
from tests.journeys.hub import NEIGHBOUR, URN, Hub

LEADERS = {URN: "leader", NEIGHBOUR: "neighbour"}


async def open_area(hub: Hub) -> None:
    """List two schools and three employers near each other, and vet two of them."""
    listed = {
        "schools": [
            school_entry(URN),
            school_entry(NEIGHBOUR, "Hill School", latitude=50.73, longitude=-1.96),
        ],
        "employers": [
            employer_entry(f"gpg-{number}", f"Firm {number}", sic_section="CFJ"[number - 1])
            for number in (1, 2, 3)
        ],
    }
    await hub.ask("admin", "PUT", "/employers/v1/directory", json=listed)
    decision = {
        "decisions": 0,
        "state": "vetted",
        "decided_on": "2026-05-01",
        "checked": ["exists_and_trades"],
    }
    for number in (1, 2):
        await hub.ask("coordinator", "POST", f"/employers/v1/employers/gpg-{number}/vetting", json=decision)


async def needs(hub: Hub, urn: str = URN, **changes: object) -> str:
    """Raise a need; returns its id."""
    body: dict[str, Any] = need(**changes)
    done = await hub.ask(LEADERS[urn], "POST", f"/employers/v1/schools/{urn}/needs", json=body)
    return str(done["id"])


async def offers(hub: Hub, employer_id: str, **changes: object) -> str:
    """Publish an offer; returns its id."""
    body = offer(employer_id, **changes)
    return str((await hub.ask("coordinator", "POST", "/employers/v1/offers", json=body))["id"])
