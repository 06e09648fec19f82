"""The embedded Hub that is measured, and the keys to it.

It is the one that `careers-hub up` starts (`services/local/`): the same programs with the same settings, in a
folder of the benchmark's own, on loopback. Some benchmarks take its store and broker alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.vocabulary import Urn
from services.local import BROKER_AND_STORE, EVERY_CHILD, EmbeddedHub, HubOptions, environment
from services.reporting.projections import HUB_REPORT
from services.runtime.context import ServiceContext, utc_now
from services.runtime.issuer import ensure_issuer, issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.mongo import Store
from services.runtime.permissions import Role
from services.runtime.sealing import Sealer
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings

REQUEST_TIMEOUT_S: Final = 120.0
APPLIED_TIMEOUT_S: Final = 120.0
# Looking costs the store about a millisecond.
LOOK_EVERY_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Substrate:
    """A store and a broker, and the settings of a process that would use them."""

    embedded: EmbeddedHub
    settings: Settings
    store: Store
    _contexts: dict[str, ServiceContext] = field(default_factory=dict, init=False)

    def context(self, service: str) -> ServiceContext:
        """Open a service's part of the store."""
        if service not in self._contexts:
            sealer = Sealer.from_file(self.settings.secret_file)
            self._contexts[service] = ServiceContext(service, self.settings, self.store, sealer)
        return self._contexts[service]

    async def token(self, role: Role, urn: Urn | None = None, subject: str | None = None) -> str:
        """Grant somebody a role and sign a token; whom it is does not matter unless a subject is given."""
        subject = subject or f"bench-{role}-{urn or 'hub'}"
        memberships = Memberships(self.context("pupils").tenancy, utc_now)
        await memberships.grant(Membership(subject, role, urn, since=utc_now()))
        return self.sign(subject)

    def sign(self, subject: str) -> str:
        """Sign a token for somebody who may have no role."""
        return issue_token(
            self.embedded.layout.keys,
            issuer=self.settings.issuer,
            audience=self.settings.audience,
            subject=subject,
            now=utc_now(),
        )


@dataclass(frozen=True, slots=True)
class Hub(Substrate):
    """A whole Hub, with a client of its API."""

    client: httpx.AsyncClient = field(kw_only=True)

    async def send(self, method: str, path: str, token: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Send a request that must succeed; returns its JSON object."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        response = await self.client.request(method, path, headers=headers, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:500]}"
        body: dict[str, Any] = response.json()
        return body

    async def heads(self) -> dict[Urn, int]:
        """Read how far the ledger of `pupils` has got, a school each."""
        return {Urn(head.key): head.head for head in await self.context("pupils").ledger.heads()}

    async def applied(self, urns: Iterable[Urn], service: str = "pupils") -> dict[Urn, int]:
        """Read how far the Hub report has got in the schools' streams of a service."""
        documents = await self.context("reporting").projection(HUB_REPORT)
        found = await documents.find(
            {"_id": {"$in": [f"{service}/{urn}" for urn in urns]}}, fields=["key", "sequence"]
        )
        return {Urn(document["key"]): document["sequence"] for document in found}

    async def wait_until_applied(
        self, heads: Mapping[Urn, int], timeout_s: float = APPLIED_TIMEOUT_S, service: str = "pupils"
    ) -> None:
        """Wait until the Hub report has everything of a service up to these heads."""
        async with asyncio.timeout(timeout_s):
            while True:
                applied = await self.applied(heads, service)
                if all(applied.get(urn, 0) >= head for urn, head in heads.items()):
                    return
                await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def running_substrate(data: Path) -> AsyncIterator[Substrate]:
    """Start a store and a broker with nothing in them."""
    async with EmbeddedHub(HubOptions(data, children=BROKER_AND_STORE)) as embedded:
        ensure_issuer(embedded.layout.keys)
        settings = settings_of(embedded)
        async with open_store(settings) as store:
            yield Substrate(embedded, settings, store)


@asynccontextmanager
async def running_hub(data: Path, **role_environment: str) -> AsyncIterator[Hub]:
    """Start a whole Hub with nothing in it; more settings for its processes by their variables' names."""
    quiet = {f"{ENVIRONMENT_PREFIX}LOG_LEVEL": "WARNING", **role_environment}
    async with EmbeddedHub(HubOptions(data, children=EVERY_CHILD, role_environment=quiet)) as embedded:
        settings = settings_of(embedded)
        async with (
            open_store(settings) as store,
            httpx.AsyncClient(base_url=embedded.address, timeout=REQUEST_TIMEOUT_S) as client,
        ):
            yield Hub(embedded, settings, store, client=client)


def settings_of(embedded: EmbeddedHub) -> Settings:
    """Read the settings that a process of this Hub gets."""
    variables = environment(embedded.layout, embedded.hub_id, embedded.ports)
    values = {name.removeprefix(ENVIRONMENT_PREFIX).lower(): value for name, value in variables.items()}
    return Settings.model_validate(values)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Connect to the store of a Hub."""
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=4, application="benchmarks")
    try:
        yield store
    finally:
        await store.close()
