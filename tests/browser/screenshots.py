"""Pictures of the main pages for `docs/pages`, of a demonstration that is running.

    careers-hub demo                                   # in one terminal, until it says that all is there
    python -m tests.browser.screenshots "ADDRESS"      # the address with a code that it printed

Each is opened as the person whose page it is, in the system's Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import find_chromium
from tests.browser.people import WIDE

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pages"
TALLEST: Final = 2_000
"""Pixels: what a reader of the documentation looks at; the rest of a long page says the same."""
SCHOOL: Final = "113854"
PAGES: Final = {
    "hub": ("demo-hub-lead", "/reporting/hub?academic_year=2025/26"),
    "rounds": ("demo-coordinator", "/employers/rounds"),
    "today": (f"demo-careers-leader-{SCHOOL}", f"/pupils/schools/{SCHOOL}"),
    "record-an-activity": (f"demo-careers-leader-{SCHOOL}", f"/pupils/schools/{SCHOOL}/activities/new"),
    "evaluation": (f"demo-careers-leader-{SCHOOL}", f"/audit/schools/{SCHOOL}/evaluation"),
    "governors-pack": (f"demo-careers-leader-{SCHOOL}", f"/audit/schools/{SCHOOL}/pack"),
}


async def take(address: str, folder: Path) -> list[str]:
    """Take every picture; returns the pages that did not answer."""
    program = find_chromium()
    if program is None:
        raise SystemExit("There is no Chromium on this machine.")
    failed = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (who, path) in PAGES.items():
            if not await _take_one(browser, address, folder / f"{name}.png", (who, path)):
                failed.append(path)
        await browser.close()
    return failed


async def _take_one(browser: Browser, address: str, file: Path, page_of: tuple[str, str]) -> bool:
    who, path = page_of
    context = await browser.new_context(viewport={"width": WIDE["width"], "height": WIDE["height"]})
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("button", name=re.compile(rf"as {re.escape(who)}$")).first.click()
    parts = urlsplit(address)
    answer = await page.goto(f"{parts.scheme}://{parts.netloc}{path}")
    height = min(TALLEST, int(await page.evaluate("document.documentElement.scrollHeight")))
    await page.set_viewport_size({"width": WIDE["width"], "height": height})
    await page.screenshot(path=file)
    await context.close()
    return answer is not None and answer.ok


def main() -> int:
    """Take the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("address", help="what the demonstration printed, its code included")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    failed = asyncio.run(take(arguments.address, arguments.folder))
    for path in failed:
        sys.stderr.write(f"did not answer: {path}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
