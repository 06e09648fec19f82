"""A school over the real store, spoken to through audit's routes, on a day that the test may choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.catalogue import BY_MODEL, decode
from contracts.vocabulary import Payload, Urn
from services.audit.frameworks import framework_versions
from services.audit.model.framework import Profile
from services.audit.service import SERVICE
from services.audit.stream import SCHOOL_RECORDS
from services.runtime.api import create_api
from services.runtime.arrivals import Arrival, Cursor, Job, Stream
from services.runtime.context import ServiceContext, utc_now
from services.runtime.issuer import issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.mongo import Document, Store
from services.runtime.permissions import Role
from services.runtime.projection import ProjectionApplier
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from tests.audit.evaluations import every_answer
from tests.conftest import NOW

URN = "136500"
OTHER_URN = "147467"
PEOPLE = (
    ("leader", Role.CAREERS_LEADER, Urn(URN)),
    ("history", Role.TEACHER, Urn(URN)),
    ("science", Role.TEACHER, Urn(URN)),
    ("head", Role.SCHOOL_LEADER, Urn(URN)),
    ("governor", Role.LINK_GOVERNOR, Urn(URN)),
    ("stranger", Role.CAREERS_LEADER, Urn(OTHER_URN)),
)
Json = dict[str, Any]


@dataclass(slots=True)
class Clock:
    """The day and hour that the Hub thinks it is."""

    now: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        """Read it."""
        return self.now

    def set(self, day: str) -> None:
        """Make it ten o'clock of a day."""
        self.now = dt.datetime.fromisoformat(f"{day}T10:00:00+00:00")


@dataclass(slots=True)
class School:
    """One school's routes, as its people use them."""

    client: httpx.AsyncClient
    context: ServiceContext
    clock: Clock
    settings: Settings
    keys: Path
    urn: str = URN

    async def send(self, method: str, path: str, who: str = "leader", **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Make a request below the school's path, with a token of the day."""
        token = issue_token(
            self.keys,
            issuer=self.settings.issuer,
            audience=self.settings.audience,
            subject=who,
            now=self.clock.now,
        )
        headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
        path = f"/audit/v1/schools/{self.urn}{path}"
        return await self.client.request(method, path, headers=headers, **options)

    async def do(self, method: str, path: str, who: str = "leader", **options: Any) -> Json:  # noqa: ANN401 - httpx's options
        """Make a request that must succeed; returns the body."""
        answer = await self.send(method, path, who, **options)
        assert answer.is_success, answer.text
        body: Json = answer.json()
        return body

    async def start(self, *, setting: str = "school", has_post16: bool = False) -> Json:
        """Start an evaluation."""
        return await self.do("POST", "/drafts", json={"setting": setting, "has_post16": has_post16})

    async def answer(self, page: Json, answers: dict[str, str | None], who: str = "leader") -> httpx.Response:
        """Answer parts of a page as somebody sees it."""
        versions = {part["part"]: part["version"] for part in page["parts"]}
        body = [{"part": p, "answer": a, "version": versions[p]} for p, a in answers.items()]
        path = f"/evaluations/{page['evaluation_id']}/answers"
        return await self.send("PUT", path, who, json={"answers": body})

    async def answered(self, *, best: bool = True, **changes: str) -> Json:
        """Start an evaluation and answer every part; `gb5_1__every_year` names a part."""
        page = await self.start()
        framework = framework_versions()[page["framework_version"]]
        answers: dict[str, str | None] = {
            **every_answer(framework, Profile("school", has_post16=False), best=best)
        }
        answers |= {name.replace("__", ".").replace("_", ".", 1): given for name, given in changes.items()}
        answer = await self.answer(page, answers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def complete(self, page: Json) -> Json:
        """Complete an evaluation that must be complete."""
        return await self.do("POST", f"/evaluations/{page['evaluation_id']}/completion")

    async def told(self) -> list[Payload]:
        """Read what was told of the school."""
        rows = await self.context.ledger.read(self.urn, 0, 1000)
        return [decode(row.event.type, row.event.value.encode()) for row in rows]

    async def hear(self, *payloads: Payload) -> None:
        """Have the service apply what `pupils` tells of the school, as its reader does."""
        stream = Stream("pupils", self.urn)
        applier = ProjectionApplier(SCHOOL_RECORDS, await self.context.projection(SCHOOL_RECORDS))
        cursor = (await applier.cursors([stream]))[stream]
        arrivals = [
            Arrival(
                stream,
                cursor.sequence + place,
                BY_MODEL[type(payload)].name,
                payload.model_dump_json().encode(),
                None,
                None,
            )
            for place, payload in enumerate(payloads, 1)
        ]
        [outcome] = await applier.apply([Job(stream, Cursor(cursor.sequence), arrivals)])
        assert outcome.error is None
        assert outcome.applied == len(payloads)

    async def documents(self, collection: str) -> list[Document]:
        """Read what is stored of the school."""
        return await self.context.school(self.urn).collection(collection).find({})

    async def accesses(self) -> list[tuple[str, str]]:
        """Read the access log: subject and action of each entry."""
        entries = [entry for row in await self.documents("access_log") for entry in row["entries"]]
        return [(entry["subject"], entry["action"]) for entry in entries]


@pytest.fixture
async def school(settings: Settings, store: Store, keys: Path) -> AsyncIterator[School]:
    """A school that has sent nothing yet, with a Careers Leader, two heads of department and a head."""
    memberships = Memberships(Tenancy(store, settings.hub_id), utc_now)
    for subject, role, urn in PEOPLE:
        # Since before the frameworks changed, so that a test can go back there.
        await memberships.grant(Membership(subject, role, urn, dt.datetime(2024, 9, 1, tzinfo=dt.UTC)))
    clock = Clock()
    context = ServiceContext("audit", settings, store, Sealer.from_file(settings.secret_file), clock=clock)
    app = create_api([SERVICE], settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            yield School(client, context, clock, settings, keys)


def problems_of(answer: httpx.Response) -> dict[str, str]:
    """Read what is wrong in which place."""
    return {problem["where"]: problem["reason"] for problem in answer.json()["problems"]}
