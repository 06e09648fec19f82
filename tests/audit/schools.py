"""A school as its staff use the routes of audit, at any moment that a test needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.vocabulary import Urn
from services.audit.commands.survey_answers import answer_by_link
from services.audit.service import SERVICE
from services.runtime.api import create_api
from services.runtime.context import ServiceContext, utc_now
from services.runtime.issuer import issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.mongo import Document, Store
from services.runtime.permissions import Role
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW

URN: Final = "136500"
YEAR: Final = "2025/26"


@dataclass(frozen=True, slots=True)
class Hub:
    """What tests of one Hub stand on."""

    settings: Settings
    store: Store
    keys: Path

    async def bearer(self, subject: str, role: str, now: dt.datetime) -> dict[str, str]:
        """Give somebody a role at the school, and return their header."""
        memberships = Memberships(Tenancy(self.store, self.settings.hub_id), utc_now)
        since = dt.datetime(2020, 9, 1, tzinfo=dt.UTC)
        await memberships.grant(Membership(subject, Role(role), Urn(URN), since))
        token = issue_token(
            self.keys,
            issuer=self.settings.issuer,
            audience=self.settings.audience,
            subject=subject,
            now=now,
        )
        return {"Authorization": f"Bearer {token}"}


@dataclass(slots=True)
class School:
    """One school's routes, as one member of staff uses them at one moment."""

    hub: Hub
    client: httpx.AsyncClient
    context: ServiceContext
    now: dt.datetime

    async def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Make a request below the school's path."""
        return await self.client.request(method, f"/audit/v1/schools/{URN}{path}", json=body)

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def told(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send something that must go in; returns the receipt."""
        answer = await self.send(method, path, body)
        assert answer.status_code in {200, 201}, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def refused(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, str]:
        """Send something that makes no sense; returns what is said of it, by place."""
        answer = await self.send(method, path, body)
        assert answer.status_code == 422, answer.text
        return {problem["where"]: problem["reason"] for problem in answer.json().get("problems", [])}

    async def as_(self, subject: str, role: str) -> School:
        """The same school as somebody else uses it."""
        headers = await self.hub.bearer(subject, role, self.now)
        client = httpx.AsyncClient(
            transport=self.client._transport, base_url="http://hub.test", headers=headers
        )
        return School(self.hub, client, self.context, self.now)

    async def answer(self, secret: str, answers: Mapping[str, Any]) -> Document:
        """Answer a survey as the holder of a link does."""

        async def work(unit: UnitOfWork) -> Document:
            return await answer_by_link(unit, secret, answers)

        return await self.context.in_school(Actor("link"), URN, work)

    async def documents(self, collection: str) -> list[Document]:
        """Read what is stored of the school."""
        return await self.context.school(URN).collection(collection).find({})

    async def accesses(self) -> list[tuple[str, str, str]]:
        """Read the access log: subject, action and resource of each entry."""
        entries = [entry for row in await self.documents("access_log") for entry in row["entries"]]
        return [(entry["subject"], entry["action"], entry["resource"]) for entry in entries]


@asynccontextmanager
async def school_at(hub: Hub, now: dt.datetime = NOW) -> AsyncIterator[School]:
    """Open the school's routes at a moment, for its Careers Leader."""
    app = create_api([SERVICE], hub.settings, clock=lambda: now)
    sealer = Sealer.from_file(hub.settings.secret_file)
    context = ServiceContext("audit", hub.settings, hub.store, sealer, clock=lambda: now)
    headers = await hub.bearer("leader", "careers_leader", now)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://hub.test", headers=headers
        ) as client:
            yield School(hub, client, context, now)
