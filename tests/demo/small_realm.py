"""A small identity provider on a real socket: users with one password, password grants, its own keys.

It stands at the other end of `services/demo/realm.py`; a real Keycloak is asked in `tests/deploy/keycloak`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.demo.realm import CLIENT
from services.runtime.context import utc_now
from services.runtime.issuer import PUBLIC_KEYS, issue_token
from tests.architecture.source_tree import PROJECT

START_TIMEOUT_S = 10.0
AUDIENCE: Final = "careers-hub"
PASSWORD: Final = "correct horse battery staple"
_REALM: Final = json.loads((PROJECT / "deploy/compose/keycloak-realm.json").read_text(encoding="utf-8"))
USERS: Final[dict[str, str]] = {user["username"]: user["id"] for user in _REALM["users"]}
"""The users of the realm that compose imports, and their `sub` claims."""


@dataclass
class SmallRealm:
    """What it was asked; the knobs make it misbehave."""

    keys: Path
    url: str = ""
    sign_ins: Counter[str] = field(default_factory=Counter)
    life_s: int | None = 300
    refusal: tuple[int, dict[str, str]] | None = None
    answer: dict[str, Any] | None = None

    def app(self) -> Starlette:
        """Build the application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/token", self.sign_in, methods=["POST"]),
                Route("/certs", self.certs),
            ]
        )

    async def describe(self, _request: Request) -> Response:
        return JSONResponse({"issuer": self.url, "token_endpoint": f"{self.url}/token"})

    async def certs(self, _request: Request) -> Response:
        return JSONResponse(json.loads((self.keys / PUBLIC_KEYS).read_text(encoding="utf-8")))

    async def sign_in(self, request: Request) -> Response:
        form = dict(await request.form())
        assert form["grant_type"] == "password"
        if self.refusal is not None:
            status, body = self.refusal
            return JSONResponse(body, status_code=status)
        if form["client_id"] != CLIENT:
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if form["username"] not in USERS or form["password"] != PASSWORD:
            return JSONResponse({"error": "invalid_grant"}, status_code=401)
        self.sign_ins[str(form["username"])] += 1
        if self.answer is not None:
            return JSONResponse(self.answer)
        token = issue_token(
            self.keys,
            issuer=self.url,
            audience=AUDIENCE,
            subject=USERS[str(form["username"])],
            now=utc_now(),
        )
        life = {} if self.life_s is None else {"expires_in": self.life_s}
        return JSONResponse({"access_token": token, "token_type": "Bearer", **life})


@asynccontextmanager
async def served(app: Callable[..., Any]) -> AsyncIterator[str]:
    """Serve an application on a free port of the loopback; yields its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(START_TIMEOUT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await running
