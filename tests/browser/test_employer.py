"""An employer in a browser: let in by a coordinator, by an account and by a link; it offers, and answers."""

from __future__ import annotations

from tests.browser.area import needs, open_area
from tests.browser.people import People
from tests.employers.test_rounds_api import own_time_limit

__all__ = ["own_time_limit"]


async def test_an_employer_publishes_an_offer_and_answers_what_a_school_asks(people: People) -> None:
    await open_area(people.hub)
    coordinator = await people.look("coordinator", "/employers/directory/gpg-1/access")
    await coordinator.get_by_label("Account", exact=True).fill("employer")
    await coordinator.get_by_role("button", name="Let this account in").click()
    assert "The account acts for this employer" in await coordinator.inner_text("main")
    await coordinator.get_by_role("button", name="Make a link").click()
    address = await coordinator.locator(".hub-address").inner_text()
    assert await people.keeps_the_rules(coordinator) == []

    page = await people.look("employer", "/employers/own")
    assert await page.inner_text("h1") == "Firm 1"
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Publish an offer").click()
    await page.get_by_label("What you offer").select_option("employer_talk")
    await page.get_by_label("Pupils at once").fill("60")
    await page.get_by_role("button", name="Publish an offer").click()
    summary = page.locator(".govuk-error-summary")
    assert "Year groups: fill this in" in await summary.inner_text()
    await summary.get_by_role("link", name="Year groups").click()
    assert await page.evaluate("() => document.activeElement.name") == "year_groups"
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("Year 10", exact=True).check()
    await page.get_by_label("How far you would come").fill("30")
    await page.get_by_role("button", name="Publish an offer").click()
    assert "The offer is published" in await page.inner_text("main")

    (offer,) = (await people.hub.ask("coordinator", "GET", "/employers/v1/offers"))["offers"]
    told = {
        **{name: offer[name] for name in ("employer_id", "type", "year_groups", "group_size", "capacity")},
        "radius_km": 30,
        "academic_year": "2025/26",
        "term": "summer",
        "version": 1,
        "safeguarding_until": "2026-08-31",
    }
    await people.hub.ask("coordinator", "PUT", f"/employers/v1/offers/{offer['id']}", json=told)
    await needs(people.hub)
    await people.hub.ask("coordinator", "POST", "/employers/v1/rounds", json={"ends_on": "2026-07-17"})

    # By the link, signed in as nobody; the address that was told begins with the Hub's public one.
    guest = await people.window()
    await guest.goto(people.address + address[address.index("/employers/") :])
    assert "Harbour School" in await guest.inner_text("main")
    assert await people.keeps_the_rules(guest) == []
    await guest.get_by_role("button", name="Accept").click()
    assert "You accepted." in await guest.inner_text("main")
    assert await people.keeps_the_rules(guest) == []
    await guest.get_by_role("link", name="Employer's talk").click()
    assert await guest.inner_text("h1") == "Change an offer"
    assert await people.keeps_the_rules(guest) == []

    await page.reload()
    assert "You accepted." in await page.inner_text("main")
    await page.get_by_role("button", name="Decline").click()
    assert "You declined." in await page.inner_text("main")
    await page.get_by_role("button", name="Withdraw").click()
    assert "The offer is withdrawn" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
