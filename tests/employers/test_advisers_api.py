"""The routes of advisers over the real store: their states, their details, who may reach them, who did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import structlog

from services.employers.advisers import commands
from services.employers.service import SERVICE
from services.runtime.context import ServiceContext
from tests.conftest import ClientFor, TokenFor
from tests.employers.advisers import (
    ADVISERS,
    CHESIL,
    CONTACT,
    HARBOUR,
    MATCHES,
    adviser_body,
    available,
    do,
    get,
    list_schools,
    move,
    post,
    propose,
    register,
    three_schools,
    want,
    working,
)
from tests.employers.listings import employer_entry

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
async def coordinator(client_for: ClientFor, token: TokenFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for([SERVICE]) as client:
        await list_schools(client, await token("admin", "hub_admin"), *three_schools())
        client.headers["Authorization"] = f"Bearer {await token('coordinator', 'enterprise_coordinator')}"
        yield client


async def test_an_adviser_goes_from_enquiry_to_available_and_the_history_says_who_and_when(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await available(coordinator)

    found = await get(coordinator, f"{ADVISERS}/{adviser}")

    assert found["state"] == "available"
    assert [(step["state"], step["since"], step["by"]) for step in found["history"]] == [
        ("enquiry", "2026-01-05", "coordinator"),
        ("applied", "2026-01-10", "coordinator"),
        ("inducted", "2026-01-10", "coordinator"),
        ("available", "2026-01-10", "coordinator"),
    ]


async def test_a_step_that_cannot_follow_is_refused_and_nothing_changes(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await register(coordinator)

    problem = await move(coordinator, adviser, "available", 409)

    assert "enquiry can become applied or ended" in problem["detail"]
    assert (await get(coordinator, f"{ADVISERS}/{adviser}"))["version"] == 1


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"to": "applied", "on": "2026-06-17"}, "on"),
        ({"to": "applied", "on": "2026-01-04"}, "on"),
        ({"to": "applied", "reason": "other"}, "reason"),
        ({"to": "ended"}, "reason"),
    ],
)
async def test_a_day_or_reason_that_cannot_be_is_refused_by_its_name(
    coordinator: httpx.AsyncClient, more: dict[str, str], where: str
) -> None:
    adviser = await register(coordinator)

    problem = await post(coordinator, f"{ADVISERS}/{adviser}/state", {"version": 1, **more}, 422)

    assert [one["where"] for one in problem["problems"]] == [where]


async def test_a_stale_version_is_refused_and_the_same_state_again_changes_nothing(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await register(coordinator)
    await move(coordinator, adviser, "applied")

    again = await post(coordinator, f"{ADVISERS}/{adviser}/state", {"to": "applied", "version": 1})
    stale = await post(coordinator, f"{ADVISERS}/{adviser}/state", {"to": "inducted", "version": 1}, 409)

    assert again["outcome"] == "unchanged"
    assert "its version is 2" in stale["detail"]


async def test_of_two_changes_at_once_one_is_told_to_read_again(coordinator: httpx.AsyncClient) -> None:
    adviser = await register(coordinator)
    body = {name: value for name, value in adviser_body().items() if name not in {"contact", "on"}}

    answers = await asyncio.gather(
        *[
            coordinator.put(f"{ADVISERS}/{adviser}", json={**body, "version": 1, "hours_a_month": hours})
            for hours in (10, 12)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_the_versions_before_are_kept_with_who_wrote_them(coordinator: httpx.AsyncClient) -> None:
    adviser = await register(coordinator)
    body = {name: value for name, value in adviser_body().items() if name not in {"contact", "on"}}
    changed = await coordinator.put(
        f"{ADVISERS}/{adviser}", json={**body, "version": 1, "hours_a_month": 12, "conflicts": [CHESIL]}
    )
    assert changed.json()["outcome"] == "changed"

    versions = (await get(coordinator, f"{ADVISERS}/{adviser}/versions"))["versions"]

    assert [(one["version"], one["hours_a_month"], one["by"]) for one in versions] == [
        (1, 8, "coordinator"),
        (2, 12, "coordinator"),
    ]


async def test_a_request_sent_again_with_its_key_registers_one_adviser(
    coordinator: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "enquiry-1"}

    first, second = [await coordinator.post(ADVISERS, json=adviser_body(), headers=headers) for _ in range(2)]

    assert first.json() == second.json()
    assert (await get(coordinator, ADVISERS))["total"] == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"capacity_schools": -1}, "capacity_schools"),
        ({"capacity_schools": 11}, "capacity_schools"),
        ({"hours_a_month": 81}, "hours_a_month"),
        ({"latitude": 91.0}, "latitude"),
        ({"latitude": 0.0, "longitude": 0.0}, "position"),
        ({"latitude": -1.98, "longitude": 50.72}, "position"),
        ({"longitude": None}, ""),
        ({"travel_km": 501}, "travel_km"),
        ({"conflicts": ["999999"]}, "conflicts.0"),
        ({"preferences": [HARBOUR, HARBOUR]}, "preferences"),
        ({"preferences": [HARBOUR], "conflicts": [HARBOUR]}, "preferences.0"),
        ({"employer_id": "gpg-404"}, "employer_id"),
        ({"send_trained_until": "2026-02-30"}, "send_trained_until"),
        ({"on": "2026-06-17"}, "on"),
        ({"contact": {**CONTACT, "email": "nobody"}}, "contact.email"),
        ({"nickname": "Jo"}, "nickname"),
    ],
)
async def test_an_adviser_that_cannot_be_is_refused_by_the_field_and_not_kept(
    coordinator: httpx.AsyncClient, changes: dict[str, object], where: str
) -> None:
    problem = await post(coordinator, ADVISERS, adviser_body(**changes), 422)

    assert any(one["where"].endswith(where) for one in problem["problems"])
    assert "Bloggs" not in str(problem)
    assert "nobody" not in str(problem)
    assert (await get(coordinator, ADVISERS))["total"] == 0


async def test_more_advisers_than_a_hub_keeps_are_refused(
    coordinator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_ADVISERS", 1)
    await register(coordinator)

    await post(coordinator, ADVISERS, adviser_body(), 409)


async def test_the_sector_is_the_employers_unless_another_is_named(
    coordinator: httpx.AsyncClient, token: TokenFor
) -> None:
    admin = {"Authorization": f"Bearer {await token('admin', 'hub_admin')}"}
    listing = {"employers": [employer_entry("gpg-1", sic_section="F")]}
    await coordinator.put("/employers/v1/directory", json=listing, headers=admin)

    theirs = await register(coordinator, employer_id="gpg-1")
    other = await register(coordinator, employer_id="gpg-1", sic_section="Q")

    assert (await get(coordinator, f"{ADVISERS}/{theirs}"))["sic_section"] == "F"
    assert (await get(coordinator, f"{ADVISERS}/{other}"))["sic_section"] == "Q"


async def test_contact_details_are_shown_by_their_own_route_alone_and_every_look_is_noted(
    coordinator: httpx.AsyncClient, token: TokenFor
) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    await working(coordinator, adviser)
    lead = {"Authorization": f"Bearer {await token('lead', 'hub_lead')}"}

    shown = await coordinator.get(f"{ADVISERS}/{adviser}/contact", headers=lead)

    assert shown.json() == CONTACT
    for path in (
        "",
        f"/{adviser}",
        f"/{adviser}/versions",
        "/matches",
        "/figures",
        f"/handover?adviser={adviser}",
    ):
        answer = await coordinator.get(ADVISERS + path)
        assert answer.status_code == 200, answer.text
        assert not any(part in answer.text for part in CONTACT.values())
    accesses = (await get(coordinator, f"{ADVISERS}/{adviser}/contact/accesses"))["accesses"]
    assert [(one["subject"], one["action"]) for one in accesses] == [
        ("lead", "contact.read"),
        ("coordinator", "contact.recorded"),
    ]


async def test_contact_details_are_in_no_event_no_log_and_no_other_collection(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    with structlog.testing.capture_logs() as logs:
        adviser = await available(coordinator)
        await want(coordinator)
        await working(coordinator, adviser)
        await coordinator.get(f"{ADVISERS}/{adviser}/contact")

    assert [line["action"] for line in logs if line["event"] == "adviser contact details"] == [
        "contact.recorded",
        "contact.read",
    ]
    assert not any(part in str(logs) for part in CONTACT.values())
    database = context_for("employers").database()
    for name in await database.collection_names():
        held = str(await database.collection(name).find({}))
        assert any(part in held for part in CONTACT.values()) == (name == "adviser_contacts"), name


async def test_contact_details_can_be_changed_and_after_the_end_erased(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await register(coordinator)
    path = f"{ADVISERS}/{adviser}/contact"
    changed = await coordinator.put(path, json=CONTACT | {"phone": None})
    assert changed.json()["outcome"] == "changed"
    assert (await coordinator.put(path, json=CONTACT | {"phone": None})).json()["outcome"] == "unchanged"
    await post(coordinator, f"{path}/erase", status=409)
    await move(coordinator, adviser, "ended", reason="no_time")

    await post(coordinator, f"{path}/erase")

    assert (await coordinator.get(path)).status_code == 404
    assert (await get(coordinator, f"{ADVISERS}/{adviser}"))["state"] == "ended"
    assert (await post(coordinator, f"{path}/erase"))["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/{}"),
        ("GET", "/{}/versions"),
        ("GET", "/{}/contact"),
        ("GET", "/{}/contact/accesses"),
        ("POST", "/{}/contact/erase"),
        ("GET", "/matches/{}"),
        ("GET", "/handover?adviser={}"),
    ],
)
async def test_what_is_not_there_is_not_found(coordinator: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await coordinator.request(method, ADVISERS + path.format("0" * 32))

    assert answer.status_code == 404


async def test_whoever_pauses_pauses_their_active_matches_and_ends_those_not_begun(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await available(coordinator, capacity_schools=2, hours_a_month=16)
    await want(coordinator)
    await want(coordinator, CHESIL)
    active = await working(coordinator, adviser)
    proposed = (await propose(coordinator, adviser, CHESIL))["match_id"]

    answer = await move(coordinator, adviser, "paused")

    assert answer["matches_changed"] == 2
    assert (await get(coordinator, f"{MATCHES}/{active}"))["state"] == "paused"
    ended = await get(coordinator, f"{MATCHES}/{proposed}")
    assert (ended["state"], ended["ended_because"]) == ("ended", "adviser_paused")
    refused = await do(coordinator, active, "activate", 409)
    assert "Bring them back to work first" in refused["detail"]
    await move(coordinator, adviser, "available")
    await do(coordinator, active, "activate")
    assert (await get(coordinator, f"{ADVISERS}/{adviser}"))["state"] == "active"


async def test_whoever_leaves_ends_all_their_matches_and_cannot_come_back_as_the_same(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    match = await working(coordinator, adviser)

    await move(coordinator, adviser, "ended", reason="moved_away")

    found = await get(coordinator, f"{MATCHES}/{match}")
    assert (found["state"], found["ended_because"]) == ("ended", "adviser_left")
    assert "moved_away" not in str(found)
    assert "register the adviser anew" in (await move(coordinator, adviser, "applied", 409))["detail"]
