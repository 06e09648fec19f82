"""A Hub lead's round: the Hub on one screen that moves by itself, tables, snapshots, recount, map."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from playwright.async_api import Page, expect

from services.recount.compare import recount, store_recount
from services.runtime.context import ServiceContext
from tests.browser.people import People
from tests.journeys.hub import SCHOOLS, URN, YEAR
from tests.journeys.test_a_school_year import EVALUATION, TALK

SHOWN_WITHIN_MS: Final = 15_000
"""A look a second and a second or two for the worker, while other tests run beside this one."""


async def open_by(page: Page, link: str) -> None:
    """Follow a link of the navigation."""
    await page.get_by_label("Pages").get_by_role("link", name=link, exact=True).click()


async def test_a_lead_sees_what_is_recorded_without_reloading_and_proves_a_figure(
    people: People, context_for: Callable[[str], ServiceContext]
) -> None:
    await people.hub.settled()
    page = await people.look("lead", "/reporting/hub")
    activities = page.locator("[data-live-part=figures] .hub-figure").nth(2)
    await expect(activities).to_have_text("0")
    assert "2 schools without an evaluation this year" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.evaluate("() => { window.isTheSamePage = true; }")

    await people.hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
    await people.hub.ask("leader", "POST", f"/audit/v1/schools/{URN}/evaluations", json=EVALUATION)

    await expect(activities).to_have_text("1", timeout=SHOWN_WITHIN_MS)
    scores = page.locator("[data-live-part=scores]")
    await expect(scores).to_contain_text("Shared with you", timeout=SHOWN_WITHIN_MS)
    assert await page.evaluate("() => window.isTheSamePage") is True
    assert await people.keeps_the_rules(page) == []

    await people.hub.settled()
    reporting = context_for("reporting")
    await store_recount(reporting, await recount(reporting, YEAR))
    await page.reload()
    assert "every figure agrees" in await page.inner_text("[data-live-part=recount]")
    await page.get_by_role("link", name="See each figure beside its recount").click()
    assert "Every figure agrees" in await page.inner_text("main")
    row = page.get_by_role("row", name=re.compile("^Activities"))
    assert await row.locator("td").all_inner_texts() == ["1", "1", "Agrees"]
    assert await people.keeps_the_rules(page) == []
    await page.get_by_label("Whose figures").select_option(URN)
    await page.get_by_role("button", name="Show").click()
    assert "Score: GB1" in await page.inner_text("main")

    await open_by(page, "The Hub")
    await page.get_by_role("link", name="Recount of encounters").click()
    row = page.get_by_role("row", name=re.compile("^Encounters"))
    assert await row.locator("td").all_inner_texts() == [
        "c",
        "c",
        "Withheld, and the recount withholds it too",
    ]
    assert await people.keeps_the_rules(page) == []
    await open_by(page, "Tables")
    await page.get_by_role("link", name="Employers met").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Recount of All schools, All, 1, 1, 1").click()
    assert await page.locator("tbody#hub-all").get_by_role("row").nth(1).locator("td").all_inner_texts() == [
        "1", "1", "Same",
    ]  # fmt: skip


async def test_a_lead_filters_a_table_takes_it_along_and_looks_at_snapshots_and_the_map(
    people: People,
) -> None:
    await people.hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
    await people.hub.settled()
    page = await people.look("lead", "/reporting/hub")
    await open_by(page, "Tables")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Pupils reached, by benchmark").click()
    await page.get_by_label("School or college").select_option(URN)
    await page.get_by_label("Group of pupils").select_option("Everybody")
    await page.get_by_label("Benchmark").select_option("GB5 Encounters with employers and employees")
    await page.get_by_label("Year group").select_option("Year 10")
    await page.get_by_role("button", name="Show").click()
    assert "Rows 1 to 1 of 1" in await page.inner_text("caption")
    assert await people.keeps_the_rules(page) == []
    for kind in ("CSV", "XLSX", "PDF"):
        async with page.expect_download() as taken:
            await page.get_by_role("link", name=kind).click()
        assert (await taken.value).suggested_filename == f"coverage-2025-26.{kind.lower()}"
    await page.get_by_role("link", name="Tables", exact=True).last.click()

    await open_by(page, "Snapshots")
    assert "The day of this snapshot is not over yet" in await page.inner_text("main")
    await open_by(page, "Map")
    assert "No school has a position in the directory yet" in await page.inner_text("main")
    placed = {
        "urn": URN, "name": f"School {URN}", "setting": "school", "lowest_year": 7, "highest_year": 11,
        "has_post16": False, "district": "Dorset", "latitude": 50.712, "longitude": -2.441,
    }  # fmt: skip
    await people.hub.ask("admin", "PUT", "/employers/v1/directory", json={"schools": [placed]})
    await page.reload()
    assert await page.get_by_role("img", name=re.compile("Map of schools")).is_visible()
    assert await people.keeps_the_rules(page) == []


async def test_a_careers_leader_sees_the_schools_own_figures_tables_snapshots_and_recount(
    people: People,
) -> None:
    await people.hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=TALK)
    await people.hub.ask("leader", "POST", f"/audit/v1/schools/{URN}/evaluations", json=EVALUATION)
    await people.hub.settled()
    page = await people.look("leader", f"/reporting/schools/{URN}")
    assert "Evaluation completed on" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []

    await page.get_by_role("link", name="Our tables").click()
    await page.get_by_role("link", name="Pupils reached, by benchmark").click()
    assert "Pupils are counted whole" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="See these figures beside their recount").click()
    assert "There is no recount of this year yet" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
    await open_by(page, "Our figures")
    await page.get_by_role("link", name="What was frozen of us").click()
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("link", name="Our figures").first.click()
    await page.get_by_role("link", name="Each figure beside its recount").click()
    assert "There is no recount of this year yet" in await page.inner_text("main")
    assert await people.keeps_the_rules(page) == []
