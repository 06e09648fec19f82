"""Signing in at a provider, with what somebody could try instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx
import pytest

from services.reporting.service import SERVICE
from services.runtime.api import create_api
from services.runtime.issuer import issue_token
from services.runtime.settings import Settings
from services.web import front
from services.web.provider import _known
from services.web.session import own_path
from tests.conftest import NOW, TokenFor
from tests.web.provider import SmallProvider, serve

HUB: Final = "https://hub.test"
SESSION: Final = "__Host-careers-hub-session"
FLOW: Final = "__Host-careers-hub-flow"
OWN: Final = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def provider(settings: Settings, keys: Path) -> AsyncIterator[SmallProvider]:
    """An identity provider that signs as the tests' issuer does."""

    def sign(issuer: str) -> str:
        return issue_token(keys, issuer=issuer, audience=settings.audience, subject="lead", now=NOW)

    _known.clear()
    async with serve(SmallProvider(sign)) as running:
        yield running


@pytest.fixture
async def browser(
    settings: Settings, provider: SmallProvider, token: TokenFor
) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser at a Hub that people reach by https."""
    await token("lead", "hub_lead")
    own = settings.model_copy(
        update={"issuer": provider.url, "public_url": HUB, "sign_in_client": "careers-hub-pages"}
    )
    app = create_api((SERVICE,), own, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=HUB) as client:
            yield client


async def sent_to_provider(browser: httpx.AsyncClient, provider: SmallProvider, to: str = "") -> str:
    """Go to sign in, and return the state that the provider has to send back."""
    answer = await browser.get(f"/sign-in{'?' + urlencode({'to': to}) if to else ''}")
    assert answer.status_code == 303, answer.text
    return provider.visited(answer.headers["location"])["state"]


async def test_whoever_signs_in_comes_back_to_the_page_that_they_asked_for(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    turned_away = await browser.get("/reporting/hub?academic_year=2025/26")
    assert turned_away.status_code == 303
    assert turned_away.headers["location"].startswith("/sign-in?to=%2Freporting%2Fhub")
    went = await browser.get(turned_away.headers["location"])
    asked = provider.visited(went.headers["location"])
    assert asked["redirect_uri"] == f"{HUB}/sign-in/return"
    assert asked["code_challenge_method"] == "S256"

    back = await browser.get("/sign-in/return", params={"code": "the-code", "state": asked["state"]})
    assert back.status_code == 303, back.text
    assert back.headers["location"] == "/reporting/hub?academic_year=2025/26"
    kept = {line.partition("=")[0]: line for line in back.headers.get_list("set-cookie")}
    for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert word in kept[SESSION]
    assert (await browser.get("/reporting/hub")).status_code == 200


async def test_an_answer_with_another_state_is_refused_and_nobody_is_signed_in(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    await sent_to_provider(browser, provider)
    back = await browser.get("/sign-in/return", params={"code": "the-code", "state": "guessed"})
    assert back.status_code == 403
    assert SESSION not in browser.cookies
    assert provider.exchanges == []


async def test_a_browser_that_began_nothing_cannot_finish_it(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    state = await sent_to_provider(browser, provider)
    browser.cookies.clear()
    back = await browser.get("/sign-in/return", params={"code": "the-code", "state": state})
    assert back.status_code == 403
    assert provider.exchanges == []


@pytest.mark.parametrize("damaged", ["", "%%%", "bm90IGpzb24", "eyJzdGF0ZSI6IDF9"])
async def test_a_damaged_cookie_of_a_flow_is_no_flow(
    browser: httpx.AsyncClient, provider: SmallProvider, damaged: str
) -> None:
    state = await sent_to_provider(browser, provider)
    browser.cookies.clear()
    headers = {"Cookie": f"{FLOW}={damaged}"}
    back = await browser.get("/sign-in/return", params={"code": "x", "state": state}, headers=headers)
    assert back.status_code == 403


async def test_a_code_that_the_provider_refuses_signs_nobody_in(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    state = await sent_to_provider(browser, provider)
    back = await browser.get("/sign-in/return", params={"code": "stolen", "state": state})
    assert back.status_code == 403
    assert len(provider.exchanges) == 1
    assert SESSION not in browser.cookies


async def test_somebody_who_cancels_at_the_provider_is_told_so(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    state = await sent_to_provider(browser, provider)
    back = await browser.get("/sign-in/return", params={"error": "access_denied", "state": state})
    assert back.status_code == 403
    assert "did not sign you in" in back.text


async def test_a_provider_without_a_token_or_with_anothers_name_signs_nobody_in(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    provider.no_token = True
    state = await sent_to_provider(browser, provider)
    back = await browser.get("/sign-in/return", params={"code": "the-code", "state": state})
    assert back.status_code == 403

    _known.clear()
    provider.described_issuer = "https://somebody.else"
    assert (await browser.get("/sign-in")).status_code == 503


async def test_a_token_for_somebody_else_ends_there_and_does_not_go_round_in_circles(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    own = provider.sign
    provider.sign = lambda issuer: own(f"{issuer}/another")
    state = await sent_to_provider(browser, provider)
    back = await browser.get("/sign-in/return", params={"code": "the-code", "state": state})
    assert back.status_code == 403
    assert "from another issuer" in back.text
    assert SESSION not in browser.cookies


async def test_a_token_too_large_for_a_browser_is_refused_with_its_size(
    browser: httpx.AsyncClient, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "MOST_COOKIE_BYTES", 100)
    state = await sent_to_provider(browser, provider)
    back = await browser.get("/sign-in/return", params={"code": "the-code", "state": state})
    assert back.status_code == 503
    assert "leave roles and groups out" in back.text
    assert SESSION not in browser.cookies


async def test_signing_out_forgets_the_token_and_says_where_else_to_sign_out(
    browser: httpx.AsyncClient, provider: SmallProvider
) -> None:
    state = await sent_to_provider(browser, provider)
    await browser.get("/sign-in/return", params={"code": "the-code", "state": state})
    assert (await browser.get("/sign-out")).status_code == 200
    assert SESSION in browser.cookies
    foreign = await browser.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    out = await browser.post("/sign-out", headers=OWN)
    assert f"{provider.url}/end?" in out.text
    assert (await browser.get("/reporting/hub")).status_code == 303


async def test_without_a_client_signing_in_says_what_to_set(settings: Settings) -> None:
    app = create_api((SERVICE,), settings, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            answer = await client.get("/sign-in")
            nobody = await client.post("/sign-in/as", headers=OWN, data={"subject": "lead"})
    assert answer.status_code == 503
    assert "CAREERS_HUB_SIGN_IN_CLIENT" in answer.text
    assert nobody.status_code == 403


@pytest.mark.parametrize(
    "asked",
    [None, "", "reporting/hub", "https://evil.test/", "//evil.test/", "/\\evil.test", "/\tx", "javascript:x"],
)
def test_nobody_is_sent_on_to_another_site(asked: str | None) -> None:
    assert own_path(asked) == "/"


def test_a_path_of_the_hub_is_gone_on_to() -> None:
    assert own_path("/reporting/hub?academic_year=2025/26") == "/reporting/hub?academic_year=2025/26"
