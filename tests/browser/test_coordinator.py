"""A coordinator's day in a browser: from what a school needs to a match that is confirmed, and a stand-in."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.area import needs, offers, open_area
from tests.browser.people import People
from tests.employers.test_rounds_api import own_time_limit
from tests.journeys.hub import NEIGHBOUR, URN

__all__ = ["own_time_limit"]


async def main(page: Page) -> str:
    return await page.inner_text("main")


async def test_needs_become_a_round_and_a_match_of_it_is_confirmed_and_cancelled(people: People) -> None:
    await open_area(people.hub)
    for number in (1, 2, 3):
        await offers(people.hub, f"gpg-{number}")
    await needs(people.hub, NEIGHBOUR, slots=2)

    leader = await people.look("leader", f"/employers/schools/{URN}/needs")
    assert await people.keeps_the_rules(leader) == []
    await leader.get_by_role("button", name="Raise a need").click()
    await leader.get_by_label("What you need").select_option("employer_talk")
    await leader.get_by_role("button", name="Raise this need").click()
    assert "Year groups: fill this in" in await main(leader)
    people.foresee(422)
    assert await people.keeps_the_rules(leader) == []
    await leader.get_by_label("Year 10", exact=True).check()
    await leader.get_by_label("Pupils at once").fill("30")
    await leader.get_by_role("button", name="Raise this need").click()
    assert "The need is raised" in await main(leader)
    assert await people.keeps_the_rules(leader) == []

    page = await people.look("coordinator", "/employers/rounds")
    await page.get_by_role("button", name="Propose a round").click()
    assert "Last day: fill this in" in await page.locator(".govuk-error-summary").inner_text()
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []
    for part, value in (("Day", "17"), ("Month", "7"), ("Year", "2026")):
        await page.get_by_label(part, exact=True).fill(value)
    await page.get_by_role("button", name="Propose a round").click()
    assert "The round is proposed" in await main(page)
    assert "Not vetted, so not in the plan: Firm 3" in await main(page)
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("link", name="Show it by employer").click()
    assert "The plan by employer" in await main(page)
    await page.get_by_role("link", name="Match rounds").first.click()
    await page.get_by_role("link", name="17 July 2026").click()
    await looks_at_questions(people, page)
    await settles_a_match(people, page)
    await leader.reload()
    await leader.get_by_role("button", name="Accept").click()
    assert "You accepted the match" in await main(leader)
    assert await people.keeps_the_rules(leader) == []

    await page.reload()
    await page.get_by_role("button", name="Confirm this match").click()
    assert "The match is confirmed" in await main(page)
    await leader.goto(f"{people.address}/employers/schools/{URN}/needs")
    assert await leader.get_by_role("link", name="Record that it took place").count() == 1
    await page.get_by_label("The employer: it was asked").check()
    await page.get_by_role("button", name="Cancel this match").click()
    assert "Who could stand in" in await main(page)
    assert await people.keeps_the_rules(page) == []


async def looks_at_questions(people: People, page: Page) -> None:
    """Ask everything that can be asked of the round that is open, and come back to it."""
    await page.get_by_role("link", name="Why not this employer?").click()
    await page.get_by_label("School's need").select_option(index=1)
    await page.get_by_label("Employer", exact=True).select_option("gpg-1")
    await page.get_by_role("button", name="Ask").click()
    assert "Firm 1" in await page.inner_text("h2")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Match round", exact=True).click()

    await page.get_by_role("link", name="What stays unmet, and what would help").click()
    assert "Ask Firm " in await main(page)
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Match round", exact=True).click()

    await page.get_by_role("link", name="What if something were otherwise?").click()
    await page.get_by_role("button", name="Compare").click()
    assert "Change one thing at least" in await main(page)
    people.foresee(422)
    await page.get_by_label("An employer drops out").select_option("gpg-2")
    await page.get_by_role("button", name="Compare").click()
    assert "Compared with the plan" in await main(page)
    assert "1 fewer" in await main(page)
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Match round", exact=True).click()


async def settles_a_match(people: People, page: Page) -> None:
    """Lock the first school's match, solve the round again, and accept for the employer."""
    await page.get_by_role("link", name="with Harbour School").click()
    await page.get_by_role("button", name="Lock", exact=True).click()
    assert "The match is locked" in await main(page)
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Match round", exact=True).click()
    await page.get_by_role("button", name="Solve it again").click()
    assert "The round is solved again" in await main(page)
    await page.get_by_role("link", name="with Harbour School").click()
    assert "It is locked or confirmed" in await main(page)
    await page.get_by_role("button", name="The employer accepts").click()
    assert "noted: accepted" in await main(page)


async def test_an_employer_is_found_and_vetted_and_two_entries_become_one(people: People) -> None:
    await open_area(people.hub)
    twice = {"employer_id": "gpg-4", "name": "Firm 3 Ltd", "size_band": "large", "town": "Poole"}
    await people.hub.ask("admin", "PUT", "/employers/v1/directory", json={"employers": [twice]})
    page = await people.look("coordinator", "/employers/directory")
    await page.get_by_label("Name", exact=True).fill("firm 3")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="Firm 3", exact=True).click()
    await page.get_by_label("Vetted: schools may be matched with it").check()
    await page.get_by_role("button", name="Record the decision").click()
    assert "must say what was checked" in await page.locator(".govuk-error-summary").inner_text()
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("It exists and trades").check()
    await page.get_by_role("button", name="Record the decision").click()
    assert "Schools may be matched with it." in await main(page)
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("link", name="Employers", exact=True).first.click()
    await page.get_by_role("link", name="Entries that may be one employer").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Keep the first").click()
    assert "The entries are merged" in await main(page)
    assert await people.keeps_the_rules(page) == []
