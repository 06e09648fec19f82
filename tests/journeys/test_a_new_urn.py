"""Harewood College (138171) becomes Avonbourne Boys' Academy (147467): one school, before and after.

URNs, names and the order of things are those of Get Information about Schools, where 138171 closed on
31 July 2019 and 147467 opened the day after; the days here are those of the tests' Hub.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from services.recount.compare import recount
from services.reporting import views
from services.reporting.store import SCHOOLS
from services.runtime.context import ServiceContext
from services.runtime.successions import Lineage
from services.runtime.worker import Worker
from tests.conftest import ClientFor, TokenFor, WorkerFor, eventually
from tests.journeys.hub import ALL, EMPLOYER, ROLL, YEAR, Hub
from tests.journeys.test_a_school_year import EVALUATION, TALK

pytestmark = pytest.mark.every_broker

HAREWOOD, AVONBOURNE, LATER, NEIGHBOUR = "138171", "147467", "150001", "136500"
IN_YEAR: Final = {"academic_year": YEAR}
NAMES: Final = {HAREWOOD: "Harewood College", AVONBOURNE: "Avonbourne Boys' Academy", NEIGHBOUR: "Next door"}
SECOND_TALK: Final = TALK | {
    "reference": "talk-2",
    "held_on": "2026-06-10",
    "attendance": {"year_groups": [10]},
}


class OneSchool:
    """A Hub in which Harewood has a roll and an activity, and the worker that serves it."""

    def __init__(self, hub: Hub, worker: Worker) -> None:
        self.hub = hub
        self.worker = worker

    async def succeed(self) -> None:
        """List the new academy, and declare that it goes on for the college."""
        await list_schools(self.hub, AVONBOURNE)
        body = {"successor": AVONBOURNE, "predecessor": HAREWOOD}
        await self.hub.ask("admin", "PUT", "/hub/v1/successions", json=body)

    async def hub_report(self) -> dict[str, Any]:
        """The Hub report, when all that was told is in it, after a recount has confirmed it."""
        await self.hub.settled()
        counted = await recount(self.worker.contexts["reporting"], YEAR)
        assert counted.agrees, counted.to_json()
        report: dict[str, Any] = await self.hub.ask("lead", "GET", "/reporting/v1/hub-report", params=IN_YEAR)
        return report


def of(urn: str) -> str:
    return f"/pupils/v1/schools/{urn}"


async def list_schools(hub: Hub, *urns: str) -> None:
    """List schools, and the employer of the talks."""
    schools = [
        {
            "urn": urn, "name": NAMES[urn], "setting": "school", "lowest_year": 7,
            "highest_year": 11, "has_post16": False, "district": "Bournemouth",
        }
        for urn in urns
    ]  # fmt: skip
    employer = {"employer_id": EMPLOYER, "name": "A football club", "sic_section": "R", "size_band": "large"}
    await hub.ask(
        "admin", "PUT", "/employers/v1/directory", json={"schools": schools, "employers": [employer]}
    )


async def put_roll(hub: Hub, who: str, urn: str, **query: str) -> dict[str, Any]:
    """Import the three pupils' roll."""
    csv = {"content": ROLL, "headers": {"Content-Type": "text/csv"}, "params": IN_YEAR | query}
    receipt: dict[str, Any] = await hub.ask(who, "PUT", f"{of(urn)}/roll", **csv)
    return receipt


@pytest.fixture
async def school(client_for: ClientFor, worker_for: WorkerFor, token: TokenFor) -> AsyncIterator[OneSchool]:
    tokens = {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "old": await token("old", "careers_leader", HAREWOOD),
        "new": await token("new", "careers_leader", AVONBOURNE),
        "later": await token("later", "careers_leader", LATER),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }
    async with client_for(ALL) as client, worker_for(ALL) as worker:
        hub = Hub(client, tokens)
        await list_schools(hub, HAREWOOD, NEIGHBOUR)
        assert (await put_roll(hub, "old", HAREWOOD))["new"] == 3
        await hub.directory_known()
        await hub.ask("old", "POST", f"{of(HAREWOOD)}/activities", json=TALK)
        await hub.ask("old", "POST", f"/audit/v1/schools/{HAREWOOD}/evaluations", json=EVALUATION)
        yield OneSchool(hub, worker)


