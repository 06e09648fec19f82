"""Offers, needs and matches travel on the directory's topic: its readers go on, and hold nothing back."""

from __future__ import annotations

import pytest

from services.runtime.parking import Parking
from tests.conftest import ClientFor, TokenFor, WorkerFor
from tests.journeys.hub import ALL, EMPLOYER, NEIGHBOUR, URN, Hub, open_school

pytestmark = pytest.mark.every_broker

NEEDS = f"/employers/v1/schools/{URN}/needs"
OFFER = {
    "employer_id": EMPLOYER,
    "type": "employer_talk",
    "academic_year": "2025/26",
    "term": "summer",
    "year_groups": [10],
    "group_size": 60,
    "capacity": 1,
    "virtual": True,
    "safeguarding_until": "2026-08-31",
}
VETTED = {"decisions": 0, "state": "vetted", "decided_on": "2026-05-01", "checked": ["exists_and_trades"]}
NEED = {"type": "employer_talk", "year_groups": [10], "pupils": 30, "mode": "either"}


@pytest.fixture
async def tokens(token: TokenFor) -> dict[str, str]:
    return {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "leader": await token("leader", "careers_leader", URN),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }


async def test_readers_of_the_directory_step_over_offers_needs_and_matches(
    client_for: ClientFor, worker_for: WorkerFor, tokens: dict[str, str]
) -> None:
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await open_school(hub)
        await hub.ask("lead", "POST", f"/employers/v1/employers/{EMPLOYER}/vetting", json=VETTED)
        await hub.ask("lead", "POST", "/employers/v1/offers", json=OFFER)
        await hub.ask("leader", "POST", NEEDS, json=NEED)
        done = await hub.ask("lead", "POST", "/employers/v1/rounds", json={"ends_on": "2026-07-17"})
        assert done["matches"] == 1

        await hub.settled()

        heads = (await hub.ask("lead", "GET", "/employers/v1/ledger"))["heads"]
        assert (heads["offers"], heads[URN]) == (1, 2)
        for service in ("pupils", "reporting", "employers", "audit"):
            assert await Parking(worker.contexts[service].database()).waiting() == [], service
        # What follows on the same topic still arrives.
        school = {
            "urn": NEIGHBOUR, "name": "Renamed", "setting": "school", "lowest_year": 7,
            "highest_year": 11, "has_post16": False, "district": "Dorset",
        }  # fmt: skip
        await hub.ask("admin", "PUT", "/employers/v1/directory", json={"schools": [school]})
        await hub.settled()
        report = await hub.ask("lead", "GET", "/reporting/v1/hub-report", params={"academic_year": "2025/26"})
        assert "Renamed" in {one["name"] for one in report["schools"]}
