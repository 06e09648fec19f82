"""What opens by a link, for somebody without an account: a pupil's own record, a survey, and refusals."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.async_api import Page

from services.runtime.context import ServiceContext
from tests.audit.surveys import SURVEY
from tests.browser.people import People, reached_by_tab
from tests.conftest import TokenFor
from tests.journeys.hub import NEIGHBOUR, URN
from tests.pupils.conftest import School, roll_csv, tell_everything
from tests.pupils.test_plans_api import by_name, make
from tests.pupils.test_rectifications import ask
from tests.pupils.test_restriction import CONTESTED

PARTS = 11
RADIOS = 8
"""Questions of the pupils' set that have options or a scale; after them comes one in words."""


async def link_to_a_full_record(people: People, token: TokenFor, context: ServiceContext) -> str:
    """Tell all that can be told of a pupil, restrict the record, and make a link to it; returns its path."""
    headers = {"Authorization": f"Bearer {await token('neighbour', 'careers_leader', NEIGHBOUR)}"}
    async with httpx.AsyncClient(base_url=people.address, headers=headers, timeout=30) as client:
        school = School(client, context, NEIGHBOUR)
        assert (await school.put_roll(roll_csv([1, 2, 3, 101]))).is_success
        await tell_everything(school)
        await make(school, planned_on="2026-06-20", invited=by_name(1))
        ref = await school.ref(1)
        await ask(school, ref, text="My surname has an e.")
        assert (await school.send("PUT", f"/pupils/{ref}/restriction", json=CONTESTED)).is_success
        made = await school.send("POST", f"/pupils/{ref}/record/links", json={"days": 7})
        assert made.is_success, made.text
        return str(made.json()["path"])


async def links_to_a_survey(people: People, count: int) -> list[str]:
    """Plan a survey of pupils that is open, and make links to it; returns their paths."""
    surveys = f"/audit/v1/schools/{URN}/surveys"
    open_now = SURVEY | {"opens_on": "2026-06-01", "closes_on": "2026-06-30"}
    planned = await people.hub.ask("leader", "POST", surveys, json=open_now)
    body = {"version": 1, "links": count}
    made = await people.hub.ask("leader", "POST", f"{surveys}/{planned['id']}/links", json=body)
    return list(made["paths"])


async def refused(people: People, path: str) -> Page:
    """Open a link that opens nothing."""
    page = await people.window()
    people.foresee(404)
    answer = await page.goto(people.address + path)
    assert answer is not None
    assert answer.status == 404
    return page


async def test_a_pupil_reads_the_own_record_on_a_phone_by_keyboard_and_on_paper(
    people: People, token: TokenFor, context_for: Callable[[str], ServiceContext]
) -> None:
    path = await link_to_a_full_record(people, token, context_for("pupils"))
    page = await people.window()
    await page.goto(people.address + path)
    assert await page.inner_text("h1") == "Your careers record"
    assert "Your record is not being used at the moment." in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    reached = await reached_by_tab(page)
    assert reached[0] == "Skip to main content"
    parts = [await part.inner_text() for part in await page.locator("section h2").all()]
    assert reached[1:] == parts, "the contents, and nothing that leads elsewhere"
    assert len(parts) == PARTS
    await page.get_by_role("link", name="Who has looked at your record").focus()
    await page.keyboard.press("Enter")
    assert page.url.endswith("#looked")

    await page.emulate_media(media="print")
    for hidden in (".govuk-skip-link", ".hub-contents", ".hub-foot"):
        assert not await page.locator(hidden).is_visible(), hidden
    for part in await page.locator("section").all():
        assert await part.is_visible()
    await page.context.close()

    page = await people.window(scripts=False)
    await page.goto(people.address + path)
    assert "Wants to sail." in await page.inner_text("main")
    assert "used 2 times" in (await page.inner_text("main")).lower()

    page = await refused(people, path[:-4] + "AAAA")
    assert await page.inner_text("h1") == "This link does not work"
    assert await people.keeps_the_rules(page) == []
    assert await reached_by_tab(page) == ["Skip to main content"]


async def test_whoever_holds_a_link_answers_a_survey_once_and_is_told_what_is_wrong(people: People) -> None:
    path, other = await links_to_a_survey(people, 2)
    page = await people.window()
    await page.goto(people.address + path)
    assert await page.inner_text("h1") == "Spring survey"
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("button", name="Send my answers").click()
    people.foresee(422)
    assert (await page.title()).startswith("Error: ")
    summary = page.locator(".govuk-error-summary")
    await summary.get_by_role("link", name="You have not answered anything yet.").click()
    assert await page.evaluate("() => document.activeElement.id") == "know_routes"

    await page.get_by_label("4", exact=True).first.check()
    words = page.get_by_label("What should there be more of, and what less?")
    # A browser keeps to the limit; somebody else's program may not.
    await words.evaluate("(field) => { field.maxLength = 600; field.value = 'x'.repeat(501); }")
    await page.get_by_role("button", name="Send my answers").click()
    people.foresee(422)
    await summary.get_by_role("link", name="has more than 500 characters").click()
    assert await page.evaluate("() => document.activeElement.id") == "more_of"
    assert await page.get_by_label("4", exact=True).first.is_checked(), "what was answered is kept"
    assert await people.keeps_the_rules(page) == []
    await words.fill("More visits")
    await page.get_by_role("button", name="Send my answers").click()
    assert await page.inner_text("h1") == "Thank you"
    assert await people.keeps_the_rules(page) == []
    await page.context.close()

    page = await refused(people, path)
    assert await page.inner_text("h1") == "This link cannot be used"
    assert await people.keeps_the_rules(page) == []

    by_keyboard = await people.window(scripts=False)
    await by_keyboard.goto(people.address + other)
    await by_keyboard.keyboard.press("Tab")
    for _ in range(RADIOS):
        await by_keyboard.keyboard.press("Tab")
        await by_keyboard.keyboard.press("Space")
    await by_keyboard.keyboard.press("Tab")
    await by_keyboard.keyboard.type("More visits")
    await by_keyboard.keyboard.press("Tab")
    await by_keyboard.keyboard.press("Enter")
    await by_keyboard.wait_for_selector(".govuk-panel")
    assert await by_keyboard.inner_text("h1") == "Thank you"