async def test_the_academy_goes_on_where_the_college_was(school: OneSchool) -> None:
    hub = school.hub
    before = await hub.ask("old", "GET", f"{of(HAREWOOD)}/pupils", params=IN_YEAR)
    await school.succeed()

    assert await hub.ask("new", "GET", f"{of(AVONBOURNE)}/pupils", params=IN_YEAR) == before
    # The same roll again is the same pupils, the same talk the same talk: UPNs and references are known.
    again = await put_roll(hub, "new", AVONBOURNE)
    assert (again["new"], again["unchanged"]) == (0, 3)
    known = await hub.ask("new", "POST", f"{of(AVONBOURNE)}/activities", json=TALK)
    assert known["outcome"] == "unchanged"

    posted = await hub.ask("new", "POST", f"{of(AVONBOURNE)}/activities", json=SECOND_TALK)
    assert posted["outcome"] == "recorded"
    coverage = await hub.ask("new", "GET", f"{of(AVONBOURNE)}/coverage", params=IN_YEAR)
    assert [g["benchmarks"]["gb5"]["reached"] for g in coverage["year_groups"]] == [2, 1]
    evaluations = await hub.ask("new", "GET", f"/audit/v1/schools/{AVONBOURNE}/evaluations")
    assert [one["urn"] for one in evaluations["evaluations"]] == [AVONBOURNE]


async def test_the_hub_sees_one_school_with_its_whole_history(school: OneSchool) -> None:
    hub = school.hub
    earlier = await school.hub_report()
    assert [row["name"] for row in earlier["schools"]] == ["Harewood College", "Next door"]
    await list_schools(hub, AVONBOURNE)
    assert earlier["totals"]["schools"] == 2
    unconnected = await school.hub_report()
    assert [(s["urn"], s["on_roll"]) for s in unconnected["schools"]] == [
        (AVONBOURNE, "x"), (HAREWOOD, 3), (NEIGHBOUR, "x"),
    ]  # fmt: skip

    await school.succeed()
    await hub.ask("new", "POST", f"{of(AVONBOURNE)}/activities", json=SECOND_TALK)
    report = await school.hub_report()

    assert [(s["urn"], s["name"], s["on_roll"]) for s in report["schools"]] == [
        (AVONBOURNE, "Avonbourne Boys' Academy", 3), (NEIGHBOUR, "Next door", "x"),
    ]  # fmt: skip
    assert report["schools"][0]["activities"] == 2
    assert report["schools"][0]["achieved_count"] == 7
    assert (report["totals"]["schools"], report["totals"]["on_roll"]) == (2, 3)
    csv = await hub.send("lead", "GET", "/reporting/v1/hub-report.csv", params=IN_YEAR)
    assert AVONBOURNE in csv.text
    assert HAREWOOD not in csv.text


async def test_each_urn_shows_the_schools_own_report_under_its_name(school: OneSchool) -> None:
    hub = school.hub
    body = {"successor": AVONBOURNE, "predecessor": HAREWOOD}
    await hub.ask("admin", "PUT", "/hub/v1/successions", json=body)
    await hub.settled()

    async def report(who: str, urn: str) -> dict[str, Any]:
        path = f"/reporting/v1/schools/{urn}/report"
        found: dict[str, Any] = await hub.ask(who, "GET", path, params=IN_YEAR)
        return found

    unlisted = await report("new", AVONBOURNE)
    assert (unlisted["urn"], unlisted["name"], unlisted["on_roll"]) == (AVONBOURNE, "Harewood College", 3)
    before = await school.hub_report()
    assert [s["urn"] for s in before["schools"]] == [HAREWOOD, NEIGHBOUR], "the new one is not listed yet"

    await list_schools(hub, AVONBOURNE)
    await school.hub_report()
    new, old = await report("new", AVONBOURNE), await report("old", HAREWOOD)
    assert (new.pop("urn"), new.pop("name")) == (AVONBOURNE, "Avonbourne Boys' Academy")
    assert (old.pop("urn"), old.pop("name")) == (HAREWOOD, "Harewood College")
    assert new == old


async def test_an_employer_has_met_one_school(school: OneSchool) -> None:
    await school.succeed()
    await school.hub.ask("new", "POST", f"{of(AVONBOURNE)}/activities", json=SECOND_TALK)

    async def engagement() -> list[dict[str, Any]]:
        found = await school.hub.ask("lead", "GET", f"/employers/v1/employers/{EMPLOYER}")
        years: list[dict[str, Any]] = found["engagement"]
        return years

    await applied(school)
    (year,) = await engagement()
    assert (year["schools"], year["activities"]) == (1, 2)
    listed = await school.hub.ask("new", "GET", "/employers/v1/schools")
    assert {HAREWOOD, AVONBOURNE} <= {one["urn"] for one in listed["schools"]}, "as the register has both"


