"""A school's year through all four services: what is posted is reported, once, and can be counted again."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo import MongoClient

from services.recount.compare import recount
from services.runtime.mongo import Store
from services.runtime.settings import Settings
from tests.conftest import ClientFor, TokenFor, WorkerFor, eventually
from tests.journeys.hub import ALL, EMPLOYER, NEIGHBOUR, ROLL, SCHOOLS, URN, YEAR, Hub, open_school

pytestmark = pytest.mark.every_broker

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


@pytest.fixture
async def tokens(token: TokenFor) -> dict[str, str]:
    return {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "coordinator": await token("coordinator", "enterprise_coordinator"),
        "leader": await token("leader", "careers_leader", URN),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }


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


async def test_what_pupils_tell_is_beside_an_evaluation_and_scores_reach_the_readers_that_are_named(
    client_for: ClientFor, worker_for: WorkerFor, tokens: dict[str, str]
) -> None:
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await open_school(hub)
        await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
        audit = f"/audit/v1/schools/{URN}"

        async def heard() -> bool:
            fresh = await hub.ask("lead", "GET", "/audit/v1/freshness")
            heads = (await hub.ask("lead", "GET", "/pupils/v1/ledger"))["heads"]
            at = {owner: keys for model in fresh["positions"].values() for owner, keys in model.items()}
            return bool(at.get("pupils", {}).get(URN, 0) == heads[URN])

        await eventually(heard, 30)
        draft = {"setting": "school", "has_post16": False}
        page = await hub.ask("leader", "POST", f"{audit}/drafts", json=draft)
        assert page["learner_numbers"]["year_groups"] == [
            {"year_group": 10, "learners": 2}, {"year_group": 11, "learners": 1},
        ]  # fmt: skip
        (encounters,) = [part for part in page["parts"] if part["part"] == "gb5.1.every_year"]
        assert (encounters["derived"]["band"], encounters["given"]) == ("all", None)

        await hub.ask("leader", "POST", f"{audit}/evaluations", json=EVALUATION | {"share_with_hub": False})
        await hub.settled()
        assert (await hub.own_report())["scores"] is None
        await hub.ask("leader", "PUT", f"{audit}/sharing", json={"shared_with": ["hub_lead"]})
        await hub.settled()
        assert await shown_to(hub, "lead") == 76
        assert await shown_to(hub, "coordinator") is None
        assert (await recount(worker.contexts["reporting"], YEAR)).agrees
        await hub.ask("leader", "PUT", f"{audit}/sharing", json={"shared_with": []})
        await hub.settled()
        assert await shown_to(hub, "lead") is None
        assert (await recount(worker.contexts["reporting"], YEAR)).agrees


async def shown_to(hub: Hub, who: str) -> int | None:
    """Read the school's score for gb1 as a role of the Hub sees it."""
    report = await hub.ask(who, "GET", "/reporting/v1/hub-report", params={"academic_year": YEAR})
    (school,) = [found for found in report["schools"] if found["urn"] == URN]
    return None if school["scores"] is None else int(school["scores"]["gb1"])


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
            text = await everything(store, settings, name)
            seen += len(text)
            assert "B801200005001" not in text, name
            if name != own:
                assert not any(canary in text for canary in canaries), name
        assert seen > 1000


async def everything(store: Store, settings: Settings, database: str) -> str:
    """All documents of a database as text, whichever collections there are."""
    with MongoClient[dict[str, Any]](settings.mongodb_url.get_secret_value()) as client:
        names = client[database].list_collection_names()
    return "".join([repr(await store.collection(database, name).find({})) for name in names])
