"""A teacher's journey in a browser: find a pupil, record a conversation, and do what was agreed."""

from __future__ import annotations

from tests.browser.people import People
from tests.journeys.hub import URN

HERE = f"/pupils/schools/{URN}"


async def test_a_teacher_talks_with_a_pupil_and_does_what_was_agreed(people: People) -> None:
    page = await people.look("teacher", HERE)
    assert await people.keeps_the_rules(page) == []
    assert await page.get_by_role("link", name="Data protection").count() == 0
    await page.get_by_role("link", name="Pupils").click()
    await page.get_by_label("Name", exact=True).fill("canary1")
    await page.get_by_role("button", name="Find").click()
    assert "canary" not in page.url.lower()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Canary1, Test").click()
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("button", name="Record a conversation").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Record the conversation").click()
    assert "What was said is missing" in await page.inner_text("main")
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []

    for part, value in (("day", "1"), ("month", "6"), ("year", "2026")):
        await page.locator(f"#held_on-{part}").fill(value)
    await page.get_by_label("What was said").fill("Wants to build boats.")
    await page.get_by_label("Interests and aspirations").fill("Boats")
    await page.get_by_label("What is to be done").first.fill("Ask the shipyard")
    await page.locator("#action-1").locator("xpath=ancestor::details").get_by_label("Me").check()
    for part, value in (("day", "14"), ("month", "6"), ("year", "2026")):
        await page.locator(f"#due-1-{part}").fill(value)
    await page.get_by_role("button", name="Record the conversation").click()
    assert "The conversation is recorded" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("link", name="Today").click()
    assert "Overdue" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Test Canary1: Ask the shipyard").click()
    await page.get_by_label("What came of it").fill("They will see her.")
    await page.get_by_role("button", name="Mark as done").click()
    assert "They will see her." in await page.inner_text("main")
    await page.get_by_role("link", name="Today").click()
    assert "Nothing is due." in await page.inner_text("main")
