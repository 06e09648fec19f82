"""Every route that a link opens, with every link that must not open it (promise P5).

What stands in for "not allowed" is one answer, the same to the byte, so that nobody learns whether a link, a
pupil or a school exists.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx
import pytest

from contracts.vocabulary import EmployerId, Urn
from services.audit.commands.survey_answers import HOLDER, answer_by_link
from services.audit.commands.surveys import make_links, plan_survey, withdraw_links
from services.audit.model.survey import Survey
from services.audit.store.surveys import digest_of
from services.audit.surveys import question_sets
from services.employers.own.store import own_of
from services.employers.store import EMPLOYER_SHELF
from services.pupils.service import SERVICE as PUPILS
from services.pupils.store import PUPILS as PUPILS_COLLECTION
from services.registry import SERVICES
from services.runtime.access_log import ACCESS_LOG
from services.runtime.api import create_api
from services.runtime.context import ServiceContext
from services.runtime.linked_routes import (
    AnonymousGatekeeper,
    HubLinkGatekeeper,
    LinkedRoute,
    LinkGatekeeper,
)
from services.runtime.links import Link, Opens, Purpose, make_link, revoke_link
from services.runtime.mongo import Replace
from services.runtime.settings import Settings
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW, TokenFor
from tests.pupils.values import upn

OWN: Final = Urn("136500")
FOREIGN: Final = Urn("147467")
NOBODYS: Final = Urn("999999")
STAFF: Final = Actor("staff")
OTHER_PURPOSE: Final = Purpose("something.else")
WEEK: Final = dt.timedelta(days=7)
FEWEST_ROUTES: Final = 1
ROLL: Final = "upn,surname,forename,year_group,tutor_group\n{upn},Canary{urn},Test,10,10A\n"


async def a_record(context: ServiceContext, urn: Urn) -> Opens:
    """The record of a pupil at a school."""
    found = await context.school(urn).collection(PUPILS_COLLECTION).find({})
    return Opens("pupil", found[0]["_id"], f"pupils/{found[0]['_id']}/record")


async def an_employer(context: ServiceContext, employer_id: str) -> Opens:
    """An employer of the Hub's directory."""
    known = {
        "_id": employer_id,
        "name": f"Canary{employer_id}",
        "sic_section": "C",
        "size_band": "large",
        "town": None,
        "position": None,
    }
    shelf = context.database().collection(EMPLOYER_SHELF.collection)
    await shelf.write(Replace({"_id": employer_id}, known, upsert=True))
    return own_of(EmployerId(employer_id))


OPENED_IN_HUB: Final[dict[str, Callable[[ServiceContext, str], Awaitable[Opens]]]] = {
    "employer.own": an_employer
}
"""What a link of the Hub's opens, by purpose; a new purpose is not here, and fails the test until it is."""
OPENED: Final[dict[str, Callable[[ServiceContext, Urn], Awaitable[Opens]]]] = {"pupil.record": a_record}
"""What a link of each purpose opens; a new purpose is not here, and fails the test until it is."""


async def a_survey(context: ServiceContext, urn: Urn) -> dict[str, str]:
    """Secrets of a survey at a school, open for a week: one that opens, one used, one withdrawn."""

    async def work(unit: UnitOfWork) -> dict[str, str]:
        asked, today = question_sets()["parents_carers"], NOW.date()
        survey = Survey("Spring", "parents_carers", asked, today, today + WEEK - dt.timedelta(days=1))
        known = await plan_survey(unit, context, survey)
        made = await make_links(unit, known["id"], known["version"], 2)
        lost = await make_links(unit, known["id"], made["version"], 1)
        await withdraw_links(unit, known["id"], lost["version"], lost["batch"])
        open_now, used = made["secrets"]
        return {"open": open_now, "used": used, "withdrawn": lost["secrets"][0]}

    secrets = await context.in_school(STAFF, urn, work)

    async def answer(unit: UnitOfWork) -> object:
        return await answer_by_link(unit, secrets["used"], {"involved": 4})

    await context.in_school(HOLDER, urn, answer)
    return secrets


ANONYMOUS: Final[dict[str, Callable[[ServiceContext, Urn], Awaitable[dict[str, str]]]]] = {"audit": a_survey}
"""What anonymous links of each service open; a new service is not here, and fails the test until it is."""


