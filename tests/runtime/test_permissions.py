"""Who gets in where: every role, every route, every kind of school, against a table written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from contracts.vocabulary import Urn
from services.runtime import memberships
from services.runtime.api import UnprotectedRouteError, create_api, require_permissions
from services.runtime.context import utc_now
from services.runtime.errors import InvalidError, NotFoundError
from services.runtime.memberships import CACHE_S, Membership, Memberships
from services.runtime.mongo import Store
from services.runtime.permissions import GRANTS, HUB_ROLES, Permission, Role
from services.runtime.routing import SecuredRoute, SecuredRouter
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from tests.conftest import NOW, ClientFor, TokenFor
from tests.runtime.sample_service import DIRECTORY_SOURCE, OTHER_URN, SOURCE, TARGET, URN

SERVICES = (SOURCE, DIRECTORY_SOURCE, TARGET)
NO_SCHOOL = Urn("999999")
STAFF = {"careers_leader", "teacher", "school_leader"}
SCHOOL = STAFF | {"link_governor", "enterprise_adviser"}
HUB = {"enterprise_coordinator", "hub_lead", "hub_admin"}
EVERYBODY = SCHOOL | HUB | {"employer"}
MAY: Final = {
    "roll.import": {"careers_leader"},
    "roll.read": STAFF,
    "pupils.read": STAFF,
    "pupils.export": {"careers_leader"},
    "pupils.erase": {"careers_leader"},
    "conversation.record": {"careers_leader", "teacher"},
    "conversation.read": STAFF,
    "conversation.read_all": {"careers_leader"},
    "activity.record": {"careers_leader", "teacher"},
    "activity.correct": {"careers_leader", "teacher"},
    "activity.read": STAFF,
    "coverage.read": STAFF,
    "evaluation.answer": STAFF,
    "evaluation.complete": {"careers_leader"},
    "evaluation.share": {"careers_leader", "school_leader"},
    "evaluation.read": SCHOOL,
    "department.manage": {"careers_leader"},
    "department.return": STAFF,
    "department.read": STAFF,
    "survey.manage": {"careers_leader"},
    "survey.read": {"careers_leader", "school_leader", "link_governor"},
    "resources.manage": {"careers_leader"},
    "resources.read": {"careers_leader", "school_leader", "link_governor"},
    "plan.manage": {"careers_leader"},
    "plan.report": STAFF,
    "plan.read": SCHOOL,
    "checklist.maintain": {"careers_leader", "school_leader"},
    "impact.review": SCHOOL,
    "impact.agree": {"careers_leader", "school_leader"},
    "needs.manage": {"careers_leader"},
    "needs.read": {"careers_leader", "school_leader"},
    "matches.answer": {"careers_leader"},
    "matches.read": {"careers_leader", "school_leader"},
    "report.read": SCHOOL,
    "hub.report.read": HUB,
    "hub.scores.read_as_lead": {"hub_lead"},
    "hub.scores.read_as_coordinator": {"enterprise_coordinator"},
    "hub.directory.read": EVERYBODY,
    "hub.directory.list": {"hub_admin"},
    "hub.employers.manage": HUB,
    "hub.employers.vet": HUB - {"hub_admin"},
    "hub.contacts.read": HUB - {"hub_admin"},
    "hub.contacts.manage": HUB - {"hub_admin"},
    "hub.advisers.read": {"enterprise_coordinator", "hub_lead"},
    "hub.advisers.manage": {"enterprise_coordinator", "hub_lead"},
    "hub.own_adviser.read": {"enterprise_adviser"},
    "hub.own_adviser.manage": {"enterprise_adviser"},
    "hub.offers.manage": HUB,
    "hub.offers.read": HUB,
    "hub.employer_access.manage": {"enterprise_coordinator", "hub_lead"},
    "hub.own_employer.read": {"employer"},
    "hub.own_offers.manage": {"employer"},
    "hub.asks.answer": {"employer"},
    "hub.needs.read": {"enterprise_coordinator", "hub_lead"},
    "hub.rounds.manage": {"enterprise_coordinator", "hub_lead"},
    "hub.rounds.read": {"enterprise_coordinator", "hub_lead"},
    "hub.freshness.read": EVERYBODY,
    "hub.memberships.manage": {"hub_admin"},
}
"""Who may do what; to change it here and in permissions.py is to decide it."""


@pytest.fixture
async def client(client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(SERVICES) as client:
        yield client


@pytest.fixture
def elsewhere(settings: Settings, store: Store) -> Memberships:
    """Memberships as another process reads and writes them."""
    return Memberships(Tenancy(store, settings.hub_id), utc_now)


def test_the_table_of_permissions_is_the_one_that_was_decided() -> None:
    granted = {str(p): {str(role) for role in Role if p in GRANTS[role]} for p in Permission}
    assert granted == MAY


def test_no_role_of_the_hub_may_do_anything_at_a_school() -> None:
    for role in HUB_ROLES:
        assert all(permission.of_hub for permission in GRANTS[role]), role


def routes(settings: Settings) -> list[tuple[str, str, str]]:
    """Every route that needs a permission: method, path and permission."""
    return [
        (method, route.path, route.gatekeeper.permission)
        for route in create_api(SERVICES, settings).routes
        if isinstance(route, SecuredRoute)
        for method in sorted(route.methods or ())
    ]


def expected(role: str | None, permission: str, urn: str) -> set[int]:
    """Say how a request must end, apart from what happens behind the gate."""
    allowed = role in MAY[permission]
    if permission.startswith("hub."):
        return ADMITTED if allowed else {403}
    if role not in SCHOOL or urn != URN:
        return {404}
    return ADMITTED if allowed else {403}


OF_AN_ADVISER: Final = GRANTS[Role.ENTERPRISE_ADVISER]
ADMITTED: Final = {200, 201, 422, 500}


@pytest.mark.parametrize("role", [*sorted(Role), None])
async def test_each_route_admits_the_roles_of_the_table_and_nobody_else(
    client: httpx.AsyncClient, token: TokenFor, settings: Settings, elsewhere: Memberships, role: str | None
) -> None:
    # Another school exists as well, with somebody in it.
    await token("somebody else", "careers_leader", OTHER_URN)
    bearer = await token("caller", role or "teacher", URN if role is None or role in SCHOOL else None)
    if role is None:
        await elsewhere.end(f"caller/teacher/{URN}", NOW)
    found = routes(settings)
    assert len(found) >= 12

    wrong = []
    for method, path, permission in found:
        for urn in (URN, OTHER_URN, NO_SCHOOL, "abc") if "{urn}" in path else ("",):
            url = path.replace("{urn}", urn).replace("{pupils}", "5")
            answer = await client.request(method, url, headers={"Authorization": f"Bearer {bearer}"})
            if answer.status_code not in expected(role, permission, urn):
                wrong.append((method, url, permission, answer.status_code))
            if (await client.request(method, url)).status_code != HTTPStatus.UNAUTHORIZED:
                wrong.append((method, url, "no token", 0))
    assert wrong == []


async def test_a_foreign_school_answers_exactly_as_one_that_does_not_exist(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    await token("somebody else", "careers_leader", OTHER_URN)
    for role, urn in (("careers_leader", URN), ("hub_admin", None)):
        headers = {"Authorization": f"Bearer {await token(role, role, urn)}"}
        answers = [
            await client.post(f"/pupils/v1/schools/{school}/rolls/5", headers=headers)
            for school in (OTHER_URN, NO_SCHOOL, "136500%0A", "..%2F136500")
        ]
        assert {answer.status_code for answer in answers[:3]} == {404}
        assert answers[0].json() == answers[1].json() == answers[2].json()
        assert answers[3].status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc", "Bearer a.b.c", "Bearer a b"]
)
async def test_without_a_usable_token_the_answer_says_to_sign_in(
    client: httpx.AsyncClient, header: str
) -> None:
    answer = await client.get("/pupils/v1/directory", headers={"Authorization": header})
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_may_be_written_in_any_case(
    client: httpx.AsyncClient, token: TokenFor, scheme: str
) -> None:
    headers = {"Authorization": f"{scheme} {await token('teacher', 'teacher', URN)}"}
    assert (await client.get("/pupils/v1/directory", headers=headers)).json() == {"subject": "teacher"}


async def test_an_adviser_whom_no_school_has_yet_is_of_the_hub_and_may_do_nothing_at_a_school(
    client: httpx.AsyncClient, token: TokenFor, elsewhere: Memberships
) -> None:
    await token("somebody else", "careers_leader", OTHER_URN)
    headers = {"Authorization": f"Bearer {await token('adviser', 'enterprise_adviser')}"}

    assert (await client.get("/pupils/v1/directory", headers=headers)).status_code == HTTPStatus.OK
    assert (await client.get("/pupils/v1/report", headers=headers)).status_code == HTTPStatus.FORBIDDEN
    for urn in (URN, OTHER_URN):
        school = await client.get(f"/pupils/v1/schools/{urn}/rolls", headers=headers)
        assert school.status_code == HTTPStatus.NOT_FOUND
    assert await elsewhere.granted("adviser", None) == {p for p in OF_AN_ADVISER if p.of_hub}
    await token("of a school", "enterprise_adviser", URN)
    assert await elsewhere.granted("of a school", URN) == OF_AN_ADVISER


async def test_somebody_with_two_roles_may_do_what_either_may(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    await token("both", "hub_lead")
    headers = {"Authorization": f"Bearer {await token('both', 'link_governor', URN)}"}
    assert (await client.get("/pupils/v1/report", headers=headers)).status_code == HTTPStatus.OK
    own = await client.get(f"/pupils/v1/schools/{URN}/rolls", headers=headers)
    assert own.status_code == HTTPStatus.FORBIDDEN


async def roll_status(client: httpx.AsyncClient, bearer: str) -> int:
    url = f"/pupils/v1/schools/{URN}/rolls"
    return (await client.get(url, headers={"Authorization": f"Bearer {bearer}"})).status_code


async def test_a_membership_that_ends_in_another_process_ends_here_within_the_promised_minute(
    client: httpx.AsyncClient,
    token: TokenFor,
    elsewhere: Memberships,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert CACHE_S <= 30, "a minute is promised, and clocks differ"
    bearer = await token("coordinator", "teacher", URN)
    assert await roll_status(client, bearer) == HTTPStatus.OK

    await elsewhere.end(f"coordinator/teacher/{URN}", NOW)
    assert await roll_status(client, bearer) == HTTPStatus.OK, "remembered, as long as CACHE_S says"
    # As if that time had passed.
    monkeypatch.setattr(memberships, "CACHE_S", 0.0)

    assert await roll_status(client, bearer) == HTTPStatus.NOT_FOUND


async def test_a_membership_that_ends_through_this_process_ends_at_once(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    admin = {"Authorization": f"Bearer {await token('admin', 'hub_admin')}"}
    bearer = await token("teacher", "teacher", URN)
    assert await roll_status(client, bearer) == HTTPStatus.OK

    ended = await client.post("/hub/v1/memberships/end", json={"id": f"teacher/teacher/{URN}"}, headers=admin)

    assert ended.status_code == HTTPStatus.OK
    assert await roll_status(client, bearer) == HTTPStatus.NOT_FOUND
    listed = (await client.get("/hub/v1/memberships", headers=admin)).json()
    assert {m["subject"]: m["until"] is not None for m in listed} == {"admin": False, "teacher": True}


async def test_a_membership_counts_from_its_first_moment_to_its_last(
    client: httpx.AsyncClient, token: TokenFor, elsewhere: Memberships
) -> None:
    bearer = await token("teacher", "hub_lead")
    second = dt.timedelta(seconds=1)
    dates: list[tuple[dt.datetime, dt.datetime | None, int]] = [
        (NOW + second, None, 404),
        (NOW - second, NOW, 404),
        (NOW - second, NOW + second, 200),
        (NOW, None, 200),
    ]
    admin = {"Authorization": f"Bearer {await token('admin', 'hub_admin')}"}
    for since, until, status in dates:
        body = {
            "subject": "teacher",
            "role": "teacher",
            "urn": URN,
            "since": since.isoformat(),
            "until": None if until is None else until.isoformat(),
        }
        put = await client.put("/hub/v1/memberships", json=body, headers=admin)
        assert put.status_code == HTTPStatus.OK, put.text
        assert await roll_status(client, bearer) == status, (since, until)
    assert len([m for m in await elsewhere.all() if m.subject == "teacher"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"subject": "a", "role": "teacher"},
        {"subject": "a", "role": "hub_lead", "urn": URN},
        {"subject": "a/b", "role": "hub_lead"},
        {"subject": "", "role": "hub_lead"},
        {"subject": "a", "role": "king"},
        {"subject": "a", "role": "teacher", "urn": "1"},
        {"subject": "a", "role": "hub_lead", "since": "yesterday"},
        {"subject": "a", "role": "hub_lead", "since": "2026-06-15T10:00:00"},
        {"subject": "a", "role": "hub_lead", "surplus": 1},
    ],
)
async def test_a_membership_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, token: TokenFor, body: dict[str, object]
) -> None:
    admin = {"Authorization": f"Bearer {await token('admin', 'hub_admin')}"}
    answer = await client.put("/hub/v1/memberships", json=body, headers=admin)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text


@pytest.mark.parametrize("subject", ["auth0|5f7c", "a.b@school.sch.uk", "urn:uuid:1-2", "abc_DEF-9"])
async def test_subjects_as_identity_providers_write_them_are_accepted(
    client: httpx.AsyncClient, token: TokenFor, subject: str
) -> None:
    admin = {"Authorization": f"Bearer {await token('admin', 'hub_admin')}"}
    body = {"subject": subject, "role": "teacher", "urn": URN}
    answer = await client.put("/hub/v1/memberships", json=body, headers=admin)
    assert answer.status_code == HTTPStatus.OK, answer.text
    assert await roll_status(client, await token(subject, "teacher", URN)) == HTTPStatus.OK


async def test_ending_a_membership_that_is_not_there_is_not_found(elsewhere: Memberships) -> None:
    with pytest.raises(NotFoundError):
        await elsewhere.end("nobody/teacher/136500", NOW)
    with pytest.raises(InvalidError):
        await elsewhere.grant(Membership("somebody", Role.TEACHER, None, NOW))


async def test_only_so_many_subjects_are_remembered(
    elsewhere: Memberships, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memberships, "CACHED_SUBJECTS", 3)
    for number in range(6):
        await elsewhere.of(f"somebody-{number}")
    assert len(elsewhere._cache) == 3


def planted() -> list[tuple[str, BaseRoute]]:
    """Routes that somebody has forgotten to protect, one of each kind."""
    inner = APIRouter(prefix="/inner")
    inner.post("/forgotten")(endpoint)
    return [
        ("api", APIRoute("/forgotten", endpoint)),
        ("below a public path", APIRoute("/health/live/forgotten", endpoint)),
        ("websocket", WebSocketRoute("/forgotten", endpoint)),
        ("plain", Route("/forgotten", plain)),
        ("mount", Mount("/forgotten", Starlette())),
        ("mounted router", Mount("/forgotten", inner)),
    ]


async def endpoint() -> None:
    """Be there."""


def plain(_request: Request) -> Response:
    """Be there, as Starlette's own routes are."""
    return Response()


