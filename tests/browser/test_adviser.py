"""An Enterprise Adviser in a browser: let in by a coordinator, they answer, recommend, change and pause."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.area import open_area
from tests.browser.people import People
from tests.employers.advisers import ADVISERS, Json, adviser_body, need_body
from tests.journeys.hub import NEIGHBOUR, URN

MATCHES = f"{ADVISERS}/matches"


async def test_an_adviser_answers_a_school_and_says_what_they_can_give(people: People) -> None:
    await open_area(people.hub)
    first = await people.look("adviser", "/employers/advising")
    assert "Ask your Enterprise Coordinator" in await first.inner_text("main")
    assert await people.keeps_the_rules(first) == []
    adviser = await registered(people)
    coordinator = await people.look("coordinator", f"/employers/advisers/{adviser}")
    await coordinator.get_by_label("Account", exact=True).fill("adviser")
    await coordinator.get_by_role("button", name="Let this account in").click()
    assert "The account acts for this adviser" in await coordinator.inner_text("main")
    assert await people.keeps_the_rules(coordinator) == []

    page = await people.look("adviser", "/")
    assert await page.inner_text("h1") == "My schools"
    assert await people.keeps_the_rules(page) == []
    await accepts_and_declines(people, page)
    await works_with(people, adviser)
    await page.reload()
    await recommends(people, page)
    await changes_and_pauses(people, page)

    await coordinator.reload()
    told = await coordinator.inner_text("main")
    assert "The adviser themselves" in told
    assert told.count("The adviser") > 3
    assert await people.keeps_the_rules(coordinator) == []


async def accepts_and_declines(people: People, page: Page) -> None:
    """Accept the first school, and decline the second."""
    await page.get_by_text("Where the points come from").first.click()
    await page.get_by_role("button", name="Accept Harbour School").click()
    assert "You accepted." in await page.inner_text("main")
    await page.get_by_role("button", name="Decline Hill School").click()
    assert "You declined." in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []


async def recommends(people: People, page: Page) -> None:
    """Open what one may at the school, and recommend an employer to it."""
    assert await page.get_by_role("link", name="Evaluation of Harbour School").is_visible()
    await page.get_by_role("link", name="Employers that you recommend to Harbour School").click()
    await page.get_by_label("Name of the employer").fill("firm")
    await page.get_by_role("button", name="Search").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Recommend Firm 2").click()
    assert "You recommend this employer" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Take back Firm 2").click()
    assert "You do not recommend this employer any more" in await page.inner_text("main")
    await page.get_by_role("navigation", name="Back").get_by_role("link").click()


async def changes_and_pauses(people: People, page: Page) -> None:
    """Say wrongly and then rightly what one can give; pause, and come back."""
    await page.get_by_role("button", name="Change hours, schools or conflicts").click()
    await page.get_by_label("Hours a month").fill("lots")
    await page.get_by_role("button", name="Save").click()
    people.foresee(422)
    summary = page.locator(".govuk-error-summary")
    await summary.get_by_role("link", name="Hours a month").click()
    assert await page.evaluate("() => document.activeElement.name") == "hours_a_month"
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("Hours a month").fill("24")
    await page.get_by_label("Hill School").check()
    await page.get_by_role("button", name="Save").click()
    assert "Your coordinator sees that it was you" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("button", name="Pause").click()
    assert "Harbour School" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Pause from today").click()
    assert "You have paused since" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Come back").click()
    assert "Welcome back" in await page.inner_text("main")


async def registered(people: People) -> str:
    """Register an adviser who is available, and propose two schools to them."""
    profile = {"capacity_schools": 2, "hours_a_month": 16, "employer_id": "gpg-1"}
    made = await people.hub.ask("coordinator", "POST", ADVISERS, json=adviser_body(**profile))
    adviser = str(made["adviser_id"])
    for version, to in enumerate(("applied", "inducted", "available"), 1):
        body = {"to": to, "version": version, "on": "2026-01-10"}
        await people.hub.ask("coordinator", "POST", f"{ADVISERS}/{adviser}/state", json=body)
    for urn in (URN, NEIGHBOUR):
        await people.hub.ask("coordinator", "PUT", f"{ADVISERS}/needs", json=need_body(urn))
    pairs = [{"adviser_id": adviser, "urn": urn} for urn in (URN, NEIGHBOUR)]
    await people.hub.ask("coordinator", "POST", MATCHES, json={"matches": pairs})
    return adviser


async def works_with(people: People, adviser: str) -> None:
    """Have the first school accept too, and bring the two to work together."""
    found = (await people.hub.ask("coordinator", "GET", f"{ADVISERS}/{adviser}"))["matches"]
    (match,) = [one for one in found if one["urn"] == URN]
    doings: tuple[Json, ...] = (
        {"action": "accept", "side": "school"},
        {"action": "introduce"},
        {"action": "activate"},
    )
    for version, doing in enumerate(doings, match["version"]):
        body = {**doing, "version": version}
        await people.hub.ask("coordinator", "POST", f"{MATCHES}/{match['match_id']}", json=body)
