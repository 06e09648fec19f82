"""What schools ask of an employer: what it sees of them, and that it accepts or declines for itself."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId
from services.employers.model.calendar import days_of_both
from services.employers.store.rounds import asks_of_employer
from tests.employers.hub import OTHER_URN, URN, Hub, Json
from tests.employers.own import Insider, Way, comes_in
from tests.employers.test_rounds_api import LEADER, accept, confirm, lines, own_time_limit, propose, states

__all__ = ["own_time_limit"]


@pytest.fixture(params=["account", "link"])
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the two ways in."""
    found: Way = request.param
    return found


async def proposed(hub: Hub) -> tuple[str, Json]:
    """Propose a round with one line, of the first employer; returns the round's id and the line."""
    await hub.need()
    await hub.offer("gpg-1")
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    return str(done["id"]), line


async def say(firm: Insider, line: Json, answer: str, version: int | None = None) -> Json:
    """Answer an ask, which must work."""
    body = {"version": version or line["version"], "answer": answer}
    return await firm.post(f"/asks/{line['id']}/answer", body)


async def test_an_employer_sees_what_a_school_asks_of_it_and_nothing_else_of_the_school(
    hub: Hub, way: Way
) -> None:
    await hub.need(days=["2026-06-18", "2026-06-22", "2026-07-10"], send=True, sectors=["F"])
    await hub.need(type="workplace_visit", pupils=17)
    identity = await hub.offer("gpg-1", days=["2026-06-22", "2026-07-10", "2026-07-13"])
    done = await propose(hub)
    (line,) = await lines(hub, done["id"])
    firm = await comes_in(hub, way)

    (ask,) = (await firm.get("/asks"))["asks"]

    assert ask == {
        "id": line["id"],
        "version": 1,
        "school": "Harbour School",
        "offer_id": identity,
        "type": "employer_talk",
        "ends_on": "2026-07-17",
        "state": "proposed",
        "answers": {"school": None, "employer": None},
        "employer_answer_by": None,
        "cancelled_by": None,
        "about": {"year_groups": [10], "pupils": 30, "days": ["2026-06-22", "2026-07-10"]},
    }


async def test_both_sides_accept_and_only_then_a_coordinator_confirms(hub: Hub, way: Way) -> None:
    round_id, line = await proposed(hub)
    firm = await comes_in(hub, way)
    confirmation = f"/rounds/{round_id}/lines/{line['id']}/confirmation"

    done = await say(firm, line, "accepted")
    too_early = await hub.ask("ec", "POST", confirmation, {"version": done["version"]})
    answer = {"version": done["version"], "answer": "accepted"}
    both = await hub.post(f"/schools/{URN}/matches/{line['id']}/answer", answer, LEADER)
    confirmed = await hub.post(confirmation, {"version": both["version"]})
    too_late = await firm.ask(
        "POST", f"/asks/{line['id']}/answer", {"version": confirmed["version"], "answer": "declined"}
    )

    assert [done["state"], too_early.status_code, both["state"]] == ["proposed", 409, "accepted"]
    assert (confirmed["state"], too_late.status_code) == ("confirmed", 409)
    assert await states(hub, URN) == ["proposed", "accepted", "confirmed"]
    (ask,) = (await firm.get("/asks"))["asks"]
    assert (ask["state"], ask["employer_answer_by"]) == ("confirmed", "employer")
    assert ask["about"]["pupils"] == 30


async def test_what_an_employer_declines_is_not_proposed_again_and_says_no_more_of_the_school(
    hub: Hub, way: Way
) -> None:
    round_id, line = await proposed(hub)
    firm = await comes_in(hub, way)
    await hub.offer("gpg-2")

    done = await say(firm, line, "declined")
    again = await say(firm, line, "declined", 2)
    back = await firm.ask("POST", f"/asks/{line['id']}/answer", {"version": 2, "answer": "accepted"})
    resolved = await hub.post(f"/rounds/{round_id}/resolution", {"version": 1})

    assert [done["state"], again["outcome"], back.status_code] == ["declined", "unchanged", 409]
    assert resolved["matches"] == 1
    assert {one["employer_id"]: one["state"] for one in await lines(hub, round_id)} == {
        "gpg-1": "declined",
        "gpg-2": "proposed",
    }
    (ask,) = (await firm.get("/asks"))["asks"]
    assert (ask["state"], ask["about"]) == ("declined", None)