async def applied(school: OneSchool) -> None:
    """Wait until employers has counted what pupils told."""

    async def caught_up() -> bool:
        fresh = await school.hub.ask("lead", "GET", "/employers/v1/freshness")
        at = [model.get("pupils", {}).get(HAREWOOD, 0) for model in fresh["positions"].values()]
        head = (await school.hub.ask("lead", "GET", "/pupils/v1/ledger"))["heads"][HAREWOOD]
        return all(sequence >= head for sequence in at)

    await eventually(caught_up, 30)


async def test_who_belongs_to_one_urn_has_nothing_of_another(school: OneSchool) -> None:
    hub = school.hub
    await school.succeed()
    pupils = await hub.ask("new", "GET", f"{of(AVONBOURNE)}/pupils", params=IN_YEAR)
    ref = pupils["pupils"][0]["pupil"]

    for who, urn in (
        ("old", AVONBOURNE), ("new", HAREWOOD), ("neighbour", AVONBOURNE), ("neighbour", HAREWOOD),
        ("new", NEIGHBOUR), ("admin", AVONBOURNE), ("lead", HAREWOOD),
    ):  # fmt: skip
        for path in ("/pupils", f"/pupils/{ref}", "/roll", "/activities"):
            refused: httpx.Response = await hub.send(who, "GET", f"{of(urn)}{path}")
            assert refused.status_code == 404, (who, urn, path)
    neighbours = await hub.ask("neighbour", "GET", f"{of(NEIGHBOUR)}/pupils", params=IN_YEAR)
    assert neighbours["pupils"] == []
    foreign = await hub.send("neighbour", "GET", f"{of(NEIGHBOUR)}/pupils/{ref}")
    assert foreign.status_code == 404


async def test_a_pupils_record_names_the_school_as_it_was_asked_and_both_readers(school: OneSchool) -> None:
    hub = school.hub
    pupils = await hub.ask("old", "GET", f"{of(HAREWOOD)}/pupils", params=IN_YEAR)
    ref = pupils["pupils"][0]["pupil"]
    await hub.ask("old", "GET", f"{of(HAREWOOD)}/pupils/{ref}/record")
    await school.succeed()

    record = await hub.ask("new", "GET", f"{of(AVONBOURNE)}/pupils/{ref}/record")

    assert record["school"] == AVONBOURNE
    exported = [row["by"] for row in record["read_and_changed_by"] if row["what"] == "pupil.exported"]
    assert exported == ["old", "new"]
    for service in ("pupils", "audit"):
        context: ServiceContext = school.worker.contexts[service]
        assert (await context.access_log(HAREWOOD).verify()).broken_at is None
        assert "school.succeeded" in await actions(context, HAREWOOD), service
        assert [database.urn for database in await context.tenancy.schools_of(service)] == [HAREWOOD]


async def actions(context: ServiceContext, urn: str) -> list[str]:
    """What the school's access log of a service says was done."""
    rows = await context.school(urn).collection("access_log").find({}, sort=[("_id", 1)])
    return [entry["action"] for row in rows for entry in row["entries"]]


async def test_a_school_that_changes_its_urn_twice_is_still_one(school: OneSchool) -> None:
    hub = school.hub
    await school.succeed()
    await hub.ask("admin", "PUT", "/hub/v1/successions", json={"successor": LATER, "predecessor": AVONBOURNE})
    await hub.ask("later", "POST", f"{of(LATER)}/activities", json=SECOND_TALK)

    report = await school.hub_report()

    assert [(s["urn"], s["activities"]) for s in report["schools"]] == [(AVONBOURNE, 2), (NEIGHBOUR, "x")]
    own = await hub.ask("later", "GET", f"/reporting/v1/schools/{LATER}/report", params=IN_YEAR)
    assert (own["urn"], own["name"]) == (LATER, "Avonbourne Boys' Academy")


async def test_a_recount_finds_a_school_that_is_reported_twice(
    school: OneSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bug that a succession invites: the old listing goes on beside the new one."""

    async def each(context: ServiceContext) -> tuple[Lineage, list[dict[str, Any]]]:
        listed = await context.database().collection(SCHOOLS).find({}, sort=[("name", 1)])
        return await context.successions.lineage(), listed

    await school.succeed()
    assert (await school.hub_report())["totals"]["on_roll"] == 3
    monkeypatch.setattr(views, "read_directory", each)

    counted = await recount(school.worker.contexts["reporting"], YEAR)

    assert {(m.school, m.figure) for m in counted.mismatches} >= {
        ("hub", "schools"), ("hub", "hub-report/hub/all/on_roll"), ("hub", "hub-report/hub/all/activities"),
    }  # fmt: skip
