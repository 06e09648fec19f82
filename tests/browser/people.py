"""People in front of a browser, and what every page has to keep to whoever looks at it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, Self
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser.axe import violations
from tests.journeys.hub import Hub

NARROW: Final = {"width": 320, "height": 640}
WIDE: Final = {"width": 1280, "height": 900}
REFUSED: Final = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")


class People:
    """Opens pages as somebody; remembers all requests, and all that the browser complained of."""

    def __init__(self, hub: Hub, browser: Browser, address: str, tokens: dict[str, str]) -> None:
        self.hub = hub
        self.address = address
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._foreseen: Counter[int] = Counter()
        self._browser = browser
        self._tokens = tokens
        self._contexts: list[BrowserContext] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for context in self._contexts:
            await context.close()

    async def window(self, who: str | None = None, *, scripts: bool = True) -> Page:
        """Open an empty window, signed in as somebody or as nobody."""
        context = await self._browser.new_context(
            viewport={"width": WIDE["width"], "height": WIDE["height"]}, java_script_enabled=scripts
        )
        self._contexts.append(context)
        if who is not None:
            await context.add_cookies(
                [{"name": "careers-hub-session", "value": self._tokens[who], "url": self.address}]
            )
        page = await context.new_page()
        page.on("request", self._note_request)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    async def look(self, who: str, path: str, *, scripts: bool = True) -> Page:
        """Open a page as somebody."""
        page = await self.window(who, scripts=scripts)
        answer = await page.goto(self.address + path)
        assert answer is not None
        assert answer.status < 400, (path, answer.status)
        return page

    def foresee(self, status: int) -> None:
        """Excuse one note of the browser that an answer had this status, whether it came yet or not."""
        self._foreseen[status] += 1

    def unforeseen(self) -> list[str]:
        """List what the browser complained of, less one note for each answer that a test foresaw."""
        left = self._foreseen.copy()
        found = []
        for complaint in self.complaints:
            refused = REFUSED.match(complaint)
            status = int(refused[1]) if refused else 0
            if left[status] > 0:
                left[status] -= 1
            else:
                found.append(complaint)
        return found

    def off_origin(self) -> list[str]:
        """List the requests that went anywhere but to the Hub."""
        own = urlsplit(self.address).netloc
        return [url for url in self.asked if urlsplit(url).netloc != own and not url.startswith("data:")]

    async def keeps_the_rules(self, page: Page) -> list[str]:
        """List what a page breaks: accessibility, a phone's width, its own policy, other people's servers."""
        broken = await violations(page)
        await page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
        wide = await page.evaluate("() => document.documentElement.scrollWidth")
        if wide > NARROW["width"]:
            broken.append(f"{wide} px wide on a phone of {NARROW['width']}")
        broken += await violations(page)
        await page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
        return broken + [f"asked {url}" for url in self.off_origin()] + self.unforeseen()

    def _note_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


async def reached_by_tab(page: Page, most: int = 60) -> list[str]:
    """Press Tab through a page and name what gets the focus, in order, until it comes round again."""
    reached: list[str] = []
    describe = (
        "() => { const e = document.activeElement; if (e === document.body) return ''; "
        "return e.innerText || e.getAttribute('aria-label') || e.name || e.tagName; }"
    )
    for _ in range(most):
        await page.keyboard.press("Tab")
        name = str(await page.evaluate(describe)).strip()
        if not name or (reached and name == reached[0]):
            break
        reached.append(name)
    return reached
