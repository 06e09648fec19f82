"""A school's year through all four services: what is posted is reported, once, and can be counted again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.recount import recount
from services.registry import SERVICES
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.conftest import ClientFor, TokenFor, WorkerFor, eventually

ALL = tuple(SERVICES.values())
URN, NEIGHBOUR = "136500", "147467"
YEAR = "2025/26"
EMPLOYER = "gpg-961"
SCHOOLS = f"/pupils/v1/schools/{URN}"
ROLL = "upn,surname,forename,year_group,tutor_group\n" + "".join(
    f"{upn},Canary{place},Test,{year_group},{year_group}A\n"
    for place, (upn, year_group) in enumerate(
        [("B801200005001", 10), ("M20700001604A", 10), ("P207000016049", 11)]
    )
)
TALK: dict[str, Any] = {
    "reference": "talk-1",
    "activity_type": "employer_talk",
    "title": "Talk by an employer",
    "held_on": "2026-01-15",
    "mode": "in_person",
    "employer_id": EMPLOYER,
    "tests_met": ["clear_purpose", "learning_outcomes", "two_way_interaction", "reflection"],
    "attendance": {"year_groups": [10, 11]},
}
EVALUATION = {
    "framework": "gatsby-2025",
    "setting": "school",
    "completed_on": "2026-03-12",
    "share_with_hub": True,
    "benchmarks": {f"gb{n}": {"points": 13 if n == 1 else 17, "applicable_points": 17} for n in range(1, 9)},
}


class Hub:
    """The Hub as its people use it."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self.client = client
        self._tokens = tokens

    async def ask(self, who: str, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401
        """Send a request as somebody, and return the body; anything but success fails the test."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"} | options.pop("headers", {})
        answer = await self.client.request(method, path, headers=headers, **options)
        assert answer.is_success, answer.text
        return answer.json()

    async def own_report(self) -> dict[str, Any]:
        """The school's own report."""
        path = f"/reporting/v1/schools/{URN}/report"
        report: dict[str, Any] = await self.ask("leader", "GET", path, params={"academic_year": YEAR})
        return report

    async def settled(self) -> None:
        """Wait until reporting has applied all that pupils, audit and employers have told."""

        async def caught_up() -> bool:
            fresh = await self.ask("lead", "GET", "/reporting/v1/freshness")
            at = {owner: keys for model in fresh["positions"].values() for owner, keys in model.items()}
            for service in ("pupils", "audit", "employers"):
                heads = (await self.ask("lead", "GET", f"/{service}/v1/ledger"))["heads"]
                if any(at.get(service, {}).get(key, 0) < head for key, head in heads.items()):
                    return False
            return True

        await eventually(caught_up, 30)

    async def directory_known(self) -> None:
        """Wait until pupils knows the directory."""

        async def known() -> bool:
            fresh = await self.ask("lead", "GET", "/pupils/v1/freshness")
            return any(model.get("employers", {}) for model in fresh["positions"].values())

        await eventually(known, 30)


@pytest.fixture
async def tokens(token: TokenFor) -> dict[str, str]:
    return {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "leader": await token("leader", "careers_leader", URN),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }


async def open_school(hub: Hub) -> None:
    listed = {
        "schools": [
            {
                "urn": urn, "name": f"School {urn}", "setting": "school", "lowest_year": 7,
                "highest_year": 11, "has_post16": False, "district": "Dorset",
            }
            for urn in (URN, NEIGHBOUR)
        ],
        "employers": [
            {"employer_id": EMPLOYER, "name": "A football club", "sic_section": "R", "size_band": "large"}
        ],
    }  # fmt: skip
    await hub.ask("admin", "PUT", "/employers/v1/directory", json=listed)
    csv = {"content": ROLL, "headers": {"Content-Type": "text/csv"}, "params": {"academic_year": YEAR}}
    receipt = await hub.ask("leader", "PUT", f"{SCHOOLS}/roll", **csv)
    assert receipt["new"] == 3, receipt
    await hub.directory_known()


async def test_what_a_school_posts_is_reported_once(
    client_for: ClientFor, worker_for: WorkerFor, tokens: dict[str, str]
) -> None:
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await open_school(hub)
        recorded = await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
        again = await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
        assert (recorded["outcome"], again["outcome"]) == ("recorded", "unchanged")
        await hub.ask("leader", "POST", f"/audit/v1/schools/{URN}/evaluations", json=EVALUATION)
        await hub.settled()

        report = await hub.own_report()
        assert (report["on_roll"], report["activities"], report["encounters"]) == (3, 1, 3)
        assert report["benchmarks"]["gb5"] == {"reached": 3, "coverage_percent": 100}
        assert report["scores"]["gb1"] == 76
        assert report["achieved_count"] == 7
        counted = await recount(worker.contexts["reporting"], YEAR)
        assert counted.agrees, counted.to_json()


async def test_a_correction_and_a_retraction_leave_no_trace_in_the_figures(
    client_for: ClientFor, worker_for: WorkerFor, tokens: dict[str, str]
) -> None:
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await open_school(hub)
        recorded = await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
        path = f"{SCHOOLS}/activities/{recorded['activity_id']}"
        fewer = TALK | {"attendance": {"year_groups": [11]}, "version": recorded["version"]}
        await hub.ask("leader", "PUT", path, json=fewer)
        await hub.settled()
        report = await hub.own_report()
        assert [g["benchmarks"]["gb5"]["reached"] for g in report["year_groups"]] == [0, 1]

        await hub.ask("leader", "POST", f"{path}/retraction", json={"reason": "did_not_take_place"})
        await hub.settled()
        report = await hub.own_report()
        assert (report["activities"], report["encounters"]) == (0, 0)
        assert report["benchmarks"]["gb5"]["reached"] == 0
        assert (await recount(worker.contexts["reporting"], YEAR)).agrees


async def test_a_leaver_leaves_the_roll_and_the_coverage(
    client_for: ClientFor, worker_for: WorkerFor, tokens: dict[str, str]
) -> None:
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await open_school(hub)
        await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
        without_last = "\n".join(ROLL.splitlines()[:-1]) + "\n"
        csv = {"content": without_last, "headers": {"Content-Type": "text/csv"}}
        query = {"academic_year": YEAR, "confirm_leavers": "true"}
        await hub.ask("leader", "PUT", f"{SCHOOLS}/roll", params=query, **csv)
        await hub.settled()
        report = await hub.own_report()
        assert report["on_roll"] == 2
        assert report["benchmarks"]["gb5"]["reached"] == 2
        assert (await recount(worker.contexts["reporting"], YEAR)).agrees


async def test_no_pupil_leaves_the_pupils_service(
    client_for: ClientFor,
    worker_for: WorkerFor,
    tokens: dict[str, str],
    store: Store,
    settings: Settings,
) -> None:
    """Names are in the school's own database only, and a UPN is nowhere in clear."""
    async with client_for(ALL) as client, worker_for(ALL):
        hub = Hub(client, tokens)
        await open_school(hub)
        await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
        await hub.settled()
        neighbour = {"Authorization": f"Bearer {tokens['neighbour']}"}
        for path in ("/roll", "/pupils", "/activities", "/coverage"):
            answer = await client.get(f"{SCHOOLS}{path}", headers=neighbour)
            assert answer.status_code == 404, path
        pupils = await hub.ask("leader", "GET", f"{SCHOOLS}/pupils", params={"academic_year": YEAR})
        refs = [pupil["pupil"] for pupil in pupils["pupils"]]
        assert len(refs) == 3
        canaries = ["Canary", "B801200005001", *refs]
        own = f"{settings.hub_id}_pupils_{URN}"
        seen = 0
        for name in await store.database_names():
            if not name.startswith(settings.hub_id):
                continue
            text = await everything(store, name)
            seen += len(text)
            assert "B801200005001" not in text, name
            if name != own:
                assert not any(canary in text for canary in canaries), name
        assert seen > 1000


async def everything(store: Store, database: str) -> str:
    """All documents of a database as text."""
    names = (
        "ledger", "sequences", "parked", "cursors", "heads", "schools", "hub_report_v1", "engagement_v1",
        "pupils", "year_groups", "activities", "access_log", "evaluations", "memberships", "employers",
    )  # fmt: skip
    return "".join([repr(await store.collection(database, name).find({})) for name in names])
