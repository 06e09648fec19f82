"""What an employer keeps and answers itself, as pages: by an account and by a link, alike."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.employers.hub import URN, Hub
from tests.employers.own import account_of
from tests.employers.pages import a_round, page, shown, text_of
from tests.employers.test_rounds_api import LEADER, own_time_limit

__all__ = ["own_time_limit"]
TYPED = {
    "type": "employer_talk", "term": "2025/26|summer", "year_groups": ["9", "10"], "group_size": "60",
    "capacity": "2", "where": "in_person", "radius_km": "30", "send": "none", "days": "", "once": "1" * 32,
}  # fmt: skip


class Insider:
    """Somebody of an employer in front of its pages."""

    def __init__(self, hub: Hub, base: str, headers: dict[str, str]) -> None:
        self.hub, self.base, self.headers = hub, base, headers

    async def ask(self, path: str = "", form: dict[str, Any] | None = None) -> httpx.Response:
        """Open a page, or send its form."""
        method = "GET" if form is None else "POST"
        return await self.hub.client.request(method, self.base + path, data=form, headers=self.headers)

    async def send(self, path: str, form: dict[str, Any]) -> str:
        """Send a form that must be taken; returns what it says was done."""
        answer = await self.ask(path, form)
        assert answer.status_code == 303, text_of(answer)
        base, _, done = str(answer.headers["location"]).partition("?done=")
        assert base == self.base
        return done


@pytest.fixture(params=["account", "link"])
async def firm(request: pytest.FixtureRequest, hub: Hub) -> Insider:
    """Somebody of the first employer, by each of the two ways in."""
    if request.param == "account":
        insider = await account_of(hub, "gpg-1")
        return Insider(hub, "/employers/own/gpg-1", insider.headers)
    made = await hub.post("/employers/gpg-1/links", {})
    return Insider(hub, made["page"], {"Authorization": ""})


async def test_an_offer_is_published_once_changed_and_withdrawn(firm: Insider) -> None:
    assert "You offer nothing yet" in text_of(await firm.ask())
    for _ in "ab":
        assert await firm.send("/offers/new", TYPED) == "published"

    (offer,) = (await firm.hub.get("/offers?employer_id=gpg-1"))["offers"]
    assert (offer["radius_km"], offer["capacity"], offer["year_groups"]) == (30, 2, [9, 10])
    listed = text_of(await firm.ask("?done=published"))
    assert "The offer is published." in listed
    assert "Not yet. The Hub has not yet noted that supervision" in listed
    form = await firm.ask(f"/offers/{offer['id']}")
    assert 'value="60"' in form.text
    stale = await firm.ask(f"/offers/{offer['id']}", {**TYPED, "capacity": "3", "version": "9"})
    assert stale.status_code == 409
    virtual = {**TYPED, "where": "virtual", "version": "1"}
    assert await firm.send(f"/offers/{offer['id']}", virtual) == "changed"
    assert (await firm.hub.get(f"/offers/{offer['id']}"))["virtual"]
    assert await firm.send(f"/offers/{offer['id']}/withdrawal", {"version": "2"}) == "withdrawn"
    assert "You offer nothing yet" in text_of(await firm.ask())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": ""}, "What you offer: fill this in"),
        ({"radius_km": ""}, "How far you would come, in km: write a whole number"),
        ({"capacity": "1.5"}, "How many times in the term: write a whole number"),
        ({"term": "2020/21|summer"}, "Term: ended on"),
        ({"term": "whenever"}, "Term: "),
        ({"send": "evidenced"}, "What shows it: "),
        ({"days": "2027-01-01"}, "Days: has 2027-01-01, outside the term"),
    ],
)
async def test_an_offer_that_cannot_be_meant_is_shown_again_with_what_was_typed(
    firm: Insider, changed: dict[str, str], said: str
) -> None:
    answer = await firm.ask("/offers/new", {**TYPED, **changed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'name="group_size"' in answer.text
    assert 'value="60"' in answer.text
    assert (await firm.hub.get("/offers?employer_id=gpg-1"))["offers"] == []


async def test_an_ask_is_accepted_or_declined(firm: Insider) -> None:
    _, line = await a_round(firm.hub)
    listed = text_of(await firm.ask())
    assert "Harbour School Employer's talk or assembly Year 10, up to 30 pupils" in listed

    answer = f"/asks/{line['id']}/answer"
    assert await firm.send(answer, {"version": "1", "answer": "accepted"}) == "accepted"
    assert "You accepted." in text_of(await firm.ask())
    assert await firm.send(answer, {"version": "2", "answer": "declined"}) == "declined"
    back = await firm.ask(answer, {"version": "3", "answer": "accepted"})
    assert back.status_code == 409
    assert "This match is declined" in text_of(back)
    seen = (await firm.hub.get(f"/schools/{URN}/matches", LEADER))["matches"]
    assert [(one["state"], one["answers"]["employer"]) for one in seen] == [("declined", "declined")]


async def test_another_employers_offer_and_ask_are_not_there(firm: Insider) -> None:
    foreign = await firm.hub.offer("gpg-2")
    for path, form in ((f"/offers/{foreign}", None), (f"/offers/{foreign}", {**TYPED, "version": "1"})):
        answer = await firm.ask(path, form)
        assert answer.status_code == 404
        assert "Firm 2" not in answer.text
    assert (await firm.hub.get(f"/offers/{foreign}"))["version"] == 1


async def test_an_account_of_no_employer_is_told_whom_to_ask_and_one_of_several_chooses(hub: Hub) -> None:
    hub.tokens["nobody"] = await hub.token("nobody", "employer")
    assert "Ask your Enterprise Coordinator" in await shown(hub, "nobody", "/employers/own")
    assert (await page(hub, "nobody", "/employers/own/gpg-1")).status_code == 404
    for number in (1, 2):
        insider = await account_of(hub, f"gpg-{number}", "nobody")
        entry = await hub.client.get("/employers/own", headers=insider.headers)
        assert entry.status_code == (303 if number == 1 else 200)
    assert "Firm 1 Firm 2" in await shown(hub, "nobody", "/employers/own")
    assert (await page(hub, "ec", "/employers/own/gpg-1")).status_code == 403


async def test_a_link_that_was_ended_opens_no_page_and_changes_nothing(hub: Hub) -> None:
    made = await hub.post("/employers/gpg-1/links", {})
    firm = Insider(hub, made["page"], {"Authorization": ""})
    assert "You came in by a link" in text_of(await firm.ask())
    await hub.post(f"/employers/gpg-1/links/{made['link_id']}/revocation", {})

    for path, form in (("", None), ("/offers/new", TYPED)):
        answer = await firm.ask(path, form)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert (await hub.get("/offers?employer_id=gpg-1"))["offers"] == []
