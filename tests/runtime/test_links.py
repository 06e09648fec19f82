"""Links: they open what they are for, while they are open, and nobody can tell why another does not."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx
import pytest
from fastapi import Response
from fastapi.responses import PlainTextResponse
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.runtime.access_log import ACCESS_LOG
from services.runtime.api import create_api
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, HubError, NotFoundError
from services.runtime.linked_routes import (
    AnonymousCaller,
    AnonymousRouter,
    HubLinkCaller,
    HubLinkedRouter,
    LinkCaller,
    LinkedRouter,
)
from services.runtime.links import (
    KEPT_AFTER_END,
    LINKS,
    MOST_OPEN_LINKS,
    Link,
    LinkId,
    Opens,
    Purpose,
    links_to,
    make_link,
    revoke_link,
)
from services.runtime.rates import BURST
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.static_files import StaticFile
from services.runtime.uow import UnitOfWork
from tests.conftest import NOW
from tests.runtime.sample_service import ACTOR, OTHER_URN, URN
from tests.runtime.test_telemetry import spans as spans  # noqa: PLC0414 - a fixture, used by its name

LETTER: Final = Purpose("letter.read")
SURVEY: Final = Purpose("survey.answer")
THE_LETTER: Final = Opens("letter", "l-1", "letters/l-1")
THE_SURVEY: Final = Opens("survey", "s-1", "surveys/s-1")
DAY: Final = dt.timedelta(days=1)


def refuse(error: HubError) -> Response:
    return PlainTextResponse("No such letter.", error.status)


letters = LinkedRouter("pupils", LETTER, refuse)
surveys = LinkedRouter("pupils", SURVEY)


@letters.get("")
async def get_letter(caller: LinkCaller) -> dict[str, Any]:
    return {"read": caller.link.opens.identity, "by": caller.actor.subject, "at": caller.urn}


@surveys.post("/answers")
async def post_answers(caller: LinkCaller) -> dict[str, Any]:
    return {"answered": caller.link.opens.identity}


@surveys.get("/broken")
async def get_broken(caller: LinkCaller) -> dict[str, Any]:
    raise ValueError(caller.link.id)


ballots = AnonymousRouter("employers", refuse)


@ballots.get("")
async def get_ballot(caller: AnonymousCaller) -> dict[str, Any]:
    return {"at": caller.urn, "secret": caller.secret, "of": caller.context.service}


@ballots.post("")
async def post_ballot(caller: AnonymousCaller) -> dict[str, Any]:
    raise ValueError(caller.secret)


of_hub = HubLinkedRouter("employers", LETTER)


@of_hub.get("")
async def get_of_hub(caller: HubLinkCaller) -> dict[str, Any]:
    return {"read": caller.link.opens.identity, "by": caller.actor.subject}


@of_hub.put("/broken")
async def put_broken(caller: HubLinkCaller) -> dict[str, Any]:
    raise ValueError(caller.link.id)


BALLOTS: Final = Service("employers", (), linked_routers=(ballots, of_hub))
STYLE: Final = StaticFile("hub", ".css", "text/css", b"body { margin: 0 }")
LINKED: Final = Service("pupils", (), linked_routers=(letters, surveys), static_files=lambda: (STYLE,))


@dataclass(slots=True)
class Hub:
    """A Hub whose clock a test puts where it likes."""

    client: httpx.AsyncClient
    context: ServiceContext
    now: list[dt.datetime] = field(default_factory=lambda: [NOW])
    employers: ServiceContext | None = None

    async def make_in_hub(self) -> tuple[Link, str]:
        async def work(unit: UnitOfWork) -> tuple[Link, str]:
            return await make_link(unit, LETTER, THE_LETTER, 7 * DAY)

        return await self.in_hub.in_hub(ACTOR, "links", work)

    @property
    def in_hub(self) -> ServiceContext:
        assert self.employers is not None
        return self.employers

    async def make(
        self, purpose: Purpose = LETTER, opens: Opens = THE_LETTER, urn: str = URN
    ) -> tuple[Link, str]:
        async def work(unit: UnitOfWork) -> tuple[Link, str]:
            return await make_link(unit, purpose, opens, 7 * DAY)

        return await self.context.in_school(ACTOR, urn, work)

    async def read(self, secret: str, urn: str = URN) -> httpx.Response:
        return await self.client.get(f"/pupils/links/{urn}/{secret}")

    async def revoke(self, identity: LinkId, purpose: Purpose = LETTER, opens: Opens = THE_LETTER) -> Link:
        async def work(unit: UnitOfWork) -> Link:
            return await revoke_link(unit, purpose, opens, identity)

        return await self.context.in_school(ACTOR, URN, work)

    async def accesses(self) -> list[tuple[str, str, str]]:
        rows = await self.context.school(URN).collection(ACCESS_LOG).find({})
        return [(e["subject"], e["action"], e["resource"]) for row in rows for e in row["entries"]]


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    now = [NOW]
    app = create_api([LINKED, BALLOTS], settings, clock=lambda: now[0])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client,
    ):
        contexts = app.state.gate.contexts
        yield Hub(client, contexts["pupils"], now, contexts["employers"])


async def test_whoever_holds_a_link_is_admitted_to_what_it_opens_without_a_token(hub: Hub) -> None:
    link, secret = await hub.make()

    answer = await hub.read(secret)

    assert answer.json() == {"read": "l-1", "by": f"link:{link.id}", "at": URN}


async def test_each_use_is_counted_and_in_the_access_log(hub: Hub) -> None:
    link, secret = await hub.make()
    for _ in range(2):
        await hub.read(secret)

    (kept,) = await links_to(hub.context.school(URN), LETTER, THE_LETTER)

    assert (kept.uses, kept.last_used_at) == (2, NOW)
    used = (f"link:{link.id}", "link.opened", "letters/l-1")
    assert await hub.accesses() == [(ACTOR.subject, "link.made", "letters/l-1"), used, used]


async def test_only_the_digest_of_the_secret_is_stored(hub: Hub) -> None:
    _, secret = await hub.make()
    await hub.read(secret)

    documents = await hub.context.school(URN).collection(LINKS).find({})

    assert documents[0]["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in json.dumps(documents, default=str)
    assert len(secret) == 43, "256 bits in base64"


async def test_what_does_not_open_answers_alike_whatever_the_reason(hub: Hub) -> None:
    link, secret = await hub.make()
    _, elsewhere = await hub.make(urn=OTHER_URN)
    ended, ended_secret = await hub.make()
    await hub.revoke(ended.id)
    _, of_survey = await hub.make(SURVEY, THE_SURVEY)
    answers = {
        "unknown": await hub.read("A" * 43),
        "short": await hub.read("x"),
        "another school's": await hub.read(elsewhere),
        "at another school": await hub.read(secret, OTHER_URN),
        "at no school": await hub.read(secret, "999999"),
        "at what is no URN": await hub.read(secret, "abc"),
        "the id for the secret": await hub.read(link.id),
        "the digest for the secret": await hub.read(hashlib.sha256(secret.encode()).hexdigest()),
        "revoked": await hub.read(ended_secret),
        "of another purpose": await hub.read(of_survey),
    }
    opened = await hub.read(secret)
    hub.now[0] = NOW + 7 * DAY
    answers["ended"] = await hub.read(secret)

    assert opened.status_code == HTTPStatus.OK
    assert {why: (a.status_code, a.content) for why, a in answers.items()} == dict.fromkeys(
        answers, (HTTPStatus.NOT_FOUND, b"No such letter.")
    )
    assert not await hub.context.school("999999").collection(ACCESS_LOG).find({})


async def test_a_guess_makes_no_database(hub: Hub) -> None:
    await hub.read("A" * 43, "999999")
    assert [school.urn for school in await hub.context.tenancy.schools_of("pupils")] == []


async def test_a_link_ends_at_its_moment_and_not_before(hub: Hub) -> None:
    _, secret = await hub.make()
    hub.now[0] = NOW + 7 * DAY - dt.timedelta(milliseconds=1)
    assert (await hub.read(secret)).status_code == HTTPStatus.OK
    hub.now[0] = NOW + 7 * DAY
    assert (await hub.read(secret)).status_code == HTTPStatus.NOT_FOUND


async def test_a_link_is_revoked_once_and_only_as_what_it_is(hub: Hub) -> None:
    link, secret = await hub.make()
    with pytest.raises(NotFoundError):
        await hub.revoke(link.id, SURVEY, THE_LETTER)
    with pytest.raises(NotFoundError):
        await hub.revoke(link.id, LETTER, Opens("letter", "l-2", "letters/l-2"))
    assert (await hub.read(secret)).status_code == HTTPStatus.OK

    first = await hub.revoke(link.id)
    hub.now[0] = NOW + DAY
    again = await hub.revoke(link.id)

    assert first.revoked_at == again.revoked_at == NOW
    assert [action for _, action, _ in await hub.accesses()].count("link.revoked") == 1


async def test_so_many_links_are_open_at_once_and_no_more(hub: Hub) -> None:
    made = [await hub.make() for _ in range(MOST_OPEN_LINKS)]
    with pytest.raises(ConflictError):
        await hub.make()
    await hub.make(LETTER, Opens("letter", "l-2", "letters/l-2"))

    await hub.revoke(made[0][0].id)

    await hub.make()


async def test_a_link_that_ended_is_listed_for_ninety_days(hub: Hub) -> None:
    old, _ = await hub.make()
    for now, listed in ((old.ends_at + KEPT_AFTER_END, 2), (old.ends_at + KEPT_AFTER_END + DAY, 2)):
        hub.now[0] = now
        await hub.make()
        found = await links_to(hub.context.school(URN), LETTER, THE_LETTER)
        assert len(found) == listed, "the first time the old one is still there, the second time no more"
    assert old.id not in {link.id for link in found}


@pytest.mark.parametrize("kind", ["digest", "purpose", "_id", "a", "Pupil", "pupil.name", "$where"])
def test_a_kind_that_could_be_taken_for_another_field_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="cannot be the kind"):
        Opens(kind, "1", "x/1")


async def test_routes_without_a_refusal_of_their_own_answer_with_a_problem(hub: Hub) -> None:
    _, secret = await hub.make(SURVEY, THE_SURVEY)
    answered = await hub.client.post(f"/pupils/links/{URN}/{secret}/answers")
    refused = await hub.client.post(f"/pupils/links/{URN}/{'A' * 43}/answers")

    assert answered.json() == {"answered": "s-1"}
    assert refused.status_code == HTTPStatus.NOT_FOUND
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"].startswith("This link does not open anything")


async def test_the_secret_is_in_no_log_span_or_error(
    hub: Hub, spans: InMemorySpanExporter, capfd: pytest.CaptureFixture[str]
) -> None:
    _, secret = await hub.make(SURVEY, THE_SURVEY)
    below = f"/pupils/links/{URN}/{secret}"
    said = [
        (await hub.client.request(method, path)).text
        for method, path in (
            ("POST", f"{below}/answers"),
            ("GET", f"{below}/broken"),
            ("DELETE", f"{below}/answers"),
            ("GET", f"{below}/nothing"),
            ("GET", below),
        )
    ]
    captured = capfd.readouterr()
    said += [captured.out, captured.err]
    said += [json.dumps([s.name, dict(s.attributes or {})]) for s in spans.get_finished_spans()]

    assert "GET /pupils/links/{urn}/{secret}/broken" in "\n".join(said)
    assert secret not in "\n".join(said)


async def test_an_address_that_asks_too_often_has_to_wait_and_no_other(
    settings: Settings,
) -> None:
    slow = settings.model_copy(update={"rate_limit_per_second": 1.0})
    app = create_api([LINKED, BALLOTS], slow, clock=lambda: NOW)

    def client(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, client=(address, 1), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://hub.test")

    async with app.router.lifespan_context(app), client("192.0.2.1") as one, client("192.0.2.2") as other:
        path = f"/pupils/links/{URN}/{'A' * 43}/answers"
        answers = [await one.post(path) for _ in range(int(BURST) + 1)]

        assert [a.status_code for a in answers] == [404, 404, HTTPStatus.TOO_MANY_REQUESTS]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert (await other.post(path)).status_code == HTTPStatus.NOT_FOUND


async def test_a_static_file_is_the_same_for_everybody_and_kept_for_ever(hub: Hub) -> None:
    answer = await hub.client.get(STYLE.path("pupils"))

    assert answer.content == STYLE.content
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert STYLE.name != StaticFile("hub", ".css", "text/css", b"other").name
    assert (await hub.client.get("/pupils/static/hub.css")).status_code == HTTPStatus.NOT_FOUND


async def test_an_anonymous_router_opens_nothing_and_writes_nothing_down(hub: Hub) -> None:
    answer = await hub.client.get(f"/employers/links/{URN}/anything")

    assert answer.json() == {"at": URN, "secret": "anything", "of": "employers"}
    assert await hub.accesses() == []
    assert [school.urn for school in await hub.context.tenancy.schools_of("employers")] == []


async def test_people_get_a_page_and_programs_a_problem_when_a_link_opens_nothing(hub: Hub) -> None:
    page = await hub.client.get("/employers/links/abc/x")
    program = await hub.client.get("/employers/links/abc/x", headers={"Content-Type": "application/json"})

    assert (page.status_code, page.text) == (HTTPStatus.NOT_FOUND, "No such letter.")
    assert program.status_code == HTTPStatus.NOT_FOUND
    assert program.json()["detail"].startswith("This link does not open anything")


async def test_the_secret_of_an_anonymous_link_is_in_no_log_span_or_error(
    hub: Hub, spans: InMemorySpanExporter, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await hub.client.post(f"/employers/links/{URN}/the-secret")
    captured = capfd.readouterr()
    said = [answer.text, captured.out, captured.err]
    said += [json.dumps([s.name, dict(s.attributes or {})]) for s in spans.get_finished_spans()]

    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "POST /employers/links/{urn}/{secret}" in "\n".join(said)
    assert "the-secret" not in "\n".join(said)


async def test_anonymous_links_take_their_turn_by_address_too(settings: Settings) -> None:
    slow = settings.model_copy(update={"rate_limit_per_second": 1.0})
    app = create_api([BALLOTS], slow, clock=lambda: NOW)
    transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 1), raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client,
    ):
        path = f"/employers/links/{URN}/x"
        answers = [await client.get(path) for _ in range(int(BURST) + 1)]

    assert [a.status_code for a in answers] == [200, 200, HTTPStatus.TOO_MANY_REQUESTS]


async def test_a_link_of_the_hub_opens_its_route_is_counted_and_ends_at_once(hub: Hub) -> None:
    link, secret = await hub.make_in_hub()
    path = f"/employers/hub-links/{secret}"

    answers = [await hub.client.get(path) for _ in range(2)]

    assert answers[1].json() == {"read": "l-1", "by": f"link of letter l-1: {link.id}"}
    (kept,) = await links_to(hub.in_hub.database(), LETTER, THE_LETTER)
    assert (kept.uses, kept.last_used_at) == (2, NOW)
    assert await hub.in_hub.tenancy.schools_of("employers") == []

    async def work(unit: UnitOfWork) -> Link:
        return await revoke_link(unit, LETTER, THE_LETTER, link.id)

    await hub.in_hub.in_hub(ACTOR, "links", work)
    refused = [await hub.client.get(one) for one in (path, f"/employers/hub-links/{'A' * 43}")]
    assert [each.status_code for each in refused] == [HTTPStatus.NOT_FOUND] * 2
    assert refused[0].content == refused[1].content
    (kept,) = await links_to(hub.in_hub.database(), LETTER, THE_LETTER)
    assert kept.uses == 2


async def test_the_secret_of_a_link_of_the_hub_is_in_no_document_log_span_or_error(
    hub: Hub, spans: InMemorySpanExporter, capfd: pytest.CaptureFixture[str]
) -> None:
    _, secret = await hub.make_in_hub()
    below = f"/employers/hub-links/{secret}"
    said = [
        (await hub.client.request(method, path)).text
        for method, path in (("GET", below), ("PUT", f"{below}/broken"), ("GET", f"{below}/nothing"))
    ]
    captured = capfd.readouterr()
    said += [captured.out, captured.err]
    said += [json.dumps([s.name, dict(s.attributes or {})]) for s in spans.get_finished_spans()]
    said.append(json.dumps(await hub.in_hub.database().collection(LINKS).find({}), default=str))

    assert "PUT /employers/hub-links/{secret}/broken" in "\n".join(said)
    assert secret not in "\n".join(said)


async def test_links_of_the_hub_take_their_turn_by_address_too(settings: Settings) -> None:
    slow = settings.model_copy(update={"rate_limit_per_second": 1.0})
    app = create_api([BALLOTS], slow, clock=lambda: NOW)
    transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 1), raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client,
    ):
        path = f"/employers/hub-links/{'A' * 43}"
        answers = [await client.get(path) for _ in range(int(BURST) + 1)]

    assert [a.status_code for a in answers] == [404, 404, HTTPStatus.TOO_MANY_REQUESTS]
