"""A coordinator's rounds as pages: proposed, looked at, settled, confirmed, cancelled, asked about."""

from __future__ import annotations

import asyncio

import pytest

from services.employers.pages import rounds
from tests.employers.hub import ENDS_ON, OTHER_URN, URN, Hub
from tests.employers.pages import ROUNDS, a_round, done, hidden, page, shown, text_of
from tests.employers.test_rounds_api import LEADER, accept, lines, own_time_limit, propose

__all__ = ["own_time_limit"]
KEY = "0123456789abcdef0123456789abcdef"
LAST_DAY = {"ends_on-day": "17", "ends_on-month": "7", "ends_on-year": "2026", "fairness": "1"}


async def test_a_double_click_proposes_one_round(hub: Hub) -> None:
    await hub.need()
    await hub.offer("gpg-1")
    form = {**LAST_DAY, "once": KEY}

    answers = await asyncio.gather(*(page(hub, "ec", ROUNDS, form) for _ in "ab"))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert {answer.headers["location"] for answer in answers} == {f"{ROUNDS}/{KEY}?done=proposed"}
    assert len((await hub.get("/rounds"))["rounds"]) == 1
    assert len(await lines(hub, KEY)) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ends_on-day": "", "ends_on-month": "", "ends_on-year": ""}, "Last day: fill this in"),
        ({"ends_on-day": "32"}, "Last day: is not a date"),
        ({"ends_on-year": "2025"}, "Last day: is in the past"),
        ({"ends_on-year": "2029"}, "Last day: is more than 366 days away"),
        ({"fairness": "2"}, "Fairness: "),
        ({"once": "mine"}, "Load the page again"),
    ],
)
async def test_a_round_that_cannot_be_meant_is_shown_again_with_what_was_typed(
    hub: Hub, changed: dict[str, str], said: str
) -> None:
    await hub.need()
    answer = await page(hub, "ec", ROUNDS, {**LAST_DAY, "once": KEY, **changed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "<title>Error: " in answer.text
    assert 'value="7"' in answer.text or "ends_on-month" in changed
    assert (await hub.get("/rounds"))["rounds"] == []


async def test_a_round_shows_its_plan_its_schools_its_price_and_who_is_not_vetted(hub: Hub) -> None:
    await hub.need(slots=2)
    await hub.need(OTHER_URN)
    await hub.offer("gpg-1")
    await hub.offer("gpg-2")
    await hub.post(
        "/employers/gpg-3/vetting",
        {"decisions": 1, "state": "paused", "decided_on": "2026-06-01", "reason": "employer_asked"},
    )
    await hub.offer("gpg-3")
    identity = str((await propose(hub))["id"])

    text = await shown(hub, "ec", f"{ROUNDS}/{identity}")

    assert "Not vetted, so not in the plan: Firm 3" in text
    assert "2 matches in the plan" in text
    assert "1 meeting that stays unmet" in text
    # The worst-off school comes first: half of two, then all of one.
    assert text.index("Harbour School 2 1 50%") < text.index("Hill School 1 1 100%")
    assert "Worst-off school in this plan Harbour School: 1 of 2" in text
    by_employer = await shown(hub, "ec", f"{ROUNDS}/{identity}?by=employer")
    assert "The plan by employer" in by_employer
    assert "2 matches Employer School What School says" in by_employer


async def test_a_match_is_explained_locked_and_excluded(hub: Hub) -> None:
    identity, line = await a_round(hub)
    await hub.offer("gpg-2")
    await done(hub, "ec", f"{ROUNDS}/{identity}/resolution", {"version": "1"})
    here = f"{ROUNDS}/{identity}/lines/{line['id']}"

    text = await shown(hub, "ec", here)

    assert "Who would come instead Firm 2" in text
    assert "All that this offer has is in the plan." in text
    version = hidden((await page(hub, "ec", here)).text)["version"]
    assert (await done(hub, "ec", f"{here}/settling", {"version": version, "settle": "lock"})).endswith(
        "=lock"
    )
    assert "Settled Locked" in await shown(hub, "ec", here)
    stale = await page(hub, "ec", f"{here}/settling", {"version": version, "settle": "unlock"})
    assert stale.status_code == 409
    assert "changed meanwhile" in text_of(stale)
    now = str((await hub.get(f"/rounds/{identity}"))["version"])
    both = await page(hub, "ec", f"{here}/settling", {"version": now, "settle": "exclude"})
    assert both.status_code == 422
    assert "locked and excluded" in text_of(both)
    for settle in ("unlock", "exclude"):
        now = str((await hub.get(f"/rounds/{identity}"))["version"])
        await done(hub, "ec", f"{here}/settling", {"version": now, "settle": settle})
    now = str((await hub.get(f"/rounds/{identity}"))["version"])
    await done(hub, "ec", f"{ROUNDS}/{identity}/resolution", {"version": now})
    (left,) = await lines(hub, identity)
    assert left["employer_id"] == "gpg-2"


async def test_what_both_accept_is_confirmed_all_at_once_and_what_cannot_be_is_named(hub: Hub) -> None:
    await hub.need()
    await hub.need(OTHER_URN)
    await hub.offer("gpg-1")
    await hub.offer("gpg-2")
    identity = str((await propose(hub))["id"])
    for line in await lines(hub, identity):
        await accept(hub, identity, line)
    await hub.post(
        "/employers/gpg-2/vetting",
        {"decisions": 1, "state": "paused", "decided_on": "2026-06-01", "reason": "employer_asked"},
    )

    answer = await page(hub, "ec", f"{ROUNDS}/{identity}/confirmations", {})

    assert answer.status_code == 409
    assert "Firm 2 for " in text_of(answer)
    assert "paused, not vetted" in text_of(answer)
    states = {one["employer_id"]: one["state"] for one in await lines(hub, identity)}
    assert states == {"gpg-1": "confirmed", "gpg-2": "accepted"}


async def test_only_so_many_are_confirmed_at_once_and_the_page_says_that_some_are_left(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MOST_CONFIRMED_AT_ONCE", 1)
    await hub.need(slots=2)
    for number in (1, 2):
        await hub.offer(f"gpg-{number}")
    identity = str((await propose(hub))["id"])
    for line in await lines(hub, identity):
        await accept(hub, identity, line)

    told = [await done(hub, "ec", f"{ROUNDS}/{identity}/confirmations", {}) for _ in "ab"]

    assert [one.partition("?done=")[2] for one in told] == ["some", "confirmed"]
    assert {one["state"] for one in await lines(hub, identity)} == {"confirmed"}


async def test_a_match_is_answered_confirmed_and_cancelled_and_a_stand_in_is_named(hub: Hub) -> None:
    identity, line = await a_round(hub)
    await hub.offer("gpg-3")
    here = f"{ROUNDS}/{identity}/lines/{line['id']}"
    early = await page(hub, "ec", f"{here}/confirmation", {"version": "1"})
    assert early.status_code == 409
    assert "both sides accept it" in text_of(early)

    await done(hub, "ec", f"{here}/employer-answer", {"version": "1", "answer": "accepted"})
    answer = {"version": 2, "answer": "accepted"}
    await hub.post(f"/schools/{URN}/matches/{line['id']}/answer", answer, LEADER)
    await done(hub, "ec", f"{here}/confirmation", {"version": "3"})
    assert (await done(hub, "ec", f"{here}/confirmation", {"version": "3"})).endswith("=confirmed")
    nobody = await page(hub, "ec", f"{here}/cancellation", {"version": "4"})
    assert nobody.status_code == 422
    assert "Who cancels: " in text_of(nobody)
    await done(hub, "ec", f"{here}/cancellation", {"version": "4", "by": "employer"})

    text = await shown(hub, "ec", f"{here}?done=cancelled")
    assert "The match is cancelled" in text
    assert "Who could stand in" in text
    assert "Firm 3" in text


async def test_why_not_answers_with_the_rule_or_the_loss(hub: Hub) -> None:
    need = await hub.need()
    await hub.offer("gpg-1")
    await hub.offer("gpg-2")
    await hub.offer("gpg-3", year_groups=[7])
    identity = str((await propose(hub))["id"])
    (line,) = await lines(hub, identity)
    loser = "gpg-1" if line["employer_id"] == "gpg-2" else "gpg-2"
    ask = f"{ROUNDS}/{identity}/why-not"

    assert "It does not take these year groups." in await shown(
        hub, "ec", f"{ask}?need={need}&employer=gpg-3"
    )
    lost = await shown(hub, "ec", f"{ask}?need={need}&employer={loser}")
    assert f"Would have to go: {line['employer']} for Harbour School" in lost
    winner = await shown(hub, "ec", f"{ask}?need={need}&employer={line['employer_id']}")
    assert "It is in the plan" in winner
    wrong = await page(hub, "ec", f"{ask}?need=&employer=gpg-99")
    assert wrong.status_code == 422
    assert "Employer: choose one of this round" in text_of(wrong)


async def test_what_stays_unmet_is_shown_with_the_cheapest_change(hub: Hub) -> None:
    await hub.need(slots=2)
    await hub.offer("gpg-1")
    await hub.offer("gpg-2", year_groups=[9])
    identity = str((await propose(hub))["id"])

    text = await shown(hub, "ec", f"{ROUNDS}/{identity}/unmet")

    assert "1 of 2" in text
    assert "It does not take these year groups." in text
    assert "Ask Firm 2 to take this year group" in text


async def test_what_if_compares_and_stores_nothing(hub: Hub) -> None:
    await hub.need(slots=2)
    offer = await hub.offer("gpg-1")
    identity = str((await propose(hub))["id"])
    before = await hub.get(f"/rounds/{identity}")
    ask = f"{ROUNDS}/{identity}/what-if"
    comes = {
        "more_offers": "Firm 2", "more_type": "employer_talk", "year_groups": ["9", "10"],
        "more_group_size": "60", "more_radius_km": "30",
    }  # fmt: skip

    gained = await page(hub, "ec", ask, comes)
    lost = await page(hub, "ec", ask, {"without_employers": "gpg-1"})
    near = await page(hub, "ec", ask, {"offers": offer, "radius_km": "1"})
    heavy = await page(hub, "ec", ask, {"weights": "distance", "points": "9"})

    assert "Matches 1 more" in text_of(gained)
    assert "Harbour School Firm 2 Would come" in text_of(gained)
    assert "Matches 1 fewer" in text_of(lost)
    assert "Matches 1 fewer" in text_of(near)
    assert "Matches As many as now" in text_of(heavy)
    assert await hub.get(f"/rounds/{identity}") == before
    for form, said in (
        ({"fairness": ""}, "Change one thing at least"),
        ({**comes, "more_offers": "Firm"}, "fits several: Firm 1, Firm 2, Firm 3"),
        ({**comes, "more_offers": "Nobody"}, "is not in the directory"),
        ({"offers": offer, "radius_km": "far"}, "An offer changes: write a whole number"),
        ({"weights": "distance", "points": ""}, "A weight changes: "),
    ):
        refused = await page(hub, "ec", ask, form)
        assert refused.status_code == 422, form
        assert said in text_of(refused)


async def test_only_who_may_match_sees_rounds_and_a_round_that_is_not_there_says_so(hub: Hub) -> None:
    for who in (LEADER, "admin"):
        assert (await page(hub, who, ROUNDS)).status_code == 403
    assert (await page(hub, "lead", ROUNDS)).status_code == 200
    gone = await page(hub, "ec", f"{ROUNDS}/{KEY}")
    assert gone.status_code == 404
    assert "no such round" in text_of(gone)


async def test_a_round_nobody_needs_says_what_to_do_first(hub: Hub) -> None:
    assert "Schools raise needs and employers publish offers first" in await shown(hub, "ec", ROUNDS)
    refused = await page(hub, "ec", ROUNDS, {**LAST_DAY, "once": KEY})
    assert refused.status_code == 422
    assert "No school has an open need" in text_of(refused)
    assert ENDS_ON == "2026-07-17"
