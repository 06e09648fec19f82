"""The directory, vetting, duplicates, letting employers in, and advisers, as pages."""

from __future__ import annotations

import re

import pytest

from tests.employers.advisers import HARBOUR, available, want, working
from tests.employers.hub import Hub
from tests.employers.listings import employer_entry
from tests.employers.pages import done, page, shown, text_of
from tests.employers.test_rounds_api import LEADER

DIRECTORY = "/employers/directory"


async def test_employers_are_found_by_name_and_sector_page_by_page(hub: Hub) -> None:
    more = [employer_entry(f"gpg-{n}", f"Works {n:02}", sic_section="F", town=None) for n in range(10, 40)]
    assert (await hub.ask("admin", "PUT", "/directory", {"employers": more})).status_code == 200

    first = await page(hub, "ec", f"{DIRECTORY}?q=works")
    assert "Works 10" in first.text
    assert "Works 39" not in first.text
    following = re.search(rf'href="({DIRECTORY}\?q=works&amp;section=&amp;cursor=gpg-34)"', first.text)
    assert following is not None
    rest = await shown(hub, "ec", following.group(1).replace("&amp;", "&"))
    assert "Works 39" in rest
    assert "Works 10" not in rest
    assert "Firm 1" in await shown(hub, "ec", f"{DIRECTORY}?section=F")
    assert "No employer is called so" in await shown(hub, "ec", f"{DIRECTORY}?q=zebra")
    nonsense = await page(hub, "ec", f"{DIRECTORY}?q=!!")
    assert nonsense.status_code == 422
    assert "needs a letter or a digit" in text_of(nonsense)


async def test_everybody_reads_the_directory_and_the_hubs_team_alone_sees_vetting(hub: Hub) -> None:
    assert "Vetting" in await shown(hub, "ec", DIRECTORY)
    assert "Vetting" not in await shown(hub, LEADER, DIRECTORY)
    assert "Vetting" not in await shown(hub, LEADER, f"{DIRECTORY}/gpg-1")
    form = {"state": "refused"}
    assert (await page(hub, LEADER, f"{DIRECTORY}/gpg-1/vetting", form)).status_code == 403
    assert (await page(hub, "ec", f"{DIRECTORY}/gpg-99")).status_code == 404


async def test_a_decision_about_an_employer_is_recorded_and_shown(hub: Hub) -> None:
    form = {
        "decisions": "1", "state": "paused", "reason": "insurance_expired",
        "decided_on-day": "1", "decided_on-month": "6", "decided_on-year": "2026",
    }  # fmt: skip
    for _ in "ab":
        assert (await done(hub, "ec", f"{DIRECTORY}/gpg-1/vetting", form)).endswith("=vetted")
    text = await shown(hub, "ec", f"{DIRECTORY}/gpg-1?done=vetted")
    assert "Paused No round proposes it." in text
    assert "1 June 2026 Paused – Insurance expired ec" in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"state": ""}, "Decision: "),
        ({"state": "vetted", "reason": ""}, "What was checked: must say what was checked"),
        ({"reason": ""}, "Reason: must be one of"),
        ({"decided_on-day": "31"}, "Decided on: is not a date"),
        ({"decided_on-year": "2027"}, "Decided on: is in the future"),
        ({"decisions": "0"}, "Another decision was made meanwhile"),
    ],
)
async def test_a_decision_that_cannot_be_is_shown_again(hub: Hub, changed: dict[str, str], said: str) -> None:
    form = {
        "decisions": "1", "state": "paused", "reason": "insurance_expired",
        "decided_on-day": "1", "decided_on-month": "6", "decided_on-year": "2026",
    }  # fmt: skip
    answer = await page(hub, "ec", f"{DIRECTORY}/gpg-1/vetting", {**form, **changed})
    assert answer.status_code in {409, 422}
    assert said in text_of(answer)
    assert (await hub.get("/employers/gpg-1/vetting"))["state"] == "vetted"


async def test_two_entries_are_merged_and_taken_apart_again(hub: Hub) -> None:
    twice = [employer_entry("gpg-8", "Wessex Boats Ltd"), employer_entry("gpg-9", "Wessex Boats Limited")]
    await hub.ask("admin", "PUT", "/directory", {"employers": twice})
    listed = await shown(hub, "ec", "/employers/duplicates")
    assert "Wessex Boats Ltd Poole, gpg-8 Wessex Boats Limited Poole, gpg-9 the same name" in listed

    await done(hub, "ec", f"{DIRECTORY}/gpg-9/merge", {"into": "gpg-8"})
    assert "gpg-9" not in await shown(hub, "ec", "/employers/duplicates?done=merged")
    assert "merged into Wessex Boats Ltd" in await shown(hub, "ec", f"{DIRECTORY}/gpg-9")
    circle = await page(hub, "ec", f"{DIRECTORY}/gpg-8/merge", {"into": "gpg-9"})
    assert circle.status_code in {409, 422}
    await done(hub, "ec", f"{DIRECTORY}/gpg-9/unmerge", {})
    assert "gpg-9" in await shown(hub, "ec", "/employers/duplicates")
    assert (await page(hub, LEADER, "/employers/duplicates")).status_code == 403


async def test_a_link_is_shown_once_and_ended_and_an_account_is_let_in_and_out(hub: Hub) -> None:
    here = f"{DIRECTORY}/gpg-1/access"
    made = await page(hub, "ec", f"{here}/links", {"days": "30"})
    assert made.status_code == 200
    found = re.search(r"(/employers/hub-links/[^<]+/page)", made.text)
    assert found is not None
    opened = await hub.client.get(found.group(1), headers={"Authorization": ""})
    assert opened.status_code == 200
    again = await page(hub, "ec", here)
    assert found.group(1) not in again.text
    revocation = re.search(rf'action="({here}/links/[^"]+/revocation)"', again.text)
    assert revocation is not None
    await done(hub, "ec", revocation.group(1), {})
    assert (await hub.client.get(found.group(1), headers={"Authorization": ""})).status_code == 404

    await done(hub, "ec", f"{here}/accounts", {"subject": "anna"})
    assert "anna" in await shown(hub, "ec", here)
    await done(hub, "ec", f"{here}/accounts/end", {"subject": "anna"})
    for path, form in (("links", {"days": "9999"}), ("accounts", {"subject": ""})):
        assert (await page(hub, "ec", f"{here}/{path}", form)).status_code == 422
    assert (await page(hub, "admin", here)).status_code == 403


async def test_an_adviser_is_shown_with_the_handover_and_without_a_contact_detail(hub: Hub) -> None:
    client = hub.client
    ec = await hub.token("coordinator", "enterprise_coordinator")
    client.headers["Authorization"] = f"Bearer {ec}"
    await want(client, HARBOUR)
    leaving = await available(client, employer_id="gpg-1")
    staying = await available(client, employer_id="gpg-2")
    await working(client, leaving, HARBOUR)

    listed = await shown(hub, "ec", "/employers/advisers")
    assert "Active : 1" in listed
    assert f"Firm 1, {leaving[:8]} Active 15 June 2026 Director Harbour School" in listed
    assert leaving[:8] not in await shown(hub, "ec", "/employers/advisers?state=available")
    one = await page(hub, "ec", f"/employers/advisers/{leaving}")
    assert "Left without this adviser: Harbour School" in text_of(one)
    assert f"Firm 2, {staying[:8]}" in text_of(one)
    assert "Bloggs" not in listed + one.text
    assert (await page(hub, "ec", "/employers/advisers/" + "0" * 32)).status_code == 404
    assert (await page(hub, LEADER, "/employers/advisers")).status_code == 403
