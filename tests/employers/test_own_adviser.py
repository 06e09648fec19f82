"""What an adviser does with their own record: who may come in, what they see, answer and change."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from contracts.vocabulary import Urn
from services.employers.advising.adviser import AdviserId
from services.employers.own_adviser.commands import OwnChange, change_own
from services.employers.own_adviser.standing import OwnAdviser
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document
from services.runtime.successions import Succession
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW, TokenFor
from tests.employers.advisers import (
    ADVISERS,
    HARBOUR,
    MATCHES,
    ROUNDS,
    Json,
    available,
    do,
    get,
    move,
    post,
    propose,
    register,
    want,
    working,
)
from tests.employers.hub import OTHER_URN, URN, Hub
from tests.employers.listings import school_entry
from tests.employers.own_adviser import GIVING, OWN, Volunteer, bind, bound, coordinator_of

NONE: Final = "0" * 32
BELOW: Final[tuple[tuple[str, str, dict[str, Any] | None], ...]] = (
    ("GET", "", None),
    ("PUT", "", {"version": 1, **GIVING}),
    ("POST", "/state", {"version": 1, "to": "paused"}),
    ("POST", f"/matches/{NONE}/answer", {"version": 1, "answer": "accepted"}),
    ("GET", f"/matches/{NONE}/recommendations", None),
    ("PUT", f"/matches/{NONE}/recommendations/gpg-1", {"version": 0}),
    ("POST", f"/matches/{NONE}/recommendations/gpg-1/withdrawal", {"version": 1}),
)
"""Everything that there is below an adviser's own."""


@pytest.fixture
async def coordinator(hub: Hub) -> httpx.AsyncClient:
    return await coordinator_of(hub)


@pytest.fixture
async def vera(coordinator: httpx.AsyncClient, token: TokenFor) -> Volunteer:
    """An adviser without a school, with room for two."""
    return await bound(coordinator, token, capacity_schools=2, hours_a_month=16)


async def answers(who: Volunteer) -> list[tuple[int, bytes]]:
    found = [await who.ask(method, path, body) for method, path, body in BELOW]
    return [(each.status_code, each.content) for each in found]