async def test_another_employers_ask_is_neither_seen_nor_answered(hub: Hub, way: Way) -> None:
    round_id, line = await proposed(hub)
    other = await comes_in(hub, way, "gpg-2")
    body = {"version": 1, "answer": "declined"}

    answers = [
        await other.ask("POST", f"/asks/{identity}/answer", body) for identity in (line["id"], "0" * 32)
    ]

    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert (await other.get("/asks"))["asks"] == []
    assert [one["state"] for one in await lines(hub, round_id)] == ["proposed"]


async def test_a_coordinator_answers_for_an_employer_and_the_employer_sees_by_whom(
    hub: Hub, way: Way
) -> None:
    round_id, line = await proposed(hub)
    accepted = await accept(hub, round_id, line)
    firm = await comes_in(hub, way)

    (ask,) = (await firm.get("/asks"))["asks"]
    own = await say(firm, line, "accepted", accepted["version"])
    path = f"/rounds/{round_id}/lines/{line['id']}/employer-answer"
    repeated = await hub.post(path, {"version": own["version"], "answer": "accepted"})

    assert (ask["state"], ask["employer_answer_by"]) == ("accepted", "coordinator")
    assert (repeated["outcome"], repeated["state"]) == ("unchanged", "accepted")
    (ask,) = (await firm.get("/asks"))["asks"]
    assert ask["employer_answer_by"] == "employer"
    (shown,) = await lines(hub, round_id)
    assert shown["employer_answer_by"] == "employer"


async def test_a_match_that_a_later_plan_does_without_is_no_ask_any_more(hub: Hub, way: Way) -> None:
    round_id, line = await proposed(hub)
    firm = await comes_in(hub, way)
    await hub.post(f"/offers/{line['offer_id']}/withdrawal", {"version": 1})
    await hub.post(f"/rounds/{round_id}/resolution", {"version": 1})

    late = await firm.ask("POST", f"/asks/{line['id']}/answer", {"version": 2, "answer": "accepted"})

    assert (await firm.get("/asks"))["asks"] == []
    assert late.status_code == 404


async def test_a_cancelled_visit_stays_in_sight_without_what_it_was_about(hub: Hub, way: Way) -> None:
    round_id, line = await proposed(hub)
    confirmed = await confirm(hub, round_id, line)
    path = f"/rounds/{round_id}/lines/{line['id']}/cancellation"
    await hub.post(path, {"version": confirmed["version"], "by": "school"})
    firm = await comes_in(hub, way)

    (ask,) = (await firm.get("/asks"))["asks"]

    assert (ask["state"], ask["cancelled_by"], ask["about"]) == ("cancelled", "school", None)


async def test_a_round_that_is_over_asks_nothing_any_more(hub: Hub) -> None:
    _, line = await proposed(hub)
    database, employer = hub.context.database(), EmployerId("gpg-1")
    last = dt.date.fromisoformat(line["ends_on"])

    on_its_last_day = await asks_of_employer(database, employer, last)
    afterwards = await asks_of_employer(database, employer, last + dt.timedelta(days=1))

    assert [kept.id for kept in on_its_last_day] == [line["id"]]
    assert afterwards == []


async def test_asks_of_two_schools_are_each_about_that_schools_need(hub: Hub, way: Way) -> None:
    await hub.need(pupils=21)
    await hub.need(OTHER_URN, pupils=42)
    await hub.offer("gpg-1", capacity=2)
    await propose(hub)
    firm = await comes_in(hub, way)

    found = (await firm.get("/asks"))["asks"]

    assert {ask["school"]: ask["about"]["pupils"] for ask in found} == {
        "Harbour School": 21,
        "Hill School": 42,
    }


maybe_days = st.none() | st.lists(st.dates(dt.date(2026, 6, 1), dt.date(2026, 6, 20)), max_size=12)


@given(maybe_days, maybe_days)
def test_the_days_of_both_are_those_that_neither_lacks(
    one: list[dt.date] | None, other: list[dt.date] | None
) -> None:
    first, last = dt.date(2026, 6, 5), dt.date(2026, 6, 15)

    found = days_of_both(one, other, first, last)

    if one is None and other is None:
        assert found is None
        return
    calendar = [first + dt.timedelta(days=number) for number in range(11)]
    expected = [day for day in calendar if all(days is None or day in days for days in (one, other))]
    assert list(found or ()) == expected