@dataclass(slots=True)
class Hub:
    client: httpx.AsyncClient
    routes: list[LinkedRoute]
    anonymous: list[LinkedRoute]
    of_hub: list[LinkedRoute]
    contexts: dict[str, ServiceContext]
    now: list[dt.datetime] = field(default_factory=list)

    async def link(self, route: LinkedRoute, urn: Urn, purpose: Purpose | None = None) -> tuple[Link, str]:
        """Make a link for a route at a school; returns it with its secret."""
        gatekeeper = route.gatekeeper
        assert isinstance(gatekeeper, LinkGatekeeper)
        context = self.contexts[gatekeeper.service]
        opens = await OPENED[gatekeeper.purpose](context, urn)

        async def work(unit: UnitOfWork) -> tuple[Link, str]:
            return await make_link(unit, purpose or gatekeeper.purpose, opens, WEEK)

        return await context.in_school(STAFF, urn, work)

    async def revoke(self, route: LinkedRoute, link: Link) -> None:
        async def work(unit: UnitOfWork) -> Link:
            return await revoke_link(unit, link.purpose, link.opens, link.id)

        await self.contexts[route.gatekeeper.service].in_school(STAFF, OWN, work)

    async def hub_link(
        self, route: LinkedRoute, identity: str, purpose: Purpose | None = None
    ) -> tuple[Link, str]:
        """Make a link of the Hub's for a route; returns it with its secret."""
        gatekeeper = route.gatekeeper
        assert isinstance(gatekeeper, HubLinkGatekeeper)
        context = self.contexts[gatekeeper.service]
        opens = await OPENED_IN_HUB[gatekeeper.purpose](context, identity)

        async def work(unit: UnitOfWork) -> tuple[Link, str]:
            return await make_link(unit, purpose or gatekeeper.purpose, opens, WEEK)

        return await context.in_hub(STAFF, "links", work)

    async def revoke_in_hub(self, route: LinkedRoute, link: Link) -> None:
        async def work(unit: UnitOfWork) -> Link:
            return await revoke_link(unit, link.purpose, link.opens, link.id)

        await self.contexts[route.gatekeeper.service].in_hub(STAFF, "links", work)

    async def ask(self, route: LinkedRoute, urn: str, secret: str) -> tuple[int, bytes]:
        method = next(iter(route.methods or {"GET"}))
        path = route.path.replace("{urn}", urn).replace("{secret}", secret)
        path = re.sub(r"\{\w+\}", "0" * 32, path)
        answer = await self.client.request(method, path)
        return answer.status_code, answer.content


@pytest.fixture
async def hub(settings: Settings, token: TokenFor) -> AsyncIterator[Hub]:
    now = [NOW]
    app = create_api(tuple(SERVICES.values()), settings, clock=lambda: now[0])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client,
    ):
        for serial, urn in enumerate((OWN, FOREIGN), start=1):
            answer = await client.put(
                f"/{PUPILS.name}/v1/schools/{urn}/roll?academic_year=2025/26",
                content=ROLL.format(upn=upn(serial), urn=urn),
                headers={
                    "Content-Type": "text/csv",
                    "Authorization": f"Bearer {await token(f'leader of {urn}', 'careers_leader', urn)}",
                },
            )
            assert answer.status_code == HTTPStatus.OK, answer.text
        routes = [route for route in app.routes if isinstance(route, LinkedRoute)]
        opened = [route for route in routes if isinstance(route.gatekeeper, LinkGatekeeper)]
        anonymous = [route for route in routes if isinstance(route.gatekeeper, AnonymousGatekeeper)]
        of_hub = [route for route in routes if isinstance(route.gatekeeper, HubLinkGatekeeper)]
        assert len(opened) + len(anonymous) + len(of_hub) == len(routes)
        yield Hub(client, opened, anonymous, of_hub, app.state.gate.contexts, now)


async def test_a_link_opens_its_route_and_what_is_no_open_link_of_it_answers_alike(hub: Hub) -> None:
    assert len(hub.routes) >= FEWEST_ROUTES
    for route in hub.routes:
        link, secret = await hub.link(route, OWN)
        _, of_foreign = await hub.link(route, FOREIGN)
        revoked, revoked_secret = await hub.link(route, OWN)
        await hub.revoke(route, revoked)
        _, of_other_purpose = await hub.link(route, OWN, OTHER_PURPOSE)
        _, ending = await hub.link(route, OWN)

        status, opened = await hub.ask(route, OWN, secret)
        assert status != HTTPStatus.NOT_FOUND, route.path
        assert b"Canary147467" not in opened
        answers = {
            "at a foreign school": await hub.ask(route, FOREIGN, secret),
            "at nobody's school": await hub.ask(route, NOBODYS, secret),
            "at what is no URN": await hub.ask(route, "1", secret),
            "of a foreign school": await hub.ask(route, OWN, of_foreign),
            "revoked": await hub.ask(route, OWN, revoked_secret),
            "of another purpose": await hub.ask(route, OWN, of_other_purpose),
            "unknown": await hub.ask(route, OWN, "A" * 43),
            "cut short": await hub.ask(route, OWN, secret[:-1]),
            "its id": await hub.ask(route, OWN, link.id),
        }
        hub.now[0] = NOW + WEEK
        answers["expired"] = await hub.ask(route, OWN, ending)
        hub.now[0] = NOW
        expected = (HTTPStatus.NOT_FOUND, answers["unknown"][1])
        assert answers == dict.fromkeys(answers, expected), route.path


