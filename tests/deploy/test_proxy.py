"""The one address, by Caddy itself: each path reaches its service as it was sent; nothing else is there."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.architecture.source_tree import PROJECT
from tests.conftest import eventually
from tests.demo.small_realm import served
from tests.substrate import child, free_port, listens

CADDYFILE: Final = PROJECT / "deploy" / "compose" / "Caddyfile"
UPSTREAM: Final = re.compile(r"reverse_proxy ([a-z-]+):(\d+)")
BODY: Final = b"x" * 3_000_000

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="there is no caddy on the PATH")


def saying(name: str) -> Starlette:
    """A service that says who it is and what it was sent."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        return JSONResponse(
            {"service": name, "path": request.url.path, "query": request.url.query, "bytes": len(body)}
            | {"headers": dict(request.headers)},
            headers={"Server": name},
        )

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


@pytest.fixture
async def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """Caddy with our file; only the names of containers are replaced by addresses on loopback."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    text = CADDYFILE.read_text(encoding="utf-8")
    port = free_port()
    async with AsyncExitStack() as running:
        for name, number in set(UPSTREAM.findall(text)):
            address = await running.enter_async_context(served(saying(name)))
            text = text.replace(f"{name}:{number}", address.removeprefix("http://"))
        file = tmp_path / "Caddyfile"
        file.write_text(text.replace("\n:8400 {", f"\nhttp://127.0.0.1:{port} {{"), encoding="utf-8")
        command = ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]
        started = await asyncio.to_thread(
            running.enter_context, child(command, tmp_path / "caddy.log", lambda: listens(port))
        )
        assert started.poll() is None
        await eventually(lambda: listens(port))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20.0) as client:
            yield client


async def reached(proxy: httpx.AsyncClient, path: str, **sent: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await proxy.request(sent.pop("method", "GET"), path, **sent)
    assert answer.status_code == 200, path
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    said: dict[str, Any] = answer.json()
    return said


async def test_each_path_reaches_its_service_whole(proxy: httpx.AsyncClient) -> None:
    expected = {
        "/pupils/v1/schools/136500/roll": "pupils-api",
        "/employers/directory": "employers-api",
        "/audit/v1/ledger": "audit-api",
        "/reporting/hub": "reporting-api",
        "/reporting/static/hub.css": "reporting-api",
        "/": "reporting-api",
        "/sign-in": "reporting-api",
        "/sign-in/return": "reporting-api",
        "/sign-out": "reporting-api",
        "/hub/v1/memberships": "pupils-api",
        "/identity/realms/careers-hub/.well-known/openid-configuration": "keycloak",
        "/grafana": "grafana",
        "/grafana/d/careers-hub": "grafana",
    }
    for path, service in expected.items():
        said = await reached(proxy, path, params={"a": "b"})
        assert (said["service"], said["path"], said["query"]) == (service, path, "a=b")
    large = await reached(proxy, "/pupils/v1/schools/136500/roll", method="POST", content=BODY)
    assert large["bytes"] == len(BODY)


async def test_what_is_not_a_service_s_is_not_there(proxy: httpx.AsyncClient) -> None:
    for path in ("/health/ready", "/metrics", "/pupilsx/", "/signin", "/proxy", "/docs"):
        assert (await proxy.get(path)).status_code == 404, path
    assert (await proxy.get("/proxy/health")).status_code == 200


async def test_a_caller_cannot_say_where_a_request_came_from(proxy: httpx.AsyncClient) -> None:
    lies = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test"}
    headers = (await reached(proxy, "/identity/realms/careers-hub", headers=lies))["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == headers["host"]
    assert "evil" not in str(headers)
