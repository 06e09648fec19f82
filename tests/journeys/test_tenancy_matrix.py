"""Every route of every service, for every role, at the own school, at another, and at none (promise P5).

Who may do what is decided in `tests/runtime/test_permissions.py`; here every real route must keep to it, with
ids in its path and without a body, so that nothing but the gate can have answered.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import httpx
import pytest

from contracts.vocabulary import Urn
from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.permissions import GRANTS, Role
from services.runtime.routing import SecuredRoute
from services.runtime.settings import Settings
from tests.conftest import ClientFor, TokenFor

OWN: Final = Urn("136500")
FOREIGN: Final = Urn("147467")
NOBODYS: Final = Urn("999999")
IDS: Final = {
    "ref": "0123456789abcdef",
    "identity": "0" * 32,
    "number": "1",
    "key_stage": "ks4",
    "criterion": "gb5.1",
    "benchmark": "gb5",
    "employer_id": "gpg-961",
    "adviser_id": "0" * 32,
    "match_id": "0" * 32,
    "evaluation_id": "0" * 32,
    "plan_id": "0" * 32,
    "series_id": "0" * 32,
    "department_id": "0" * 32,
    "survey_id": "0" * 32,
    "action_id": "0" * 32,
    "item": "st.2",
    "code": "0" * 16,
    "evidence_id": "0" * 32,
    "contact_id": "0" * 32,
    "part": "gb5.1.every_year",
    "offer_id": "0" * 32,
    "need_id": "0" * 32,
    "round_id": "0" * 32,
    "line_id": "0" * 32,
    "table": "coverage",
}
FEWEST_ROUTES: Final = 30
REFUSED: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@pytest.fixture
async def client(client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(tuple(SERVICES.values())) as client:
        yield client


def routes(settings: Settings) -> list[tuple[str, SecuredRoute]]:
    """List every route with a permission, by method."""
    app = create_api(tuple(SERVICES.values()), settings)
    return [
        (method, route)
        for route in app.routes
        if isinstance(route, SecuredRoute)
        for method in sorted(route.methods or ())
    ]


def path_of(route: SecuredRoute, urn: Urn) -> str:
    """Fill in a route's path."""
    ids = IDS | {"urn": urn}
    return re.sub(r"\{(\w+)\}", lambda found: ids[found.group(1)], route.path)


@pytest.mark.parametrize("role", sorted(Role))
async def test_every_route_keeps_to_the_table_of_permissions(
    client: httpx.AsyncClient, token: TokenFor, settings: Settings, role: Role
) -> None:
    await token("somebody else", "careers_leader", FOREIGN)
    of_hub = all(permission.of_hub for permission in GRANTS[role])
    bearer = await token("caller", role, None if of_hub else OWN)
    headers = {"Authorization": f"Bearer {bearer}"}
    wrong: list[tuple[str, str, int]] = []
    asked = routes(settings)
    assert len(asked) >= FEWEST_ROUTES

    for method, route in asked:
        permission = route.gatekeeper.permission
        own = await client.request(method, path_of(route, OWN), headers=headers)
        if permission in GRANTS[role]:
            fits = own.status_code not in REFUSED
        elif of_hub and not permission.of_hub:
            fits = own.status_code == HTTPStatus.NOT_FOUND
        else:
            fits = own.status_code == HTTPStatus.FORBIDDEN
        if not fits:
            wrong.append((method, route.path, own.status_code))
        if "{urn}" not in route.path:
            continue
        foreign, nobodys = [
            await client.request(method, path_of(route, urn), headers=headers) for urn in (FOREIGN, NOBODYS)
        ]
        if foreign.status_code != HTTPStatus.NOT_FOUND or foreign.content != nobodys.content:
            wrong.append((method, route.path, foreign.status_code))
    assert wrong == []