@pytest.mark.parametrize("route", [pytest.param(route, id=kind) for kind, route in planted()])
def test_an_application_with_an_unprotected_route_does_not_start(
    settings: Settings, route: BaseRoute
) -> None:
    app = create_api(SERVICES, settings)
    app.router.routes.append(route)
    with pytest.raises(UnprotectedRouteError, match="forgotten"):
        require_permissions(app)


def test_an_application_that_includes_a_router_does_not_start(settings: Settings) -> None:
    app = create_api(SERVICES, settings)
    inner = APIRouter(prefix="/inner")
    inner.post("/forgotten")(endpoint)
    app.include_router(inner)
    with pytest.raises(UnprotectedRouteError):
        require_permissions(app)


async def test_a_body_is_not_looked_at_before_its_sender_is_admitted(
    client: httpx.AsyncClient, token: TokenFor
) -> None:
    path = f"/pupils/v1/schools/{URN}/notes"
    headers = {"Content-Type": "application/json"}
    assert (await client.post(path, content=b"{", headers=headers)).status_code == HTTPStatus.UNAUTHORIZED
    headers["Authorization"] = f"Bearer {await token('somebody', 'teacher', OTHER_URN)}"
    assert (await client.post(path, content=b"{", headers=headers)).status_code == HTTPStatus.NOT_FOUND


def test_a_permission_of_a_school_needs_a_school_in_the_path_and_one_of_the_hub_none() -> None:
    with pytest.raises(ValueError, match="urn"):
        SecuredRouter("pupils", "/pupils/v1").get("/rolls", Permission.READ_ROLL)(endpoint)
    with pytest.raises(ValueError, match="urn"):
        SecuredRouter("pupils", "/pupils/v1/schools/{urn}").get("/report", Permission.READ_HUB_REPORT)(
            endpoint
        )


def test_a_database_is_named_for_six_digits_and_nothing_else(settings: Settings, store: Store) -> None:
    tenancy = Tenancy(store, settings.hub_id)
    assert tenancy.school("pupils", URN).name == f"{settings.hub_id}_pupils_{URN}"
    for urn in ("", "13650", "1365000", "036500", "13650a", "136500\n", "١٣٦٥٠٠", "../136500", "136500_x"):
        with pytest.raises(NotFoundError):
            tenancy.school("pupils", urn)