async def test_another_advisers_record_answers_exactly_as_one_that_does_not_exist(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    others = await available(coordinator)

    of_others = await answers(Volunteer(coordinator, others, vera.subject, vera.bearer))
    of_nobody = await answers(Volunteer(coordinator, NONE, vera.subject, vera.bearer))

    assert {status for status, _ in of_others} == {404}
    assert of_others == of_nobody
    headers = {"Authorization": f"Bearer {vera.bearer}"}
    mine = (await coordinator.get(OWN, headers=headers)).json()
    assert [one["adviser_id"] for one in mine["advisers"]] == [vera.adviser]
    assert (await get(coordinator, f"{ADVISERS}/{others}"))["state"] == "available"


async def test_another_advisers_match_answers_exactly_as_one_that_does_not_exist(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    match = await working(coordinator, await available(coordinator))
    asked = [one for one in BELOW if "/matches/" in one[1]]

    of_others = [await vera.ask(m, path.replace(NONE, match), body) for m, path, body in asked]
    of_nobody = [await vera.ask(method, path, body) for method, path, body in asked]

    assert {answer.status_code for answer in of_others} == {404}
    assert [answer.content for answer in of_others] == [answer.content for answer in of_nobody]
    assert (await get(coordinator, f"{MATCHES}/{match}"))["version"] == 5


async def test_an_account_needs_both_the_role_and_a_coordinators_word(
    coordinator: httpx.AsyncClient, token: TokenFor, vera: Volunteer
) -> None:
    unbound = Volunteer(coordinator, vera.adviser, "bob", await token("bob", "enterprise_adviser", URN))
    assert {status for status, _ in await answers(unbound)} == {404}
    headers = {"Authorization": f"Bearer {unbound.bearer}"}
    assert (await coordinator.get(OWN, headers=headers)).json() == {"advisers": []}

    other = await available(coordinator)
    assert (await bind(coordinator, other, "carol")).status_code == 200
    roleless = Volunteer(coordinator, other, "carol", await token("carol", "careers_leader", URN))
    assert {status for status, _ in await answers(roleless)} == {403}


async def test_an_account_acts_until_it_is_ended_and_its_word_stays_the_advisers(
    coordinator: httpx.AsyncClient, token: TokenFor, vera: Volunteer
) -> None:
    await vera.say("PUT", "", **GIVING | {"hours_a_month": 20})
    ended = await post(coordinator, f"{ADVISERS}/{vera.adviser}/accounts/end", {"subject": "vera"})
    again = await post(coordinator, f"{ADVISERS}/{vera.adviser}/accounts/end", {"subject": "vera"})

    assert [ended["outcome"], again["outcome"]] == ["changed", "unchanged"]
    assert {status for status, _ in await answers(vera)} == {404}
    (listed,) = (await get(coordinator, f"{ADVISERS}/{vera.adviser}/accounts"))["accounts"]
    assert (listed["subject"], listed["current"], listed["by"]) == ("vera", False, "ec")
    successor = await bound(coordinator, token, "vera2", vera.adviser)
    latest = (await successor.record())["changes"][0]
    assert (latest["hours_a_month"], latest["by_you"]) == (20, True)


async def test_an_adviser_has_one_account_at_once(coordinator: httpx.AsyncClient, vera: Volunteer) -> None:
    second = await bind(coordinator, vera.adviser, "twin")
    same = await bind(coordinator, vera.adviser, "vera")
    await post(coordinator, f"{ADVISERS}/{vera.adviser}/accounts/end", {"subject": "vera"})

    assert (second.status_code, same.json()["outcome"]) == (409, "unchanged")
    assert (await bind(coordinator, vera.adviser, "twin")).status_code == 200
    assert {status for status, _ in await answers(vera)} == {404}


async def test_what_cannot_be_bound_is_refused(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    left = await register(coordinator)
    await move(coordinator, left, "ended", reason="no_time")

    assert (await bind(coordinator, left, "bob")).status_code == 409
    assert (await bind(coordinator, NONE, "bob")).status_code == 404
    assert (await bind(coordinator, vera.adviser, "a b")).status_code == 422
    past = await bind(coordinator, vera.adviser, "vera", until="2026-06-15T00:00:00Z")
    assert [one["where"] for one in past.json()["problems"]] == ["until"]
    await get(coordinator, f"{ADVISERS}/{NONE}/accounts", 404)
    await post(coordinator, f"{ADVISERS}/{vera.adviser}/accounts/end", {"subject": "nobody"}, 404)
    for who in ("admin", f"leader@{URN}"):
        for method, path in (("GET", ""), ("PUT", ""), ("POST", "/end")):
            answer = await hub.ask(
                who, method, f"/advisers/{vera.adviser}/accounts{path}", {"subject": "bob"}
            )
            assert answer.status_code == 403, (who, method)


async def test_who_lost_their_standing_while_they_asked_changes_nothing(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    own = OwnAdviser(Actor("vera"), hub.context, AdviserId(vera.adviser))
    await own.require_now()
    version = (await vera.record())["version"]
    await post(coordinator, f"{ADVISERS}/{vera.adviser}/accounts/end", {"subject": "vera"})

    async def work(unit: UnitOfWork) -> Document:
        return await change_own(unit, own, OwnChange(version, 9, 72, ()))

    with pytest.raises(NotFoundError):
        await hub.context.in_hub(own.actor, "advisers", work)
    assert (await get(coordinator, f"{ADVISERS}/{vera.adviser}"))["version"] == version


async def test_a_proposal_is_shown_with_the_same_points_as_the_round_that_made_it(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    rival = await available(coordinator, seniority="owner_or_chief")
    await want(coordinator, since="2026-01-01", sectors=["C"])
    await want(coordinator, OTHER_URN, since="2026-02-01")
    lines = (await post(coordinator, ROUNDS))["matches"]
    (line,) = [one for one in lines if one["adviser_id"] == vera.adviser]
    await propose(coordinator, vera.adviser, line["urn"])

    answer = await vera.ask("GET")
    (school,) = answer.json()["schools"]

    assert (school["urn"], school["state"], school["accepted"]) == (line["urn"], "proposed", [])
    assert (school["fit"]["score"], school["fit"]["parts"]) == (line["score"], line["parts"])
    assert school["fit"]["waits_since"] == line["since"]
    assert school["fit"]["in_the_way"] == []
    assert rival not in answer.text
    assert "rank" not in answer.text


async def test_both_sides_accept_and_the_coordinator_sees_who_did(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    match = (await propose(coordinator, vera.adviser))["match_id"]

    first, again = [await vera.answer(match, "accepted") for _ in range(2)]
    await do(coordinator, match, "accept", side="school")
    await do(coordinator, match, "introduce")
    await do(coordinator, match, "activate")

    assert [first["outcome"], again["outcome"]] == ["done", "unchanged"]
    seen = await get(coordinator, f"{MATCHES}/{match}")
    assert seen["accepted"] == ["adviser", "school"]
    assert {side: said["by"] for side, said in seen["accepted_by"].items()} == {
        "adviser": "vera",
        "school": "ec",
    }
    (school,) = (await vera.record())["schools"]
    assert (school["state"], school["began_on"], school["tenure_days"]) == ("active", "2026-06-15", 0)
    assert school["fit"] is None


async def test_who_declines_is_out_and_cannot_accept_after_all(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    match = (await propose(coordinator, vera.adviser))["match_id"]
    stale = await vera.do("POST", f"/matches/{match}/answer", {"version": 9, "answer": "accepted"}, 409)

    await vera.answer(match, "declined")
    back = await vera.answer(match, "accepted", 409)

    assert "its version is 1" in stale["detail"]
    assert "ended" in back["detail"]
    (school,) = (await vera.record())["schools"]
    assert (school["state"], school["ended_because"]) == ("ended", "declined_by_adviser")
    assert "declined_before" in str(await propose(coordinator, vera.adviser, HARBOUR, 422))


async def test_what_an_adviser_says_of_themselves_is_kept_as_theirs_beside_what_others_said(
    coordinator: httpx.AsyncClient, token: TokenFor
) -> None:
    told: Json = {"travel_km": 30, "send_trained_until": "2027-01-01", "preferences": [OTHER_URN, URN]}
    vera = await bound(coordinator, token, **told)

    changed = await vera.say("PUT", "", capacity_schools=3, hours_a_month=24, conflicts=[URN])
    again = await vera.say("PUT", "", capacity_schools=3, hours_a_month=24, conflicts=[URN])

    assert [changed["outcome"], again["outcome"]] == ["changed", "unchanged"]
    seen = await get(coordinator, f"{ADVISERS}/{vera.adviser}")
    assert (seen["capacity_schools"], seen["hours_a_month"], seen["conflicts"]) == (3, 24, [URN])
    assert (seen["travel_km"], seen["send_trained_until"]) == (30, "2027-01-01")
    assert seen["preferences"] == [OTHER_URN], "nobody is sent where they have a conflict"
    versions = (await get(coordinator, f"{ADVISERS}/{vera.adviser}/versions"))["versions"]
    assert [one["by"] for one in versions] == ["ec", "ec", "ec", "ec", "vera"]
    record = await vera.record()
    assert [(one["hours_a_month"], one["by_you"]) for one in record["changes"]] == [(24, True), (8, False)]
    assert "ec" not in {value for one in record["history"] for value in one.values()}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"capacity_schools": -1}, "capacity_schools"),
        ({"capacity_schools": 11}, "capacity_schools"),
        ({"hours_a_month": 81}, "hours_a_month"),
        ({"hours_a_month": "8"}, "hours_a_month"),
        ({"conflicts": ["999999"]}, "conflicts.0"),
        ({"conflicts": [URN, URN]}, "conflicts"),
        ({"conflicts": ["1"]}, "conflicts.0"),
        ({"seniority": "director"}, "seniority"),
    ],
)
async def test_what_cannot_be_said_is_refused_by_its_field_and_not_kept(
    coordinator: httpx.AsyncClient, vera: Volunteer, changes: dict[str, object], where: str
) -> None:
    problem = await vera.say("PUT", "", 422, **GIVING | changes)

    assert any(one["where"].endswith(where) for one in problem["problems"])
    assert (await get(coordinator, f"{ADVISERS}/{vera.adviser}"))["version"] == 4


async def test_of_two_who_change_it_at_once_the_second_reads_again(vera: Volunteer) -> None:
    stale = await vera.do("PUT", "", {"version": 1, **GIVING, "hours_a_month": 12}, 409)

    assert "its version is 4" in stale["detail"]


async def test_who_pauses_pauses_their_schools_and_comes_back(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    await want(coordinator, OTHER_URN)
    active = await working(coordinator, vera.adviser)
    proposed = (await propose(coordinator, vera.adviser, OTHER_URN))["match_id"]

    first, again = [await vera.say("POST", "/state", to="paused") for _ in range(2)]

    assert (first["matches_changed"], again["outcome"]) == (2, "unchanged")
    record = await vera.record()
    assert (record["state"], record["paused_by_you"]) == ("paused", True)
    assert {one["match_id"]: one["state"] for one in record["schools"]} == {
        active: "paused",
        proposed: "ended",
    }
    back = await vera.say("POST", "/state", to="available")
    assert back["state"] == "available"
    assert (await vera.say("POST", "/state", to="available"))["outcome"] == "unchanged"
    history = (await get(coordinator, f"{ADVISERS}/{vera.adviser}"))["history"]
    assert [(one["state"], one["by"]) for one in history[-2:]] == [("paused", "vera"), ("available", "vera")]


async def test_what_a_coordinator_decided_of_an_adviser_is_not_theirs_to_undo(
    coordinator: httpx.AsyncClient, token: TokenFor, vera: Volunteer
) -> None:
    await move(coordinator, vera.adviser, "paused")
    paused = await vera.say("POST", "/state", 409, to="available")
    newcomer = await bound(coordinator, token, "nora", await register(coordinator))
    for to in ("applied", "inducted"):
        await move(coordinator, newcomer.adviser, to)
    not_yet = await newcomer.say("POST", "/state", 409, to="available")
    ended = await vera.say("POST", "/state", 422, to="ended")
    await move(coordinator, vera.adviser, "ended", reason="unsuitable")
    gone = await vera.say("PUT", "", 409, **GIVING)

    assert "A coordinator paused you" in paused["detail"]
    assert "A coordinator says when you are ready" in not_yet["detail"]
    assert ended["problems"]
    assert "no longer an adviser" in gone["detail"]
    record = await vera.ask("GET")
    assert record.json()["state"] == "ended"
    assert "unsuitable" not in record.text, "why is between the coordinator and the adviser"


async def test_an_adviser_recommends_an_employer_to_a_school_that_they_work_with(
    coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    await want(coordinator, OTHER_URN)
    match = await working(coordinator, vera.adviser)
    waiting = (await propose(coordinator, vera.adviser, OTHER_URN))["match_id"]
    path = f"/matches/{match}/recommendations/gpg-1"

    made, again = [await vera.do("PUT", path, {"version": 0}) for _ in range(2)]
    too_early = f"/matches/{waiting}/recommendations/gpg-1"
    await vera.do("PUT", too_early, {"version": 0}, 409)
    await vera.do("PUT", f"/matches/{match}/recommendations/gpg-404", {"version": 0}, 404)

    assert [made["outcome"], again["outcome"]] == ["recorded", "unchanged"]
    (seen,) = (await get(coordinator, f"{MATCHES}/{match}/recommendations"))["recommendations"]
    assert (seen["employer_id"], seen["counts"], seen["by"]) == ("gpg-1", True, "vera")
    listed = (await vera.ask("GET", f"/matches/{match}/recommendations")).json()
    (own,) = listed["recommendations"]
    assert (listed["school"], own["name"], own["by_you"]) == ("Harbour School", "Firm 1", True)
    assert "by" not in own
    await vera.do("POST", f"{path}/withdrawal", {"version": 1})
    (gone,) = (await get(coordinator, f"{MATCHES}/{match}/recommendations"))["recommendations"]
    assert gone["counts"] is False


async def test_a_conflict_or_lapsed_training_is_named_before_the_two_are_introduced(
    hub: Hub, coordinator: httpx.AsyncClient, token: TokenFor
) -> None:
    special = school_entry(OTHER_URN, "Hill School", setting="special")
    await hub.ask("admin", "PUT", "/directory", {"schools": [special]})
    vera = await bound(coordinator, token, send_trained_until="2026-06-15")
    await want(coordinator, OTHER_URN)
    match = (await propose(coordinator, vera.adviser, OTHER_URN))["match_id"]

    await vera.say("PUT", "", **GIVING | {"conflicts": [OTHER_URN]})

    (school,) = (await vera.record())["schools"]
    assert (school["conflict"], school["fit"]["special"]) == (True, True)
    assert school["fit"]["in_the_way"] == ["conflict_of_interest"]
    for side in ("school", "adviser"):
        await do(coordinator, match, "accept", side=side)
    refused = await do(coordinator, match, "introduce", 409)
    assert "conflict_of_interest" in str(refused["problems"])


async def test_a_school_is_shown_by_its_urn_of_today(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    await working(coordinator, vera.adviser)
    await vera.say("PUT", "", **GIVING | {"conflicts": [URN]})

    await hub.ask("admin", "PUT", "/directory", {"schools": [school_entry("149000", "New Harbour")]})
    await hub.context.successions.declare(Succession(Urn("149000"), Urn(URN), NOW, "admin"))
    hub.context.successions.forget()

    record = await vera.record()
    (school,) = record["schools"]
    assert (school["urn"], school["school"], school["conflict"]) == ("149000", "New Harbour", True)
    assert record["conflicts"] == record["changes"][0]["conflicts"] == ["149000"]
