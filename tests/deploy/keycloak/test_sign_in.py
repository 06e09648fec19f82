"""A real Keycloak with compose's realm: its tokens pass our checks, and a browser signs in and out by it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml

from services.demo.cast import HUB_ADMIN, HUB_LEAD
from services.demo.hub_client import DemoError
from services.demo.realm import Realm, RealmCast
from services.reporting.service import SERVICE
from services.runtime.api import create_api
from services.runtime.context import utc_now
from services.runtime.settings import Settings
from services.runtime.tokens import TokenVerifier
from services.web.provider import _known
from tests.conftest import TokenFor
from tests.deploy.keycloak.archive import COMPOSE, KeycloakMissingError
from tests.deploy.keycloak.server import PASSWORD, REALM, Keycloak, running

USERS: Final[dict[str, str]] = {
    user["username"]: user["id"] for user in json.loads(REALM.read_text(encoding="utf-8"))["users"]
}
SESSION: Final = "careers-hub-session"
OWN: Final = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    try:
        with running(tmp_path_factory.mktemp("keycloak")) as server:
            yield server
    except KeycloakMissingError as missing:
        pytest.skip(f"no Keycloak here: {missing}")


@pytest.fixture
def compose(settings: Settings, keycloak: Keycloak) -> Settings:
    """What compose gives the api that people sign in at, with the provider where it runs here."""
    given = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["reporting-api"]["environment"]
    defaults = {name: re.sub(r"^\$\{[A-Z_]+:-(.*)\}$", r"\1", value) for name, value in given.items()}
    inside = "http://keycloak:8080/identity"
    return settings.model_copy(
        update={
            "issuer": defaults["CAREERS_HUB_ISSUER"],
            "audience": defaults["CAREERS_HUB_AUDIENCE"],
            "public_url": defaults["CAREERS_HUB_PUBLIC_URL"],
            "sign_in_client": defaults["CAREERS_HUB_SIGN_IN_CLIENT"],
            "jwks_url": defaults["CAREERS_HUB_JWKS_URL"].replace(inside, keycloak.address),
            "sign_in_discovery_url": defaults["CAREERS_HUB_SIGN_IN_DISCOVERY_URL"].replace(
                inside, keycloak.address
            ),
        }
    )


async def token_of(keycloak: Keycloak, user: str, password: str = PASSWORD) -> httpx.Response:
    """Ask as the page on deployment tells people to."""
    form = {"grant_type": "password", "client_id": "careers-hub-cli", "username": user, "password": password}
    async with httpx.AsyncClient(timeout=30.0) as client:
        return await client.post(f"{keycloak.realm}/protocol/openid-connect/token", data=form)


async def test_every_demo_users_token_passes_our_checks_and_names_the_subject_of_the_realm_file(
    keycloak: Keycloak, compose: Settings
) -> None:
    verifier = TokenVerifier(compose, utc_now)
    for user, subject in USERS.items():
        answer = (await token_of(keycloak, user)).raise_for_status().json()
        assert await verifier.subject(answer["access_token"]) == subject
        # A quarter of an hour, less the second in which it was asked for.
        assert 890 <= answer["expires_in"] <= 900


async def test_the_demonstration_signs_in_and_is_told_about_a_wrong_password(keycloak: Keycloak) -> None:
    assert await RealmCast(Realm(keycloak.realm, PASSWORD)).subject(HUB_ADMIN) == USERS["hub-admin"]
    with pytest.raises(DemoError, match="does not know hub-lead by this password"):
        await RealmCast(Realm(keycloak.realm, "wrong")).token(HUB_LEAD)
    with pytest.raises(DemoError, match="refuses the client careers-hub-pages"):
        await RealmCast(Realm(keycloak.realm, PASSWORD, client="careers-hub-pages")).token(HUB_ADMIN)
    with pytest.raises(DemoError, match="no identity provider at this address"):
        await RealmCast(Realm(f"{keycloak.address}/realms/other", PASSWORD)).token(HUB_ADMIN)


@pytest.fixture
async def browser(compose: Settings, token: TokenFor) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser at the Hub's one address."""
    _known.clear()
    await token(USERS["hub-lead"], "hub_lead")
    app = create_api((SERVICE,), compose)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=compose.public_url) as client:
            yield client
    _known.clear()


async def signed_in_at_keycloak(keycloak: Keycloak, address: str, user: str) -> str:
    """Do what somebody does on the provider's page; returns where it sends the browser."""
    async with httpx.AsyncClient(timeout=30.0) as client:
        page = (await client.get(keycloak.reached(address))).raise_for_status()
        [action] = re.findall(r'<form[^>]*action="([^"]+)"', page.text)
        # They are for encrypted connections; browsers keep such cookies of localhost too, httpx does not.
        cookies = "; ".join(line.partition(";")[0] for line in page.headers.get_list("set-cookie"))
        answer = await client.post(
            keycloak.reached(html.unescape(action)),
            data={"username": user, "password": PASSWORD},
            headers={"Cookie": cookies},
        )
    assert answer.status_code == httpx.codes.FOUND, answer.text[:2000]
    return str(answer.headers["location"])


async def test_a_browser_signs_in_by_code_comes_back_to_its_page_and_signs_out_there_too(
    keycloak: Keycloak, browser: httpx.AsyncClient, compose: Settings
) -> None:
    went = await browser.get("/sign-in", params={"to": "/reporting/hub"})
    assert went.status_code == 303, went.text
    asked = parse_qs(urlsplit(went.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]

    back = await signed_in_at_keycloak(keycloak, went.headers["location"], "hub-lead")
    assert back.startswith(f"{compose.public_url}/sign-in/return?")
    home = await browser.get(back)
    assert (home.status_code, home.headers["location"]) == (303, "/reporting/hub"), home.text
    assert SESSION in str(home.headers.get_list("set-cookie"))
    assert (await browser.get("/reporting/hub")).status_code == 200

    left = await browser.post("/sign-out", headers=OWN)
    [end] = re.findall(r'href="([^"]*openid-connect/logout[^"]*)"', left.text)
    async with httpx.AsyncClient(timeout=30.0) as client:
        page = await client.get(keycloak.reached(html.unescape(end)))
    assert page.status_code == httpx.codes.FOUND, page.text[:2000]
    assert page.headers["location"].startswith(f"{compose.public_url}/")
    assert (await browser.get("/reporting/hub")).status_code == 303


async def test_keycloak_wants_pkce_and_our_own_address_to_come_back_to(
    keycloak: Keycloak, browser: httpx.AsyncClient
) -> None:
    went = await browser.get("/sign-in")
    address = urlsplit(went.headers["location"])
    asked: dict[str, Any] = {name: values[0] for name, values in parse_qs(address.query).items()}
    async with httpx.AsyncClient(timeout=30.0) as client:
        at = keycloak.reached(went.headers["location"]).partition("?")[0]
        bare = {name: value for name, value in asked.items() if not name.startswith("code_challenge")}
        unproven = await client.get(at, params=bare)
        elsewhere = await client.get(at, params=asked | {"redirect_uri": "https://elsewhere.example/"})
    assert unproven.status_code == httpx.codes.FOUND
    assert "Missing+parameter%3A+code_challenge_method" in unproven.headers["location"]
    assert elsewhere.status_code == httpx.codes.BAD_REQUEST
