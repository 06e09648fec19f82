"""Real api and worker processes of all services on a substrate, and the keys to them.

The processes are those of production (`python -m services serve ...`), one api and one worker for all four
services, as in the embedded Hub. Each gets its settings from the environment, like any process of ours.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext, utc_now
from services.runtime.issuer import issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.mongo import Store
from services.runtime.permissions import Role
from services.runtime.sealing import Sealer
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings
from tests.substrate import free_port, wait_for_port

READY_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 10.0
REQUEST_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Hub:
    """A running Hub: its settings, a client of its API, and its store."""

    settings: Settings
    client: httpx.AsyncClient
    store: Store

    def context(self, service: str) -> ServiceContext:
        """Open a service's stores, to look at what has arrived."""
        return ServiceContext(service, self.settings, self.store, Sealer.from_file(self.settings.secret_file))

    async def token(self, role: Role, urn: Urn | None = None) -> str:
        """Grant somebody a role and sign a token."""
        return await grant(self.settings, self.store, role, urn)

    async def send(self, method: str, path: str, token: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Send a request that must succeed; returns its JSON object."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        response = await self.client.request(method, path, headers=headers, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:500]}"
        body: dict[str, Any] = response.json()
        return body

    async def applied(self, projection: str, urns: Sequence[Urn]) -> dict[Urn, int]:
        """Read how far a projection of reporting is in the schools' streams of `pupils`."""
        documents = await self.context("reporting").database().collection(projection).find(
            {"_id": {"$in": [f"pupils/{urn}" for urn in urns]}}, fields=["sequence", "key"]
        )
        return {Urn(document["key"]): document["sequence"] for document in documents}

    async def wait_until_applied(self, heads: dict[Urn, int], timeout_s: float) -> None:
        """Wait until the Hub report has everything up to these heads."""
        async with asyncio.timeout(timeout_s):
            while True:
                applied = await self.applied("hub_report_v1", list(heads))
                if all(applied.get(urn, 0) >= head for urn, head in heads.items()):
                    return
                await asyncio.sleep(POLL_S)


async def grant(settings: Settings, store: Store, role: Role, urn: Urn | None = None) -> str:
    """Store a membership and sign a token for it."""
    context = ServiceContext("pupils", settings, store, Sealer.from_file(settings.secret_file))
    subject = f"bench-{role}-{urn or 'hub'}"
    await Memberships(context.tenancy, utc_now).grant(Membership(subject, role, urn, since=utc_now()))
    assert settings.secret_file is not None
    return issue_token(
        settings.secret_file.parent,
        issuer=settings.issuer,
        audience=settings.audience,
        subject=subject,
        now=utc_now(),
    )


@asynccontextmanager
async def running_hub(settings: Settings, folder: Path) -> AsyncIterator[Hub]:
    """Start an api and a worker process of all services, and wait until both are ready."""
    ports = {role: free_port() for role in ("api", "worker")}
    with ExitStack() as processes:
        for role, port in ports.items():
            command = ["/tmp/bench_serve.py", role, str(port)]  # DEV
            log = folder / f"{settings.hub_id}-{role}.log"
            processes.enter_context(python(command, settings, log))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{ports['api']}", timeout=REQUEST_TIMEOUT_S
        ) as client, open_store(settings) as store:
            for role, port in ports.items():
                await wait_until_ready(port, folder / f"{settings.hub_id}-{role}.log")
            yield Hub(settings, client, store)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Connect to the store of a Hub."""
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=4, application="benchmarks")
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def python(arguments: Sequence[str], settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our modules as a process, with its settings in the environment, and end it afterwards."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ENVIRONMENT_PREFIX)}
    environment |= as_environment(settings)
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, *arguments], stdout=output, stderr=output, env=environment)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def as_environment(settings: Settings) -> dict[str, str]:
    """Render settings as the variables that they are read from."""
    values: dict[str, str] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            values[ENVIRONMENT_PREFIX + name.upper()] = text
    return values


async def wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a process listens; raises RuntimeError with its last words if it does not."""
    await asyncio.to_thread(wait_for_port, process, port, log)


async def wait_until_ready(port: int, log: Path) -> None:
    """Wait until a process answers that it is ready; raises RuntimeError with its last words if not."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    async with httpx.AsyncClient(timeout=2.0) as client:
        while time.monotonic() < deadline:
            try:
                response = await client.get(f"http://127.0.0.1:{port}/health/ready")
            except httpx.TransportError:
                pass
            else:
                if response.is_success:
                    return
            await asyncio.sleep(0.05)
    message = f"not ready after {READY_TIMEOUT_S:.0f} s: {log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)
