"""A school's needs and matches as pages."""

from __future__ import annotations

import pytest

from tests.employers.hub import OTHER_URN, URN, Hub
from tests.employers.pages import a_round, done, hidden, page, shown, text_of
from tests.employers.test_rounds_api import LEADER, OTHER_LEADER, accept, own_time_limit

__all__ = ["own_time_limit"]
NEEDS = f"/employers/schools/{URN}/needs"
TYPED = {
    "type": "employer_talk", "year_groups": ["9", "10"], "pupils": "30", "slots": "2", "mode": "either",
    "benchmark": "gb5", "days": "17 July 2026\n2026-07-16", "sectors": ["F"], "once": "0" * 32,
}  # fmt: skip


async def test_a_need_is_raised_once_however_often_it_is_sent_and_withdrawn(hub: Hub) -> None:
    for _ in "ab":
        assert await done(hub, LEADER, f"{NEEDS}/new", TYPED) == f"{NEEDS}?done=raised"

    (need,) = (await hub.get(f"/schools/{URN}/needs", LEADER))["needs"]
    assert need["days"] == ["2026-07-16", "2026-07-17"]
    assert (need["year_groups"], need["slots"], need["sectors"]) == ([9, 10], 2, ["F"])
    text = await shown(hub, LEADER, f"{NEEDS}?done=raised")
    assert "The need is raised" in text
    assert "Employer's talk or assembly, Years 9 and 10, up to 30 pupils" in text
    assert "Benchmark 5: Encounters with employers and employees" in text

    stale = await page(hub, LEADER, f"{NEEDS}/{need['id']}/withdrawal", {"version": "7"})
    assert stale.status_code == 409
    await done(hub, LEADER, f"{NEEDS}/{need['id']}/withdrawal", {"version": "1"})
    assert "You have no open need" in await shown(hub, LEADER, NEEDS)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": ""}, "What you need: fill this in"),
        ({"year_groups": []}, "Year groups: fill this in"),
        ({"pupils": "many"}, "Pupils at once: write a whole number"),
        ({"pupils": "0"}, "Pupils at once: write a whole number, 1 or more"),
        ({"days": "someday"}, "Days: is not a date"),
        ({"days": "1 June 2026"}, "Days: has days in the past"),
        ({"benchmark": "gb7"}, "Benchmark: is not helped by this type"),
        ({"mode": "by post"}, "In person or virtual: choose one of these"),
    ],
)
async def test_a_need_that_cannot_be_meant_is_shown_again_with_what_was_typed(
    hub: Hub, changed: dict[str, object], said: str
) -> None:
    answer = await page(hub, LEADER, f"{NEEDS}/new", {**TYPED, **changed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "<title>Error: " in answer.text
    assert hidden(answer.text)["once"] == TYPED["once"]
    assert (await hub.get(f"/schools/{URN}/needs", LEADER))["needs"] == []


async def test_a_match_is_answered_and_what_is_confirmed_leads_to_recording_it(hub: Hub) -> None:
    identity, line = await a_round(hub)
    assert "Firm 1 Employer's talk or assembly 17 July 2026 No answer yet Proposed" in await shown(
        hub, LEADER, NEEDS
    )
    answer = f"/employers/schools/{URN}/matches/{line['id']}/answer"
    for _ in "ab":
        assert (await done(hub, LEADER, answer, {"version": "1", "answer": "accepted"})).endswith("=accepted")
    assert "You accepted." in await shown(hub, LEADER, NEEDS)
    both = {"version": 2, "answer": "accepted"}
    path = f"/rounds/{identity}/lines/{line['id']}"
    await hub.post(f"{path}/employer-answer", both)
    await hub.post(f"{path}/confirmation", {"version": 3})

    listed = await page(hub, LEADER, NEEDS)
    assert f"/pupils/schools/{URN}/activities/new?match_id={line['id']}" in listed.text
    late = await page(hub, LEADER, answer, {"version": "4", "answer": "declined"})
    assert late.status_code == 409
    assert "This match is confirmed" in text_of(late)


async def test_a_school_sees_and_answers_nothing_of_anothers(hub: Hub) -> None:
    identity, line = await a_round(hub)
    await accept(hub, identity, line)
    other = f"/employers/schools/{OTHER_URN}"

    assert "Firm 1" not in await shown(hub, OTHER_LEADER, f"{other}/needs")
    answer = {"version": "3", "answer": "declined"}
    own = await page(hub, OTHER_LEADER, f"{other}/matches/{line['id']}/answer", answer)
    foreign, nobodys = [
        await page(hub, OTHER_LEADER, f"/employers/schools/{urn}/needs") for urn in (URN, "999999")
    ]
    assert [own.status_code, foreign.status_code] == [404, 404]
    assert foreign.content == nobodys.content


async def test_who_may_only_read_gets_no_button_and_no_form(hub: Hub) -> None:
    identity, line = await a_round(hub)
    hub.tokens["head"] = await hub.token("head", "school_leader", URN)
    listed = await page(hub, "head", NEEDS)
    assert "<form" not in listed.text.partition("<main")[2]
    assert (await page(hub, "head", f"{NEEDS}/new")).status_code == 403
    answer = {"version": "1", "answer": "accepted"}
    refused = await page(hub, "head", f"/employers/schools/{URN}/matches/{line['id']}/answer", answer)
    assert (refused.status_code, len(identity)) == (403, 32)


async def test_a_suggestion_fills_the_form_in(hub: Hub) -> None:
    address = f"{NEEDS}/new?type=workplace_visit&benchmark=gb6&year_groups=10&sectors=F"
    answer = await page(hub, LEADER, address)
    assert 'value="workplace_visit" selected' in answer.text
    assert answer.text.count(" checked") == 3  # Year 10, construction, in person
    assert (await page(hub, LEADER, f"{NEEDS}/new?type={'x' * 50}")).status_code == 422
