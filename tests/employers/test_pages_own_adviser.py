"""An adviser's own pages, and the coordinator's part of them."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import pytest

from tests.conftest import TokenFor
from tests.employers.advisers import (
    ADVISERS,
    MATCHES,
    available,
    do,
    get,
    move,
    propose,
    register,
    want,
    working,
)
from tests.employers.hub import OTHER_URN, URN, Hub
from tests.employers.own_adviser import Volunteer, bound, coordinator_of
from tests.employers.pages import done, hidden, page, shown, text_of

ADVISING: Final = "/employers/advising"
TYPED: Final[dict[str, Any]] = {"version": "4", "capacity_schools": "3", "hours_a_month": "24"}


@pytest.fixture
async def coordinator(hub: Hub) -> httpx.AsyncClient:
    client = await coordinator_of(hub)
    hub.tokens["ec"] = await hub.token("ec", "enterprise_coordinator")
    return client


@pytest.fixture
async def vera(hub: Hub, coordinator: httpx.AsyncClient, token: TokenFor) -> Volunteer:
    """An adviser without a school, with room for two, whose pages `hub` opens as `vera`."""
    found = await bound(coordinator, token, capacity_schools=2, hours_a_month=16)
    hub.tokens["vera"] = found.bearer
    return found


async def test_an_account_that_nobody_bound_is_told_whom_to_ask_and_what_it_may_open(hub: Hub) -> None:
    hub.tokens["nora"] = await hub.token("nora", "enterprise_adviser", URN)

    text = await shown(hub, "nora", ADVISING)

    assert "Ask your Enterprise Coordinator to bind the account that you are signed in with, nora" in text
    assert "Harbour School Evaluation of Harbour School Plan of Harbour School" in text
    assert "Today of" not in text, "an adviser may not open a school's pupils"


async def test_who_is_no_adviser_has_no_such_page(hub: Hub, vera: Volunteer) -> None:
    for who in ("ec", "admin", f"leader@{URN}"):
        for path in (ADVISING, f"{ADVISING}/{vera.adviser}"):
            assert (await page(hub, who, path)).status_code == 403, (who, path)


async def test_another_advisers_pages_answer_as_those_of_nobody(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    others = await available(coordinator)
    match = await working(coordinator, others)
    forms = {
        "/about": TYPED,
        "/state": {"to": "paused", "version": "4"},
        f"/matches/{match}/answer": {"answer": "declined", "version": "5"},
        f"/matches/{match}/recommendations/gpg-1": {"version": "0"},
        f"/matches/{match}/recommendations/gpg-1/withdrawal": {"version": "1"},
    }
    for path in ("", "/about", "/pause", f"/matches/{match}"):
        answers = [await page(hub, "vera", f"{ADVISING}/{one}{path}") for one in (others, "0" * 32)]
        assert {answer.status_code for answer in answers} == {404}, path
        assert text_of(answers[0]) == text_of(answers[1])
    for path, form in forms.items():
        for one in (others, "0" * 32):
            assert (await page(hub, "vera", f"{ADVISING}/{one}{path}", form)).status_code == 404, path
        if "matches" in path:
            mine = await page(hub, "vera", f"{ADVISING}/{vera.adviser}{path}", form)
            assert mine.status_code == 404, path
    assert (await page(hub, "vera", f"{ADVISING}/{vera.adviser}/matches/{match}")).status_code == 404
    assert (await get(coordinator, f"{MATCHES}/{match}"))["state"] == "active"


async def test_a_proposal_is_explained_and_accepted_once(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    here = f"{ADVISING}/{vera.adviser}"
    assert (await page(hub, "vera", ADVISING)).headers["location"] == here
    assert "No school yet. When a coordinator proposes one" in await shown(hub, "vera", here)
    await want(coordinator, since="2026-01-01")
    match = (await propose(coordinator, vera.adviser))["match_id"]

    text = await shown(hub, "vera", here)
    assert "Waiting for your answer" in text
    assert "It is 1 km from the place that you named." in text
    assert "It has waited for an adviser since 1 January 2026." in text
    assert re.search(r"Together you have \d+ points\.", text)
    assert "The role is strategic, with the head" in text
    form = {"version": "1", "answer": "accepted"}
    for _ in "ab":
        assert await done(hub, "vera", f"{here}/matches/{match}/answer", form) == f"{here}?done=accepted"

    text = await shown(hub, "vera", f"{here}?done=accepted")
    assert "When the school has accepted too, your coordinator introduces you." in text
    assert "Waiting for your answer" not in text
    assert "You accepted. The school has not answered yet." in text
    assert (await get(coordinator, f"{MATCHES}/{match}"))["version"] == 2
    told = await shown(hub, "ec", f"/employers/advisers/{vera.adviser}")
    assert "Harbour School Proposed 15 June 2026 The adviser themselves" in told


async def test_an_answer_that_comes_too_late_says_so_beside_the_school(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    match = (await propose(coordinator, vera.adviser))["match_id"]
    await do(coordinator, match, "accept", side="school")
    path = f"{ADVISING}/{vera.adviser}/matches/{match}/answer"

    stale = await page(hub, "vera", path, {"version": "1", "answer": "accepted"})
    unknown = await page(hub, "vera", path, {"version": "2", "answer": "perhaps"})

    assert (stale.status_code, unknown.status_code) == (409, 422)
    assert f'href="#match-{match}"' in stale.text
    assert f'id="match-{match}"' in stale.text
    assert "This was changed meanwhile" in text_of(stale)
    assert "choose one of these" in text_of(unknown)
    assert "The school has accepted already." in text_of(stale)


async def test_a_school_that_one_works_with_leads_to_what_one_may_open_there(
    hub: Hub, coordinator: httpx.AsyncClient, token: TokenFor, vera: Volunteer
) -> None:
    await want(coordinator)
    await working(coordinator, vera.adviser)
    here = f"{ADVISING}/{vera.adviser}"
    assert "Nothing yet. The Hub's administrator lets you in" in await shown(hub, "vera", here)

    admin = {"Authorization": f"Bearer {await token('admin', 'hub_admin')}"}
    for urn in (URN, OTHER_URN):
        body = {"subject": "vera", "role": "enterprise_adviser", "urn": urn}
        await coordinator.put("/hub/v1/memberships", json=body, headers=admin)

    answer = await page(hub, "vera", here)
    for address in (
        f"/audit/schools/{URN}/evaluation",
        f"/audit/schools/{URN}/plan",
        f"/reporting/schools/{URN}",
    ):
        assert f'href="{address}"' in answer.text
    assert "/pupils/" not in answer.text
    text = text_of(answer)
    assert "Together Since 15 June 2026 What you may open" in text
    assert "Other schools whose pages you may open Hill School" in text


async def test_what_was_told_is_changed_and_the_coordinator_sees_that_it_was_the_adviser(
    hub: Hub, vera: Volunteer
) -> None:
    here = f"{ADVISING}/{vera.adviser}"
    form = await page(hub, "vera", f"{here}/about")
    assert hidden(form.text) == {"version": "4"}
    assert 'value="16"' in form.text

    for _ in "ab":
        typed = TYPED | {"conflicts": [OTHER_URN]}
        assert await done(hub, "vera", f"{here}/about", typed) == f"{here}?done=changed"

    text = await shown(hub, "vera", here)
    assert "Hours a month 24 Conflicts of interest Hill School" in text
    assert "15 June 2026 at 11:00am 3 24 Hill School You" in text
    assert "2 16 None The Hub's team" in text
    told = await shown(hub, "ec", f"/employers/advisers/{vera.adviser}")
    assert "15 June 2026 at 11:00am 3 24 Hill School The adviser" in told
    assert "2 16 None ec" in told
    assert 'value="147467" checked' in (await page(hub, "vera", f"{here}/about")).text


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"capacity_schools": "many"}, 422, "Schools at most: write a whole number"),
        ({"capacity_schools": ""}, 422, "Schools at most: fill this in"),
        ({"hours_a_month": "81"}, 422, "Hours a month: write a whole number, 80 at most"),
        ({"conflicts": ["999999"]}, 422, "Conflicts of interest: is no school of the directory"),
        ({"version": "1"}, 409, "This was changed meanwhile"),
    ],
)
async def test_what_cannot_be_said_is_shown_again_with_what_was_typed(
    hub: Hub, vera: Volunteer, changed: dict[str, Any], status: int, said: str
) -> None:
    typed = TYPED | {"conflicts": [URN]} | changed
    answer = await page(hub, "vera", f"{ADVISING}/{vera.adviser}/about", typed)

    assert answer.status_code == status
    assert said in text_of(answer)
    assert "<title>Error: " in answer.text
    assert f'value="{typed["hours_a_month"]}"' in answer.text
    assert ('value="136500" checked' in answer.text) == (typed["conflicts"] == [URN])
    assert (await vera.record())["hours_a_month"] == 16


async def test_a_pause_says_what_it_does_and_ends_by_coming_back(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    await want(coordinator, OTHER_URN)
    await working(coordinator, vera.adviser)
    await propose(coordinator, vera.adviser, OTHER_URN)
    here = f"{ADVISING}/{vera.adviser}"

    asked = await page(hub, "vera", f"{here}/pause")
    assert "takes it up with you: Harbour School" in text_of(asked)
    assert "somebody else is found for them: Hill School" in text_of(asked)
    for _ in "ab":
        assert await done(hub, "vera", f"{here}/state", hidden(asked.text)) == f"{here}?done=paused"
    text = await shown(hub, "vera", here)
    assert "You have paused since 15 June 2026." in text
    assert "you have paused already" in await shown(hub, "vera", f"{here}/pause")

    version = str((await vera.record())["version"])
    form = {"to": "available", "version": version}
    assert await done(hub, "vera", f"{here}/state", form) == f"{here}?done=available"
    assert "15 June 2026 Available You 15 June 2026 Paused You" in await shown(hub, "vera", here)
    await move(coordinator, vera.adviser, "paused")
    assert "A coordinator paused you on 15 June 2026." in await shown(hub, "vera", here)
    version = str((await vera.record())["version"])
    refused = await page(hub, "vera", f"{here}/state", {"to": "available", "version": version})
    assert refused.status_code == 409
    assert "Ask them to take you up again." in text_of(refused)


async def test_an_employer_is_found_recommended_once_and_taken_back(
    hub: Hub, coordinator: httpx.AsyncClient, vera: Volunteer
) -> None:
    await want(coordinator)
    match = await working(coordinator, vera.adviser)
    here = f"{ADVISING}/{vera.adviser}/matches/{match}"
    assert "You recommend nobody to this school yet." in await shown(hub, "vera", here)
    assert "No employer of the Hub is called so" in await shown(hub, "vera", f"{here}?q=zebra")
    nonsense = await page(hub, "vera", f"{here}?q=!!")
    assert nonsense.status_code == 422
    assert "needs a letter or a digit" in text_of(nonsense)

    found = await page(hub, "vera", f"{here}?q=firm+2")
    assert hidden(found.text) == {"version": "0"}
    for _ in "ab":
        sent = await done(hub, "vera", f"{here}/recommendations/gpg-2", {"version": "0"})
        assert sent == f"{here}?done=recommended"
    text = await shown(hub, "vera", f"{here}?done=recommended&q=firm+2")
    assert "Firm 2 15 June 2026 You Take back" in text
    assert "You recommend it." in text
    stale = await page(hub, "vera", f"{here}/recommendations/gpg-2/withdrawal", {"version": "7"})
    assert stale.status_code == 409
    await done(hub, "vera", f"{here}/recommendations/gpg-2/withdrawal", {"version": "1"})
    assert "Taken back Employer Recommended Taken back Firm 2" in await shown(hub, "vera", here)
    assert (await page(hub, "vera", f"{here}/recommendations/gpg-404", {"version": "0"})).status_code == 404


async def test_a_coordinator_lets_an_adviser_in_and_ends_it(hub: Hub, coordinator: httpx.AsyncClient) -> None:
    adviser = await register(coordinator)
    here = f"/employers/advisers/{adviser}"
    hub.tokens["nora"] = await hub.token("nora", "enterprise_adviser")

    assert await done(hub, "ec", f"{here}/accounts", {"subject": "nora"}) == f"{here}?done=bound"
    assert "Thank you for wanting to help." in await shown(hub, "nora", f"{ADVISING}/{adviser}")
    second = await page(hub, "ec", f"{here}/accounts", {"subject": "twin"})
    empty = await page(hub, "ec", f"{here}/accounts", {"subject": ""})
    assert (second.status_code, empty.status_code) == (409, 422)
    assert "1 can be current" in text_of(second)
    assert "Account: fill this in" in text_of(empty)
    assert await done(hub, "ec", f"{here}/accounts/end", {"subject": "nora"}) == f"{here}?done=ended"
    assert "nora 15 June 2026 at 11:00am Ended" in await shown(hub, "ec", here)
    assert (await page(hub, "nora", f"{ADVISING}/{adviser}")).status_code == 404
    assert (await page(hub, "nora", f"{here}/accounts", {"subject": "nora"})).status_code == 403


async def test_somebody_who_left_and_came_back_chooses_between_their_records(
    hub: Hub, coordinator: httpx.AsyncClient, token: TokenFor, vera: Volunteer
) -> None:
    await move(coordinator, vera.adviser, "ended", reason="moved_away")
    again = await bound(coordinator, token, "vera")

    text = await shown(hub, "vera", ADVISING)
    assert "Ended since 15 June 2026" in text
    assert "Available since 10 January 2026" in text
    ended = await shown(hub, "vera", f"{ADVISING}/{vera.adviser}")
    assert "You are no longer an adviser of this Hub" in ended
    assert "Pause" not in ended
    assert (await get(coordinator, f"{ADVISERS}/{again.adviser}"))["state"] == "available"
