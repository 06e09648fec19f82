"""A Hub that a real browser can open, and people who look at it.

The services run in this process, over a real socket, store and broker; the browser is the system's Chromium,
without a head. Where there is no Chromium these tests are skipped, and say so.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright

from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.settings import Settings
from services.web.local_people import ensure_code
from tests.browser.people import People
from tests.conftest import NOW, TokenFor, WorkerFor
from tests.journeys.hub import ALL, NEIGHBOUR, URN, Hub, open_school

START_TIMEOUT_S: Final = 20.0
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Find the system's browser; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    program = find_chromium()
    if program is None:
        pytest.skip(f"no browser here: none of {', '.join(NAMES)} is installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def address(settings: Settings, keys: Path, tmp_path: Path) -> AsyncIterator[str]:
    """All four services at one address, as the embedded Hub serves them."""
    ensure_code(keys)
    changes = {
        "sign_in_keys": keys,
        "erasure_journal": tmp_path / "erasures",
        "rate_limit_per_second": 1_000.0,
    }
    own = settings.model_copy(update=changes)
    app = create_api(tuple(SERVICES.values()), own, clock=lambda: NOW)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="error",
        ws="none",
        lifespan="on",
        # Browsers keep connections open, streams of events above all.
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(START_TIMEOUT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture
async def people(
    address: str, browser: Browser, worker_for: WorkerFor, token: TokenFor
) -> AsyncIterator[People]:
    """A Hub with a school of three pupils, an employer, and somebody of every role in front of a browser."""
    tokens = {
        "leader": await token("leader", "careers_leader", URN),
        "teacher": await token("teacher", "teacher", URN),
        "head": await token("head", "school_leader", URN),
        "governor": await token("governor", "link_governor", URN),
        "adviser": await token("adviser", "enterprise_adviser", URN),
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "coordinator": await token("coordinator", "enterprise_coordinator"),
        "employer": await token("employer", "employer"),
        "neighbour": await token("neighbour", "careers_leader", NEIGHBOUR),
    }
    async with worker_for(ALL), httpx.AsyncClient(base_url=address, timeout=30) as client:
        hub = Hub(client, tokens)
        await open_school(hub)
        async with People(hub, browser, address, tokens) as people:
            yield people
