"""Signing in and out of the embedded Hub, in a browser."""

from __future__ import annotations

import re
from pathlib import Path

from services.web.local_people import ensure_code
from tests.browser.people import People, reached_by_tab


async def test_whoever_has_the_code_signs_in_as_somebody_and_out_again(people: People, keys: Path) -> None:
    page = await people.window()
    await page.goto(f"{people.address}/reporting/hub")
    assert await page.inner_text("h1") == "Open the address that the Hub printed"

    await page.goto(f"{people.address}/sign-in?code={ensure_code(keys)}&to=/reporting/hub")
    assert await people.keeps_the_rules(page) == []
    await page.get_by_role("button", name=re.compile(r"as lead$")).click()
    assert (await page.inner_text("h1")).startswith("The Hub in")

    await page.get_by_role("link", name="Sign out").click()
    await page.get_by_role("button", name="Sign out").click()
    assert await page.inner_text("h1") == "You are signed out"
    await page.goto(f"{people.address}/reporting/hub")
    assert (await page.inner_text("h1")).startswith("Sign in as somebody")


async def test_a_page_that_is_not_theirs_says_so_in_plain_words(people: People) -> None:
    page = await people.window("leader")
    answer = await page.goto(f"{people.address}/reporting/hub")
    assert answer is not None
    assert answer.status == 403
    assert await page.inner_text("h1") == "You cannot open this page"
    people.foresee(403)
    assert await people.keeps_the_rules(page) == []


async def test_everything_can_be_reached_with_the_keyboard_alone(people: People) -> None:
    page = await people.look("lead", "/reporting/hub")
    reached = await reached_by_tab(page)
    assert reached[0] == "Skip to main content"
    assert "The Hub" in reached
    assert "Sign out" in reached


async def test_a_page_works_without_scripts(people: People) -> None:
    page = await people.look("lead", "/reporting/hub", scripts=False)
    assert (await page.inner_text("h1")).startswith("The Hub in")
    assert await page.get_by_role("link", name="Sign out").is_visible()
