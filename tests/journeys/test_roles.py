"""A day of each role: what they come for is there, and what is not theirs is refused.

Every route and role is tried in `test_tenancy_matrix.py`; here people do what they do, in their order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from tests.conftest import ClientFor, TokenFor, WorkerFor
from tests.journeys.hub import ALL, EMPLOYER, NEIGHBOUR, SCHOOLS, URN, YEAR, Hub, open_school

pytestmark = pytest.mark.every_broker

IN_YEAR: Final = {"academic_year": YEAR}
YEAR_10_TALK: Final[dict[str, Any]] = {
    "activity_type": "employer_talk",
    "title": "Meet the engineers",
    "held_on": "2026-06-10",
    "mode": "in_person",
    "employer_id": EMPLOYER,
    "tests_met": ["clear_purpose", "learning_outcomes", "two_way_interaction", "reflection"],
    "attendance": {"year_groups": [10]},
}
CHAT: Final[dict[str, Any]] = {
    "held_on": "2026-06-11",
    "said": "Would like to repair boats.",
    "actions": [{"text": "Visit the boatyard", "due_on": "2026-06-12"}],
}
OF_SCHOOL: Final = ("leader", "teacher", "head", "governor", "adviser")
OF_HUB: Final = ("admin", "lead", "coordinator", "employer")


@pytest.fixture
async def hub(client_for: ClientFor, worker_for: WorkerFor, token: TokenFor) -> AsyncIterator[Hub]:
    """A Hub with a school of three pupils, an employer, and somebody of every role."""
    tokens = {
        "leader": await token("leader", "careers_leader", URN),
        "teacher": await token("teacher", "teacher", URN),
        "head": await token("head", "school_leader", URN),
        "governor": await token("governor", "link_governor", URN),
        "adviser": await token("adviser", "enterprise_adviser", URN),
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "coordinator": await token("coordinator", "enterprise_coordinator"),
        "employer": await token("employer", "employer"),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }
    async with client_for(ALL) as client, worker_for(ALL):
        hub = Hub(client, tokens)
        await open_school(hub)
        yield hub


async def pupils(hub: Hub, who: str) -> list[dict[str, Any]]:
    """The pupils on roll, as somebody sees them."""
    page = await hub.ask(who, "GET", f"{SCHOOLS}/pupils", params=IN_YEAR)
    found: list[dict[str, Any]] = page["pupils"]
    return found


async def refused(hub: Hub, who: str, method: str, path: str, **options: Any) -> int:  # noqa: ANN401
    """Ask for what must not be given; returns the status."""
    answer = await hub.send(who, method, path, **options)
    assert answer.status_code in {403, 404}, answer.text
    return answer.status_code


async def test_a_careers_leader_logs_a_year_group_and_sees_who_is_missing_what(hub: Hub) -> None:
    before = await hub.ask("leader", "GET", f"{SCHOOLS}/criteria", params=IN_YEAR)
    assert before["year_groups"][0]["criteria"]["gb5.1"]["missing"] == 2

    receipt = await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=YEAR_10_TALK)
    assert [group["encounters"] for group in receipt["year_groups"]] == [2]

    asked = IN_YEAR | {"year_group": "11"}
    missing = await hub.ask("leader", "GET", f"{SCHOOLS}/missing/gb5.1", params=asked)
    (pupil,) = missing["pupils"]
    assert missing["met"] == 0
    assert missing["next"]

    talked = await hub.ask(
        "leader", "POST", f"{SCHOOLS}/conversations", json=CHAT | {"pupil": pupil["pupil"]}
    )
    (due,) = (await hub.ask("leader", "GET", f"{SCHOOLS}/follow-ups"))["follow_ups"]
    assert (due["pupil"], due["due_on"]) == (pupil["pupil"], "2026-06-12")
    done = f"{SCHOOLS}/conversations/{talked['conversation_id']}/actions/{due['action']}/done"
    await hub.ask("leader", "POST", done, json={"outcome": "Went, and liked it."})
    assert (await hub.ask("leader", "GET", f"{SCHOOLS}/follow-ups"))["follow_ups"] == []

    record = await hub.ask("leader", "GET", f"{SCHOOLS}/pupils/{pupil['pupil']}/record")
    assert [one["said"] for one in record["conversations"]] == [CHAT["said"]]


async def test_a_teacher_records_what_was_said_and_exports_and_erases_nobody(hub: Hub) -> None:
    pupil = (await pupils(hub, "teacher"))[0]["pupil"]
    await hub.ask("teacher", "POST", f"{SCHOOLS}/conversations", json=CHAT | {"pupil": pupil})
    in_confidence = CHAT | {"pupil": pupil, "said": "For the leader.", "visibility": "careers_leader"}
    hidden = await hub.ask("leader", "POST", f"{SCHOOLS}/conversations", json=in_confidence)

    seen = await hub.ask("teacher", "GET", f"{SCHOOLS}/pupils/{pupil}/conversations")
    assert [one["said"] for one in seen["conversations"]] == [CHAT["said"]]

    one = f"{SCHOOLS}/conversations/{hidden['conversation_id']}"
    assert await refused(hub, "teacher", "GET", one) == 404
    assert await refused(hub, "teacher", "GET", f"{SCHOOLS}/pupils/{pupil}/record") == 403
    assert await refused(hub, "teacher", "PUT", f"{SCHOOLS}/roll", params=IN_YEAR, content="upn") == 403
    leavers = {"leavers_of": YEAR, "year_group": "11"}
    assert await refused(hub, "teacher", "GET", f"{SCHOOLS}/destinations/export", params=leavers) == 403
    erasure = f"{SCHOOLS}/pupils/{pupil}/erasure"
    assert await refused(hub, "teacher", "POST", erasure, json={"reason": "request"}) == 403


async def test_a_school_leader_sees_everything_of_the_programme_and_changes_nothing(hub: Hub) -> None:
    await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=YEAR_10_TALK)

    coverage = await hub.ask("head", "GET", f"{SCHOOLS}/coverage", params=IN_YEAR)
    assert coverage["year_groups"][0]["benchmarks"]["gb5"] == {"reached": 2, "percent": 100}
    asked = IN_YEAR | {"year_group": "11"}
    assert (await hub.ask("head", "GET", f"{SCHOOLS}/missing/gb5.1", params=asked))["missing"] == 1

    assert await refused(hub, "head", "POST", f"{SCHOOLS}/activities", json=YEAR_10_TALK) == 403
    assert await refused(hub, "head", "PUT", f"{SCHOOLS}/roll/scopes", json={"columns": []}) == 403


@pytest.mark.parametrize("who", ["governor", "adviser"])
async def test_a_governor_and_an_adviser_see_the_schools_figures_and_no_pupil(hub: Hub, who: str) -> None:
    await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=YEAR_10_TALK)
    await hub.settled()

    report = await hub.ask(who, "GET", f"/reporting/v1/schools/{URN}/report", params=IN_YEAR)
    assert report["encounters"] == 2
    assert (await hub.ask(who, "GET", f"/audit/v1/schools/{URN}/evaluations"))["evaluations"] == []

    for path in ("/pupils", "/roll", "/activities", "/missing/gb5.1", "/follow-ups"):
        assert await refused(hub, who, "GET", f"{SCHOOLS}{path}") == 403


@pytest.mark.parametrize("who", ["coordinator", "lead"])
async def test_a_coordinator_and_a_hub_lead_see_the_hub_with_small_numbers_withheld(
    hub: Hub, who: str
) -> None:
    await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=YEAR_10_TALK)
    await hub.settled()

    report = await hub.ask(who, "GET", "/reporting/v1/hub-report", params=IN_YEAR)
    (school,) = [one for one in report["schools"] if one["urn"] == URN]
    assert (school["on_roll"], school["encounters"]) == (3, "c")
    found = await hub.ask(who, "GET", "/employers/v1/employers", params={"q": "football"})
    assert [one["employer_id"] for one in found["employers"]] == [EMPLOYER]

    for path in ("/pupils", "/roll", "/coverage", "/activities"):
        assert await refused(hub, who, "GET", f"{SCHOOLS}{path}") == 404


async def test_an_administrator_lets_people_in_and_out_and_sees_no_school_from_within(hub: Hub) -> None:
    given = {"subject": "teacher", "role": "teacher", "urn": URN}
    known = await hub.ask("admin", "GET", "/hub/v1/memberships")
    (identity,) = [one["id"] for one in known if given.items() <= one.items()]
    await hub.ask("admin", "POST", "/hub/v1/memberships/end", json={"id": identity})
    assert await refused(hub, "teacher", "GET", f"{SCHOOLS}/pupils") == 404

    await hub.ask("admin", "PUT", "/hub/v1/memberships", json=given)
    assert len(await pupils(hub, "teacher")) == 3
    assert await refused(hub, "admin", "GET", f"{SCHOOLS}/pupils") == 404


async def test_an_employer_sees_the_directory_alone(hub: Hub) -> None:
    assert (await hub.ask("employer", "GET", f"/employers/v1/employers/{EMPLOYER}"))["size_band"] == "large"
    for path in ("/reporting/v1/hub-report", f"{SCHOOLS}/activities", f"/audit/v1/schools/{URN}/evaluations"):
        await refused(hub, "employer", "GET", path)


@pytest.mark.parametrize("who", [*OF_SCHOOL, *OF_HUB])
async def test_nobody_reaches_a_school_that_is_not_theirs(hub: Hub, who: str) -> None:
    there = SCHOOLS.replace(URN, NEIGHBOUR)
    for method, path in (("GET", "/pupils"), ("POST", "/activities"), ("GET", "/coverage")):
        assert await refused(hub, who, method, f"{there}{path}") == 404
