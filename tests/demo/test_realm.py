"""Signing in as the realm's users: once, again in time, and with words that say whom to ask when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.demo.cast import HUB_ADMIN, HUB_LEAD, Person, careers_leader_of, everybody
from services.demo.hub_client import DemoError
from services.demo.realm import Realm, RealmCast, user_of
from tests.demo.invented_schools import school_of
from tests.demo.small_realm import PASSWORD, USERS, SmallRealm, served

URN = school_of().urn


@pytest.fixture
async def realm(keys: Path) -> AsyncIterator[SmallRealm]:
    small = SmallRealm(keys)
    async with served(small.app()) as url:
        small.url = url
        yield small


def cast_of(realm: SmallRealm, password: str = PASSWORD, **how: Any) -> RealmCast:  # noqa: ANN401 - Realm's own
    return RealmCast(Realm(realm.url, password, **how))


async def test_each_role_is_played_by_the_user_that_is_named_like_it(realm: SmallRealm) -> None:
    cast = cast_of(realm)

    played = {person.role: await cast.subject(person) for person in (HUB_ADMIN, *everybody([URN]))}

    assert played == {user.replace("-", "_"): subject for user, subject in USERS.items()}


async def test_one_user_plays_the_careers_leaders_of_all_schools_and_signs_in_once(realm: SmallRealm) -> None:
    cast = cast_of(realm)
    leaders = [careers_leader_of(school_of(urn=str(urn)).urn) for urn in range(136500, 136510)]

    tokens = await asyncio.gather(*(cast.token(leader) for leader in leaders))

    assert len(set(tokens)) == 1
    assert realm.sign_ins == {"careers-leader": 1}


@pytest.mark.parametrize(("life_s", "sign_ins"), [(300, 1), (0, 3), (None, 1)])
async def test_a_token_is_asked_for_anew_after_half_of_its_life(
    realm: SmallRealm, life_s: int | None, sign_ins: int
) -> None:
    realm.life_s = life_s
    cast = cast_of(realm)

    for _ in range(3):
        await cast.token(HUB_LEAD)

    assert realm.sign_ins == {"hub-lead": sign_ins}


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, {"error": "invalid_grant"}, "does not know hub-admin by this password.*locked"),
        (400, {"error": "invalid_grant", "error_description": "Account disabled"}, "does not know hub-admin"),
        (401, {"error": "invalid_client"}, "refuses the client careers-hub-cli.*direct access grants"),
        (400, {"error": "unauthorized_client"}, "refuses the client careers-hub-cli"),
        (500, {"error": "unknown_error"}, "gave no token for hub-admin.*unknown_error.*again"),
        (429, {}, "gave no token for hub-admin.*429"),
    ],
)
async def test_a_refusal_says_who_has_to_be_put_right_and_never_the_password(
    realm: SmallRealm, status: int, body: dict[str, str], told: str
) -> None:
    realm.refusal = (status, body)

    with pytest.raises(DemoError, match=told) as caught:
        await cast_of(realm).token(HUB_ADMIN)

    assert PASSWORD not in f"{caught.value}{caught.value.__cause__}"


async def test_a_wrong_password_and_an_unknown_client_are_refused(realm: SmallRealm) -> None:
    with pytest.raises(DemoError, match="by this password"):
        await cast_of(realm, "wrong").token(HUB_ADMIN)
    with pytest.raises(DemoError, match="refuses the client other"):
        await cast_of(realm, client="other").token(HUB_ADMIN)
    with pytest.raises(DemoError, match="does not know stranger"):
        await cast_of(realm).token(Person("nobody", "stranger"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"token_type": "Bearer"}, "gave no token"),
        ({"access_token": "opaque"}, "does not say whose it is.*`sub`"),
        ({"access_token": "e30.e30.e30"}, "does not say whose it is"),
        ({"access_token": "e30.%%%.e30"}, "does not say whose it is"),
    ],
)
async def test_a_token_that_names_nobody_is_refused(
    realm: SmallRealm, answer: dict[str, str], told: str
) -> None:
    realm.answer = answer

    with pytest.raises(DemoError, match=told):
        await cast_of(realm).token(HUB_ADMIN)


async def test_an_address_without_a_provider_is_told_as_such(realm: SmallRealm) -> None:
    with pytest.raises(DemoError, match=r"no identity provider at this address.*answers 404.*--issuer"):
        await RealmCast(Realm(f"{realm.url}/elsewhere", PASSWORD)).token(HUB_ADMIN)


async def test_a_provider_that_does_not_answer_is_told_as_such() -> None:
    def away(_request: httpx.Request) -> httpx.Response:
        message = "refused"
        raise httpx.ConnectError(message)

    realm = Realm("http://realm.test", PASSWORD, transport=httpx.MockTransport(away))
    with pytest.raises(DemoError, match=r"does not answer: GET http://realm.test/.well-known.*ConnectError"):
        await RealmCast(realm).token(HUB_ADMIN)


def test_a_password_is_in_nothing_that_is_printed() -> None:
    assert PASSWORD not in repr(Realm("http://realm.test", PASSWORD))


def test_users_are_named_like_the_realm_s() -> None:
    assert {user_of(person) for person in (HUB_ADMIN, *everybody([URN]))} == set(USERS)
