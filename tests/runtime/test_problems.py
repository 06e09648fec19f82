"""What goes wrong over HTTP: each answer says what, where and what to do, and nothing of ours or of yours."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr
from structlog.testing import capture_logs

from services.runtime import api
from services.runtime.api import create_api
from services.runtime.errors import UnavailableError
from services.runtime.memberships import Memberships
from services.runtime.permissions import Permission
from services.runtime.settings import Settings
from tests.conftest import NOW, START_TIMEOUT_S, ClientFor, TokenFor, eventually
from tests.faults.proxy import HOST, Proxy
from tests.runtime.sample_service import OTHER_URN, SOURCE, URN
from tests.runtime.test_telemetry import spans  # noqa: F401 - a fixture

NOTES = f"/pupils/v1/schools/{URN}/notes"
MEDIA_TYPE = "application/problem+json"


@pytest.fixture
async def client(client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for((SOURCE,)) as client:
        yield client


@pytest.fixture
async def teacher(token: TokenFor) -> dict[str, str]:
    """The headers of somebody who may post notes."""
    return {"Authorization": f"Bearer {await token('teacher', 'careers_leader', URN)}"}


Limited = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def client_with(settings: Settings) -> Limited:
    """Run the sample service with other settings."""

    @asynccontextmanager
    async def run(**changes: object) -> AsyncIterator[httpx.AsyncClient]:
        app = create_api((SOURCE,), settings.model_copy(update=changes), clock=lambda: NOW)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
                yield client

    return run


def body_of(size: int) -> bytes:
    """A good note of exactly so many bytes."""
    frame = b'{"pupils": 1, "text": ""}'
    return frame[:-2] + b"x" * (size - len(frame)) + frame[-2:]


async def in_parts(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 64 * 1024):
        yield body[start : start + 64 * 1024]


async def test_a_body_of_exactly_the_limit_is_taken(
    client: httpx.AsyncClient, teacher: dict[str, str], settings: Settings
) -> None:
    headers = teacher | {"Content-Type": "application/json"}
    for content in (body_of(settings.body_limit_bytes), in_parts(body_of(settings.body_limit_bytes))):
        assert (await client.post(NOTES, content=content, headers=headers)).status_code == HTTPStatus.OK


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_larger_body_is_refused_with_the_limit_however_it_is_sent(
    client: httpx.AsyncClient, teacher: dict[str, str], settings: Settings, *, chunked: bool
) -> None:
    body = body_of(settings.body_limit_bytes + 1)
    headers = teacher | {"Content-Type": "application/json"}
    answer = await client.post(NOTES, content=in_parts(body) if chunked else body, headers=headers)

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "4096 KiB" in answer.json()["detail"]
    assert (await client.post(NOTES, json={"pupils": 1}, headers=teacher)).json() == {"count": 1}


async def test_a_body_whose_length_is_a_lie_is_still_limited(
    client_with: Limited, teacher: dict[str, str]
) -> None:
    async with client_with(body_limit_bytes=1024) as client:
        for claimed in ("1", "0", "²", "x"):
            headers = [(b"Authorization", teacher["Authorization"].encode())]
            headers += [
                (b"Content-Type", b"application/json"),
                (b"Content-Length", claimed.encode("latin-1")),
            ]
            answer = await client.post(NOTES, content=body_of(5000), headers=headers)
            assert answer.request.headers["content-length"] == claimed
            assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE, claimed


@pytest.mark.parametrize(
    ("text", "position"),
    [('{"pupils": 1,}', "13"), ('{"pupils": nought}', "11"), ('{"pupils"', "9"), ("pupils=1", "0")],
)
async def test_a_body_that_is_no_json_is_told_where_it_breaks(
    client: httpx.AsyncClient, teacher: dict[str, str], text: str, position: str
) -> None:
    answer = await client.post(NOTES, content=text, headers=teacher | {"Content-Type": "application/json"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["problems"] == [
        {"where": "body", "reason": f"This is not JSON: it breaks at character {position}."}
    ]


@pytest.mark.parametrize("content", [b'{"pupils": "\xff"}', b"[" * 100_000, b"\xff\xfe{\x00}\x00"])
async def test_a_body_that_no_parser_gets_through_is_the_callers_mistake(
    client: httpx.AsyncClient, teacher: dict[str, str], content: bytes
) -> None:
    answer = await client.post(NOTES, content=content, headers=teacher | {"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == MEDIA_TYPE


async def test_each_wrong_field_is_named_and_none_is_repeated(
    client: httpx.AsyncClient, teacher: dict[str, str]
) -> None:
    answer = await client.post(
        NOTES, json={"pupils": "Alice Example", "text": ["A123456789"]}, headers=teacher
    )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [p["where"] for p in answer.json()["problems"]] == ["body.pupils", "body.text"]
    assert "Alice" not in answer.text
    assert "A123456789" not in answer.text


async def test_a_body_with_very_many_mistakes_is_answered_with_the_first_of_them(
    client: httpx.AsyncClient, teacher: dict[str, str]
) -> None:
    many = {"pupils": 1} | {f"surplus-{number}": 1 for number in range(200)}
    answer = await client.post(NOTES, json=many, headers=teacher)
    assert len(answer.json()["problems"]) == 50
    assert answer.json()["problems_not_shown"] == 150


async def test_a_mistake_of_ours_says_nothing_of_what_happened_inside(
    client: httpx.AsyncClient,
    teacher: dict[str, str],
    spans: InMemorySpanExporter,  # noqa: F811 - the fixture
) -> None:
    with capture_logs() as logged:
        answer = await client.put(f"/pupils/v1/schools/{URN}/broken", headers=teacher)

    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert answer.headers["content-type"] == MEDIA_TYPE
    for inside in ("Alice", "RuntimeError", "Traceback", "sample_service"):
        assert inside not in answer.text
    (failed,) = [entry for entry in logged if entry["event"] == "request failed"]
    assert failed["error"] == "RuntimeError"
    assert "put_broken" in failed["where"]
    assert "Alice" not in repr(logged)
    (request,) = [s for s in spans.get_finished_spans() if s.name.startswith("PUT")]
    assert request.context is not None
    assert answer.json()["trace_id"] == f"{request.context.trace_id:032x}"
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == HTTPStatus.INTERNAL_SERVER_ERROR


async def test_a_store_that_is_away_is_unavailable_and_says_when_to_come_back(
    client: httpx.AsyncClient, teacher: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> frozenset[Permission]:
        raise UnavailableError("the data store cannot be reached; nothing was acknowledged")

    monkeypatch.setattr(Memberships, "granted", away)
    answer = await client.get("/pupils/v1/directory", headers=teacher)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(answer.headers["retry-after"]) > 0


async def test_a_path_that_is_not_there_and_a_method_that_is_not_meant_are_problems_too(
    client: httpx.AsyncClient,
) -> None:
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.headers["content-type"]) == (404, MEDIA_TYPE)
    wrong = await client.delete("/pupils/v1/directory")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, MEDIA_TYPE)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_no_page_is_served_that_loads_from_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == HTTPStatus.NOT_FOUND


async def test_health_needs_no_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}


async def test_one_schools_flood_is_turned_away_and_another_school_does_not_notice(
    client_with: Limited, token: TokenFor
) -> None:
    flood = {"Authorization": f"Bearer {await token('flood', 'teacher', URN)}"}
    other = {"Authorization": f"Bearer {await token('other', 'teacher', OTHER_URN)}"}
    async with client_with(rate_limit_per_second=0.5) as client:
        url = f"/pupils/v1/schools/{URN}/rolls"
        assert (await client.get(url, headers=flood)).status_code == HTTPStatus.OK
        answers = await asyncio.gather(*(client.get(url, headers=flood) for _ in range(10)))
        assert {a.status_code for a in answers} == {429}
        assert all(int(a.headers["retry-after"]) >= 1 for a in answers)
        assert answers[0].headers["content-type"] == MEDIA_TYPE
        calm = await client.get(f"/pupils/v1/schools/{OTHER_URN}/rolls", headers=other)
        assert calm.status_code == HTTPStatus.OK


async def test_the_same_key_and_body_get_the_same_answer_and_happen_once(
    client: httpx.AsyncClient, teacher: dict[str, str]
) -> None:
    keyed = teacher | {"Idempotency-Key": "k-1"}
    first = await client.post(NOTES, json={"pupils": 1}, headers=keyed)
    again = await asyncio.gather(*(client.post(NOTES, json={"pupils": 1}, headers=keyed) for _ in range(5)))
    assert first.json() == {"count": 1}
    assert [a.json() for a in again] == [{"count": 1}] * 5
    assert (await client.post(NOTES, json={"pupils": 1}, headers=teacher)).json() == {"count": 2}


async def test_a_key_that_was_used_for_something_else_is_refused(
    client: httpx.AsyncClient, teacher: dict[str, str]
) -> None:
    keyed = teacher | {"Idempotency-Key": "k-1"}
    await client.post(NOTES, json={"pupils": 1}, headers=keyed)
    answer = await client.post(NOTES, json={"pupils": 2}, headers=keyed)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "new key" in answer.json()["detail"]
    assert (await client.post(NOTES, json={"pupils": 9}, headers=teacher)).json() == {"count": 2}


@pytest.mark.parametrize("key", ["", "x" * 129])
async def test_a_key_of_no_sensible_length_is_refused(
    client: httpx.AsyncClient, teacher: dict[str, str], key: str
) -> None:
    answer = await client.post(NOTES, json={"pupils": 1}, headers=teacher | {"Idempotency-Key": key})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_a_key_belongs_to_its_school(client: httpx.AsyncClient, token: TokenFor) -> None:
    for urn in (URN, OTHER_URN):
        headers = {"Authorization": f"Bearer {await token(urn, 'teacher', urn)}", "Idempotency-Key": "k-1"}
        answer = await client.post(f"/pupils/v1/schools/{urn}/notes", json={"pupils": 1}, headers=headers)
        assert answer.json() == {"count": 1}


async def test_a_problem_document_has_the_parts_that_the_standard_names(
    client: httpx.AsyncClient, teacher: dict[str, str]
) -> None:
    answer = await client.post(NOTES, json={}, headers=teacher)
    body = json.loads(answer.text)
    assert body["type"] == "about:blank"
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"] == "body.pupils: Field required"


@pytest.fixture
async def proxied_store(settings: Settings) -> AsyncIterator[tuple[Proxy, Settings]]:
    """A proxy before the store that refuses everybody, and settings that lead to it."""
    store = urlsplit(settings.mongodb_url.get_secret_value())
    proxy = Proxy(store.port or 0)
    await proxy.start()
    await proxy.refuse()
    behind = SecretStr(store._replace(netloc=f"{HOST}:{proxy.port}").geturl())
    yield proxy, settings.model_copy(update={"mongodb_url": behind})
    await proxy.stop()


async def test_a_store_that_is_away_at_the_start_is_waited_for(
    proxied_store: tuple[Proxy, Settings], teacher: dict[str, str]
) -> None:
    proxy, behind = proxied_store
    app = create_api((SOURCE,), behind, clock=lambda: NOW)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub.test") as client,
    ):
        assert (await client.get("/health/live")).status_code == HTTPStatus.OK
        for early in (await client.get("/health/ready"), await client.post(NOTES, headers=teacher)):
            assert early.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            assert int(early.headers["Retry-After"]) > 0
        await proxy.start()

        async def is_ready() -> bool:
            return (await client.get("/health/ready")).status_code == HTTPStatus.OK

        await eventually(is_ready, START_TIMEOUT_S)
        answer = await client.post(NOTES, headers=teacher, json={"pupils": 1})
        assert answer.status_code == HTTPStatus.OK, answer.text


async def test_a_store_that_does_not_do_ends_the_process_even_if_that_is_found_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "PAUSE_WITHOUT_STORE_S", 0)
    told_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    found = iter([UnavailableError("away"), RuntimeError("no replica set")])

    async def open_gate() -> None:
        raise next(found)

    try:
        async with api._patiently(open_gate), asyncio.timeout(START_TIMEOUT_S):
            await told_to_end.wait()
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
