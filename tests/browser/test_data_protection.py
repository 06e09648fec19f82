"""Whoever answers for data protection, in a browser: the record, a link, a request, an erasure."""

from __future__ import annotations

import re

from tests.browser.people import People
from tests.journeys.hub import URN

HERE = f"/pupils/schools/{URN}"


async def test_a_pupils_rights_are_answered_from_the_first_look_to_the_receipt(  # noqa: PLR0915 - a journey
    people: People,
) -> None:
    page = await people.look("leader", f"{HERE}/data-protection")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Find the pupil").click()
    await page.get_by_role("link", name="Canary2, Test").click()
    await page.get_by_role("link", name="Rights and the whole record").click()
    rights = page.url
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("button", name="Make a link").click()
    link = await page.locator(".govuk-notification-banner code").inner_text()
    assert await people.keeps_the_rules(page) == []
    theirs = await people.window()
    await theirs.goto(link)
    assert await theirs.inner_text("h1") == "Your careers record"
    await page.goto(rights)
    assert link not in await page.content()
    await page.get_by_role("button", name="End this link").click()
    assert "opens nothing any more" in await page.inner_text("main")
    await theirs.goto(link)
    assert await theirs.inner_text("h1") != "Your careers record"
    people.foresee(404)

    async with page.expect_download() as download:
        await page.get_by_role("link", name=re.compile("as a file")).click()
    assert (await download.value).suggested_filename.startswith("pupil-")
    await page.get_by_text("Take a request to put something right").click()
    await page.get_by_label("What they ask for, in their words").fill("The form is wrong.")
    await page.get_by_role("button", name="Record the request").click()
    await page.get_by_text("Restrict the record: keep it").click()
    await page.get_by_label("They object to its being used").check()
    await page.get_by_role("button", name="Restrict the record").click()
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("link", name="Data protection").first.click()
    assert "1 waiting" in await page.inner_text("main")
    assert "Canary2" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Requests to put something right").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("Yes, it is put right").check()
    await page.get_by_role("button", name="Record the answer").click()
    assert "Nothing waits for an answer." in await page.inner_text("main")

    await page.goto(f"{people.address}{HERE}/data-protection/access")
    assert "Pupil: exported" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.goto(f"{people.address}{HERE}/data-protection/retention")
    assert await people.keeps_the_rules(page) == []

    await page.goto(f"{rights}/erase")
    await page.get_by_role("button", name="Erase the record").click()
    people.foresee(422)
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("They asked for it").check()
    await page.get_by_label("I am certain").check()
    await page.get_by_role("button", name="Erase the record").click()
    assert "The record is erased" in await page.inner_text("main")
    assert "Canary2" not in await page.content()
    assert await people.keeps_the_rules(page) == []
