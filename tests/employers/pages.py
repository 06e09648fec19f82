"""Pages of `employers` as a signed-in browser asks for them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx

from tests.employers.hub import Hub, Json
from tests.employers.test_rounds_api import lines, propose

ROUNDS = "/employers/rounds"


async def page(hub: Hub, who: str, path: str, form: dict[str, Any] | None = None) -> httpx.Response:
    """Open a page, or send its form, as `ec`, `lead`, `admin` or `leader@136500`."""
    if who not in hub.tokens:
        # The API's own way to make somebody known.
        await hub.ask(who, "GET", "/schools")
    headers = {"Authorization": f"Bearer {hub.tokens[who]}"}
    method = "GET" if form is None else "POST"
    encoded = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None and not form else {}
    return await hub.client.request(method, path, data=form, headers=headers | encoded)


async def shown(hub: Hub, who: str, path: str) -> str:
    """Read a page that must be there, as its text."""
    answer = await page(hub, who, path)
    assert answer.status_code == 200, answer.text
    return text_of(answer)


async def done(hub: Hub, who: str, path: str, form: dict[str, Any]) -> str:
    """Send a form that must be taken; returns where it leads."""
    answer = await page(hub, who, path, form)
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"])


def text_of(answer: httpx.Response) -> str:
    """Read the words of a page's main part, with single spaces."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def hidden(html: str) -> dict[str, str]:
    """Read the hidden fields of a page's forms; the last one of a name counts."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))


async def a_round(hub: Hub) -> tuple[str, Json]:
    """Propose a round with one match; returns the round's id and the line."""
    await hub.need()
    await hub.offer("gpg-1")
    identity = str((await propose(hub))["id"])
    (line,) = await lines(hub, identity)
    return identity, line