async def test_an_anonymous_link_opens_its_routes_and_what_is_no_open_one_answers_alike(hub: Hub) -> None:
    assert {route.gatekeeper.service for route in hub.anonymous} == ANONYMOUS.keys()
    for service, make in ANONYMOUS.items():
        context = hub.contexts[service]
        secrets, foreign = await make(context, OWN), await make(context, FOREIGN)
        logged = await context.school(OWN).collection(ACCESS_LOG).find({})
        for route in hub.anonymous:
            status, _ = await hub.ask(route, OWN, secrets["open"])
            assert status != HTTPStatus.NOT_FOUND, route.path
            answers = {
                "at a foreign school": await hub.ask(route, FOREIGN, secrets["open"]),
                "at nobody's school": await hub.ask(route, NOBODYS, secrets["open"]),
                "at what is no URN": await hub.ask(route, "1", secrets["open"]),
                "of a foreign school": await hub.ask(route, OWN, foreign["open"]),
                "used": await hub.ask(route, OWN, secrets["used"]),
                "withdrawn": await hub.ask(route, OWN, secrets["withdrawn"]),
                "unknown": await hub.ask(route, OWN, "A" * 43),
                "cut short": await hub.ask(route, OWN, secrets["open"][:-1]),
                "its digest": await hub.ask(route, OWN, digest_of(secrets["open"])),
            }
            hub.now[0] = NOW + WEEK
            answers["closed"] = await hub.ask(route, OWN, secrets["open"])
            hub.now[0] = NOW
            expected = (HTTPStatus.NOT_FOUND, answers["unknown"][1])
            assert answers == dict.fromkeys(answers, expected), route.path
        assert await context.school(OWN).collection(ACCESS_LOG).find({}) == logged, "nobody was written down"
        assert not await context.school(NOBODYS).collection(ACCESS_LOG).find({})


async def test_a_link_of_the_hub_opens_its_route_and_what_is_no_open_link_of_it_answers_alike(
    hub: Hub,
) -> None:
    assert len(hub.of_hub) >= FEWEST_ROUTES
    entry = next(route for route in hub.of_hub if route.path.endswith("{secret}"))
    _, of_other = await hub.hub_link(entry, "gpg-2")
    for route in hub.of_hub:
        identity = f"gpg-1{hub.of_hub.index(route)}"
        link, secret = await hub.hub_link(route, identity)
        revoked, revoked_secret = await hub.hub_link(route, identity)
        await hub.revoke_in_hub(route, revoked)
        _, of_other_purpose = await hub.hub_link(route, identity, OTHER_PURPOSE)
        _, ending = await hub.hub_link(route, identity)

        _, opened = await hub.ask(route, OWN, secret)
        # A program reads the first, and somebody who looks at a page the second.
        refusals = (b"This link does not open anything", b"This link does not work")
        assert not any(refused in opened for refused in refusals), route.path
        assert b"Canarygpg-2" not in opened
        answers = {
            "revoked": await hub.ask(route, OWN, revoked_secret),
            "of another purpose": await hub.ask(route, OWN, of_other_purpose),
            "unknown": await hub.ask(route, OWN, "A" * 43),
            "cut short": await hub.ask(route, OWN, secret[:-1]),
            "its id": await hub.ask(route, OWN, link.id),
        }
        hub.now[0] = NOW + WEEK
        answers["expired"] = await hub.ask(route, OWN, ending)
        hub.now[0] = NOW
        assert any(refused in answers["unknown"][1] for refused in refusals)
        expected = (HTTPStatus.NOT_FOUND, answers["unknown"][1])
        assert answers == dict.fromkeys(answers, expected), route.path
    assert b"Canarygpg-2" in (await hub.ask(entry, OWN, of_other))[1]


async def test_a_link_of_the_hub_and_one_of_a_school_do_not_open_each_others_routes(hub: Hub) -> None:
    of_school, of_hub = hub.routes[0], hub.of_hub[0]
    _, secret = await hub.link(of_school, OWN)
    _, hub_secret = await hub.hub_link(of_hub, "gpg-1")

    assert (await hub.ask(of_hub, OWN, secret))[0] == HTTPStatus.NOT_FOUND
    assert (await hub.ask(of_school, OWN, hub_secret))[0] == HTTPStatus.NOT_FOUND


async def test_a_link_opens_nothing_that_needs_a_token(hub: Hub) -> None:
    """Its secret is no token, in the header or elsewhere."""
    for route in hub.routes:
        _, secret = await hub.link(route, OWN)
        headers = {"Authorization": f"Bearer {secret}"}
        answer = await hub.client.get(f"/pupils/v1/schools/{OWN}/pupils", headers=headers)
        assert answer.status_code == HTTPStatus.UNAUTHORIZED
