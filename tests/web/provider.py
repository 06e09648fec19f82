"""A small identity provider on a real socket: it describes itself, and changes codes for tokens (RFC 7636).

It stands at the other end of `services/web/provider.py`; that a real Keycloak does the same is seen only
where one runs.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

START_TIMEOUT_S = 10.0


@dataclass
class SmallProvider:
    """What it was asked, and how it misbehaves."""

    sign: Callable[[str], str]
    """Signs a token as an issuer of this address."""
    url: str = ""
    described_issuer: str | None = None
    asked: dict[str, str] = field(default_factory=dict)
    exchanges: list[dict[str, str]] = field(default_factory=list)
    no_token: bool = False

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/token", self.exchange, methods=["POST"]),
            ]
        )

    async def describe(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.described_issuer or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "end_session_endpoint": f"{self.url}/end",
            }
        )

    def visited(self, address: str) -> dict[str, str]:
        """Have somebody's browser come to the authorization endpoint; returns what it was sent with."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        self.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self.asked

    async def exchange(self, request: Request) -> Response:
        form: dict[str, Any] = dict(await request.form())
        self.exchanges.append(form)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = (
            form["code"] == "the-code"
            and form["client_id"] == self.asked["client_id"]
            and form["redirect_uri"] == self.asked["redirect_uri"]
            and challenge == self.asked["code_challenge"]
        )
        if not fits:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse({} if self.no_token else {"access_token": self.sign(self.url)})


@asynccontextmanager
async def serve(provider: SmallProvider) -> AsyncIterator[SmallProvider]:
    """Serve it on a free port of the loopback."""
    config = uvicorn.Config(
        provider.app(), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(START_TIMEOUT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
    provider.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = True
        server.force_exit = True
        await running
