"""Needs, rounds, matches, figures and handovers over the routes and the real store."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from contracts.catalogue import decode, event_of
from contracts.employers import AdviserRelationshipChanged
from contracts.pupils import SectorCount, SectorsWanted
from contracts.vocabulary import AcademicYear, Urn
from services.employers.service import SERVICE
from services.employers.stream import SIGNALS
from services.runtime.arrivals import Arrival, Job, Stream
from services.runtime.context import ServiceContext
from services.runtime.projection import ProjectionApplier
from services.runtime.successions import Succession
from tests.conftest import NOW, ClientFor, TokenFor
from tests.employers.advisers import (
    ADVISERS,
    CHESIL,
    FIGURES,
    HANDOVER,
    HARBOUR,
    HEATH,
    MATCHES,
    NEEDS,
    ROUNDS,
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
from tests.employers.listings import school_entry

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
async def coordinator(client_for: ClientFor, token: TokenFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for([SERVICE]) as client:
        await list_schools(client, await token("admin", "hub_admin"), *three_schools())
        client.headers["Authorization"] = f"Bearer {await token('coordinator', 'enterprise_coordinator')}"
        yield client


async def told(context_for: ContextFor) -> list[AdviserRelationshipChanged]:
    rows = await context_for("employers").ledger.read("advisers", 0, 1_000)
    found = [decode(row.event.type, row.event.value.encode()) for row in rows]
    assert all(isinstance(event, AdviserRelationshipChanged) for event in found)
    return found  # type: ignore[return-value]  # just checked


async def test_a_need_is_kept_in_versions_and_said_again_changes_nothing(
    coordinator: httpx.AsyncClient,
) -> None:
    first = await want(coordinator, sectors=["Q", "F"])
    again = await want(coordinator, sectors=["F", "Q"])
    changed = await want(coordinator, version=1, wants=2)
    await want(coordinator, version=1, wants=0, status=409)

    assert (first["outcome"], again["outcome"], changed["outcome"]) == ("recorded", "unchanged", "changed")
    [need] = (await get(coordinator, NEEDS))["needs"]
    assert (need["version"], need["wants"], need["sectors"]) == (2, 2, [])


@pytest.mark.parametrize(
    ("urn", "changes", "where"),
    [
        ("999999", {}, "urn"),
        (HARBOUR, {"wants": 3}, "wants"),
        (HARBOUR, {"since": "2026-06-17"}, "since"),
        (HARBOUR, {"preferences": ["0" * 32]}, "preferences.0"),
        (HARBOUR, {"sectors": ["Z"]}, "sectors.0"),
    ],
)
async def test_a_need_that_cannot_be_is_refused_by_the_field(
    coordinator: httpx.AsyncClient, urn: str, changes: dict[str, object], where: str
) -> None:
    problem = await want(coordinator, urn, status=422, **changes)

    assert [one["where"].removeprefix("body.") for one in problem["problems"]] == [where]
    assert (await get(coordinator, NEEDS))["needs"] == []


async def test_a_round_proposes_with_reasons_and_stores_nothing(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    near = await available(coordinator, sic_section="F")
    far = await available(coordinator, latitude=51.5, longitude=-0.12, travel_km=30)
    newcomer = await register(coordinator)
    await want(coordinator, sectors=["F"])
    await want(coordinator, HEATH)

    proposed = await post(coordinator, ROUNDS)

    [line] = proposed["matches"]
    assert (line["urn"], line["adviser_id"]) == (HARBOUR, near)
    assert line["score"] == sum(line["parts"].values())
    assert line["parts"]["sector"] == 20
    [heath] = proposed["schools_left"]
    assert heath["urn"] == HEATH
    assert heath["kept_apart_by"] == {"send_training_needed": 2, "not_inducted": 1}
    [left] = proposed["advisers_left"]
    assert (left["adviser_id"], left["kept_apart_by"]) == (far, {"send_training_needed": 1, "too_far": 1})
    assert set(proposed["barriers"]) == {"not_inducted", "send_training_needed", "too_far"}
    assert proposed["stable"] is True
    assert newcomer not in str(proposed)
    assert (await get(coordinator, MATCHES))["matches"] == []
    assert await told(context_for) == []


async def test_a_sector_that_the_pupils_name_counts_as_one_that_the_school_wants(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    await available(coordinator, sic_section="Q")
    await want(coordinator)
    [before] = (await post(coordinator, ROUNDS))["matches"]
    applier = ProjectionApplier(SIGNALS, await context_for("employers").projection(SIGNALS))
    stream = Stream("pupils", HARBOUR)
    [cursor] = (await applier.cursors([stream])).values()
    told_in_order = [(AcademicYear("2025/26"), "Q"), (AcademicYear("2024/25"), "F")]
    arrivals = []
    for place, (year, section) in enumerate(told_in_order, 1):
        sectors = (SectorCount(sic_section=section, at_least=10),)
        event = SectorsWanted(urn=Urn(HARBOUR), academic_year=year, sectors=sectors)
        value = event.model_dump_json().encode()
        arrivals.append(Arrival(stream, place, event_of(event).name, value, None, None))
    [outcome] = await applier.apply([Job(stream, cursor, arrivals)])
    assert (outcome.applied, outcome.error) == (2, None)

    [after] = (await post(coordinator, ROUNDS))["matches"]

    assert (before["parts"]["sector"], after["parts"]["sector"]) == (0, 20)


async def test_the_same_round_twice_is_the_same(coordinator: httpx.AsyncClient) -> None:
    for latitude in (50.70, 50.71, 50.72):
        await available(coordinator, latitude=latitude)
    await want(coordinator)
    await want(coordinator, CHESIL)

    assert await post(coordinator, ROUNDS) == await post(coordinator, ROUNDS)


async def test_a_scarce_trained_adviser_goes_to_the_special_school_unless_they_said_otherwise(
    coordinator: httpx.AsyncClient,
) -> None:
    trained = await available(coordinator, send_trained_until="2027-12-31", sic_section="F")
    await want(coordinator, HARBOUR, sectors=["F"], since="2024-01-01")
    await want(coordinator, HEATH, since="2026-06-01")

    [line] = (await post(coordinator, ROUNDS))["matches"]
    assert (line["urn"], line["band"]) == (HEATH, 0)

    found = await get(coordinator, f"{ADVISERS}/{trained}")
    kept = ("seniority", "capacity_schools", "hours_a_month", "send_trained_until", "version")
    body = {name: found[name] for name in kept} | {"preferences": [HARBOUR]}
    assert (await coordinator.put(f"{ADVISERS}/{trained}", json=body)).status_code == 200
    [line] = (await post(coordinator, ROUNDS))["matches"]
    assert (line["urn"], line["named_by_adviser"]) == (HARBOUR, True)


async def test_a_match_goes_from_proposal_to_work_once_both_sides_accept(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    match = (await propose(coordinator, adviser))["match_id"]
    assert (await get(coordinator, f"{ADVISERS}/{adviser}"))["state"] == "proposed"
    await do(coordinator, match, "accept", side="school")
    refused = await do(coordinator, match, "introduce", 409)
    assert "adviser" in refused["detail"]
    await do(coordinator, match, "accept", side="adviser")
    assert (await do(coordinator, match, "accept", side="adviser"))["outcome"] == "unchanged"

    await do(coordinator, match, "introduce")
    await do(coordinator, match, "activate")

    assert (await get(coordinator, f"{ADVISERS}/{adviser}"))["state"] == "active"
    assert [event.state for event in await told(context_for)] == ["proposed", "introduced", "active"]
    assert {event.relationship_id for event in await told(context_for)} == {match}
    steps = (await get(coordinator, f"{MATCHES}/{match}"))["history"]
    assert [step["state"] for step in steps] == ["proposed", "introduced", "active"]


async def test_an_event_names_no_adviser(coordinator: httpx.AsyncClient, context_for: ContextFor) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    match = await working(coordinator, adviser)
    await do(coordinator, match, "end", reason="completed")

    events = await told(context_for)

    assert events[-1].ended_because == "completed"
    assert events[-1].urn == HARBOUR
    assert adviser not in str(events)
    assert "coordinator" not in str(events)


async def test_proposing_the_same_two_again_changes_nothing(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    first = await propose(coordinator, adviser)

    again = await propose(coordinator, adviser)

    assert (again["outcome"], again["match_id"]) == ("unchanged", first["match_id"])
    assert len(await told(context_for)) == 1


@pytest.mark.parametrize(
    ("changes", "urn", "rule"),
    [
        ({"conflicts": [HARBOUR]}, HARBOUR, "conflict_of_interest"),
        ({}, HEATH, "send_training_needed"),
        ({"send_trained_until": "2026-06-14"}, HEATH, "send_training_needed"),
        ({"capacity_schools": 0}, HARBOUR, "capacity_used_up"),
        ({"hours_a_month": 3}, HARBOUR, "capacity_used_up"),
        ({"travel_km": 5, "latitude": 51.5}, HARBOUR, "too_far"),
        ({}, "999999", "no_such_school"),
    ],
)
async def test_a_proposal_against_a_hard_rule_is_refused_with_its_name(
    coordinator: httpx.AsyncClient, context_for: ContextFor, changes: dict[str, object], urn: str, rule: str
) -> None:
    adviser = await available(coordinator, **changes)
    await want(coordinator)
    await want(coordinator, HEATH)

    problem = await propose(coordinator, adviser, urn, 422)

    assert [one["reason"].partition(":")[0] for one in problem["problems"]] == [rule]
    assert (await get(coordinator, MATCHES))["total"] == 0
    assert await told(context_for) == []


async def test_who_is_not_inducted_or_not_available_cannot_be_proposed(
    coordinator: httpx.AsyncClient,
) -> None:
    adviser = await register(coordinator)
    await want(coordinator)
    assert "not_inducted" in str(await propose(coordinator, adviser, status=422))
    await move(coordinator, adviser, "applied")
    await move(coordinator, adviser, "inducted")
    assert "not_available" in str(await propose(coordinator, adviser, status=422))
    assert "no_such_adviser" in str(await propose(coordinator, "0" * 32, status=422))


async def test_a_school_takes_a_second_adviser_only_if_it_wants_one(coordinator: httpx.AsyncClient) -> None:
    first, second = await available(coordinator), await available(coordinator)
    assert "school_wants_none" in str(await propose(coordinator, first, status=422))
    await want(coordinator)
    await working(coordinator, first)
    assert "school_has_adviser" in str(await propose(coordinator, second, status=422))

    await want(coordinator, version=1, wants=2)

    assert (await propose(coordinator, second))["state"] == "proposed"


async def test_pairs_are_proposed_all_or_none_and_count_for_those_that_follow(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    await want(coordinator, CHESIL)
    pairs = [{"adviser_id": adviser, "urn": urn} for urn in (HARBOUR, CHESIL)]

    problem = await post(coordinator, MATCHES, {"matches": pairs}, 422)

    [only] = problem["problems"]
    assert only["where"] == "matches.1"
    assert only["reason"].startswith("capacity_used_up")
    assert (await get(coordinator, MATCHES))["total"] == 0
    assert await told(context_for) == []
    await post(coordinator, MATCHES, {"matches": pairs * 26}, 422)


async def test_who_declined_is_not_proposed_again_this_year(coordinator: httpx.AsyncClient) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    match = (await propose(coordinator, adviser))["match_id"]

    await do(coordinator, match, "decline", side="school")

    assert (await get(coordinator, f"{ADVISERS}/{adviser}"))["state"] == "available"
    assert "declined_before" in str(await propose(coordinator, adviser, status=422))
    [left] = (await post(coordinator, ROUNDS))["schools_left"]
    assert left["kept_apart_by"] == {"declined_before": 1}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"action": "accept", "version": 1}, 422),
        ({"action": "end", "version": 1}, 422),
        ({"action": "end", "version": 1, "reason": "declined_by_school"}, 422),
        ({"action": "pause", "version": 1, "side": "school"}, 422),
        ({"action": "pause", "version": 1}, 409),
        ({"action": "activate", "version": 1}, 409),
        ({"action": "accept", "side": "school", "version": 2}, 409),
        ({"action": "end", "version": 1, "reason": "withdrawn", "on": "2027-01-01"}, 422),
    ],
)
async def test_what_cannot_be_done_with_a_proposal_is_refused_and_leaves_it(
    coordinator: httpx.AsyncClient, body: dict[str, object], status: int
) -> None:
    adviser = await available(coordinator)
    await want(coordinator)
    match = (await propose(coordinator, adviser))["match_id"]

    await post(coordinator, f"{MATCHES}/{match}", body, status)

    assert (await get(coordinator, f"{MATCHES}/{match}"))["version"] == 1


async def test_training_that_ran_out_meanwhile_stops_an_introduction(coordinator: httpx.AsyncClient) -> None:
    adviser = await available(coordinator, send_trained_until="2026-12-31")
    await want(coordinator, HEATH)
    match = (await propose(coordinator, adviser, HEATH))["match_id"]
    for side in ("school", "adviser"):
        await do(coordinator, match, "accept", side=side)
    body = {"seniority": "director", "capacity_schools": 1, "hours_a_month": 8}
    version = (await get(coordinator, f"{ADVISERS}/{adviser}"))["version"]
    await coordinator.put(
        f"{ADVISERS}/{adviser}", json={**body, "version": version, "send_trained_until": "2026-06-01"}
    )

    problem = await do(coordinator, match, "introduce", 409)

    assert "send_training_needed" in str(problem)


async def test_a_paused_match_is_not_taken_up_beside_its_replacement(coordinator: httpx.AsyncClient) -> None:
    first, second = await available(coordinator), await available(coordinator)
    await want(coordinator)
    paused = await working(coordinator, first)
    await do(coordinator, paused, "pause")
    await propose(coordinator, second)

    problem = await do(coordinator, paused, "activate", 409)

    assert "school_has_adviser" in str(problem)


async def test_figures_say_how_long_it_took_and_who_waits(coordinator: httpx.AsyncClient) -> None:
    adviser = await available(coordinator)
    await want(coordinator, HARBOUR, since="2026-06-01")
    await want(coordinator, CHESIL, since="2025-01-01")
    await want(coordinator, HEATH, since="2026-05-01")
    match = await working(coordinator, adviser)

    figures = await get(coordinator, FIGURES)

    assert figures["schools"] == 3
    assert figures["with_adviser"] == 1
    assert figures["time_to_match"] == {"median_days": 14, "of": 1}
    assert figures["tenure"]["running"] == {"median_days": 0, "of": 1}
    assert figures["churn"]["percent"] == 0
    assert [(one["urn"], one["band"]) for one in figures["without_adviser"]] == [(HEATH, 0), (CHESIL, 1)]
    await do(coordinator, match, "end", reason="adviser_asked")
    after = await get(coordinator, FIGURES)
    assert after["churn"] == {
        "from": "2025-06-15", "window_days": 365, "at_work": 1, "ended": 1, "percent": 100
    }  # fmt: skip
    assert after["without_adviser"][-1]["since"] == "2026-06-15"


async def test_a_handover_shows_what_is_orphaned_a_stable_proposal_and_the_difference(
    coordinator: httpx.AsyncClient, context_for: ContextFor
) -> None:
    leaver = await available(coordinator, capacity_schools=2, hours_a_month=16, sic_section="F")
    await want(coordinator, HARBOUR, sectors=["F"])
    await want(coordinator, CHESIL)
    for urn in (HARBOUR, CHESIL):
        await working(coordinator, leaver, urn)
    other = await available(coordinator)
    told_before = len(await told(context_for))

    page = await get(coordinator, HANDOVER, adviser=leaver)

    assert page["schools"] == [HARBOUR, CHESIL]
    assert {match["state"] for match in page["matches"]} == {"active"}
    assert page["proposal"]["stable"] is True
    harbour, chesil = page["changes"]
    assert (harbour["before"], harbour["after"]) == (leaver, other)
    assert harbour["difference"] == harbour["after_score"] - harbour["before_score"] < 0
    assert (chesil["before"], chesil["after"], chesil["difference"]) == (leaver, None, None)
    assert len(await told(context_for)) == told_before


async def test_a_coordinators_handover_lists_who_is_in_their_care(coordinator: httpx.AsyncClient) -> None:
    cared_for = await available(coordinator, coordinator="auth0|ann")
    await available(coordinator)
    await want(coordinator, HARBOUR, coordinator="auth0|ann")
    await want(coordinator, CHESIL)

    page = await get(coordinator, HANDOVER, coordinator="auth0|ann")

    assert (page["advisers"], page["schools"], page["matches"]) == ([cared_for], [HARBOUR], [])
    assert [change["urn"] for change in page["changes"]] == [HARBOUR]
    await get(coordinator, HANDOVER, 422)
    await get(coordinator, HANDOVER, 422, adviser="0" * 32, coordinator="ann")


async def test_a_school_under_a_new_urn_keeps_its_need_and_its_adviser(
    coordinator: httpx.AsyncClient, context_for: ContextFor, token: TokenFor
) -> None:
    adviser = await available(coordinator, capacity_schools=2, hours_a_month=16)
    await want(coordinator, HARBOUR, sectors=["F"])
    await working(coordinator, adviser)
    new = "149999"
    await list_schools(coordinator, await token("admin", "hub_admin"), school_entry(new))
    succession = Succession(Urn(new), Urn(HARBOUR), NOW - dt.timedelta(days=1), "admin")
    await context_for("employers").successions.declare(succession)

    [need] = (await get(coordinator, NEEDS))["needs"]
    [match] = (await get(coordinator, MATCHES, urn=new))["matches"]

    assert (need["urn"], need["sectors"]) == (new, ["F"])
    assert (match["urn"], match["state"]) == (new, "active")
    assert "already_matched" in str(await propose(coordinator, adviser, HARBOUR, 422))
    changed = await want(coordinator, new, version=1, wants=0)
    assert changed == {"outcome": "changed", "urn": new, "version": 2}
    [need] = (await get(coordinator, NEEDS))["needs"]
    assert (need["urn"], need["wants"]) == (new, 0)


async def test_an_adviser_or_careers_leader_sees_nothing_of_it(
    coordinator: httpx.AsyncClient, token: TokenFor
) -> None:
    for role, urn in (("enterprise_adviser", HARBOUR), ("careers_leader", HARBOUR), ("hub_admin", None)):
        headers = {"Authorization": f"Bearer {await token(role, role, urn)}"}
        assert (await coordinator.get(ADVISERS, headers=headers)).status_code == 403
