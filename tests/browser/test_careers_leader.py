"""A Careers Leader's day in a browser: three clicks, who was absent, who is missing what."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.people import People
from tests.journeys.hub import ROLL, SCHOOLS, URN, YEAR

HERE = f"/pupils/schools/{URN}"


async def test_a_careers_leader_records_and_finds_who_is_missing(  # noqa: PLR0915 - a journey
    people: People, tmp_path: Path
) -> None:
    page = await people.look("leader", HERE)
    assert (await page.inner_text("h1")).startswith("Today")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Record an activity").click()
    assert await people.keeps_the_rules(page) == []

    # Nothing chosen: the page says so, and the link of the summary leads to the field.
    await page.get_by_role("button", name="Record", exact=True).click()
    assert (await page.title()).startswith("Error: ")
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []
    await page.locator(".govuk-error-summary a").first.click()
    assert await page.evaluate("document.activeElement.name") == "activity_type"

    await page.get_by_label("Employer's talk or assembly").check()
    await page.get_by_label("Year 10", exact=True).check()
    await page.get_by_label("Employer", exact=True).select_option(label="A football club")
    await page.get_by_role("button", name="Record", exact=True).click()
    assert "The activity is recorded" in await page.inner_text("main")
    assert "benchmark 5): 2 pupils" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("button", name="Somebody was absent").click()
    await page.get_by_label("Canary0, Test").check()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Save").click()
    assert "benchmark 5): 1 pupil" in await page.inner_text("main")

    await page.get_by_role("link", name=re.compile("Put it right")).click()
    await page.get_by_label("Title").fill("Meet the club")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Save").click()
    assert await page.inner_text("h1") == "Meet the club"
    await page.get_by_role("link", name=re.compile("Evaluate it")).click()
    await page.get_by_label("What went well").fill("They asked a lot.")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Record the evaluation").click()
    assert "the evaluation is recorded" in await page.inner_text("main")

    await page.get_by_role("link", name="Activities", exact=True).first.click()
    assert "A football club" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Activities that may be recorded twice").click()
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("link", name="Who is missing").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name=re.compile("pupils of Year 10 do not meet GB5.1")).click()
    assert "Canary0" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("Canary0, Test").check()
    await page.get_by_role("button", name="Record an activity for those ticked").click()
    assert "Test Canary0" in await page.inner_text("main")
    await page.get_by_role("button", name="Record", exact=True).click()
    await page.get_by_role("button", name="Undo").click()
    assert "was taken out of every count" in await page.inner_text("main")

    roll = tmp_path / "roll.csv"
    roll.write_text(ROLL, encoding="utf-8")
    await page.goto(f"{people.address}{HERE}/roll")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("The whole roll as a CSV file").set_input_files(roll)
    await page.get_by_role("button", name="See how it is read").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name="Import the roll").click()
    assert "imported already" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    coverage = await people.hub.ask("leader", "GET", f"{SCHOOLS}/coverage", params={"academic_year": YEAR})
    assert coverage["year_groups"][0]["benchmarks"]["gb5"]["reached"] == 1
