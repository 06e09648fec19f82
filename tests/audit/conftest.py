"""A school over the real store, spoken to through the routes of audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.audit.service import SERVICE
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document
from tests.conftest import ClientFor, TokenFor

URN = "136500"
OTHER_URN = "147467"


@dataclass(slots=True)
class School:
    """One school's routes, as one member of it uses them."""

    client: httpx.AsyncClient
    context: ServiceContext
    token: TokenFor
    urn: str = URN
    headers: dict[str, str] | None = None

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's options
        """Make a request below the school's path."""
        url = f"/audit/v1/schools/{self.urn}{path}"
        return await self.client.request(method, url, headers=self.headers, **options)

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that must be there."""
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Put something that must go in."""
        answer = await self.send("PUT", path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def as_somebody(self, subject: str, role: str, urn: str | None = URN) -> School:
        """Use the same school as somebody else."""
        headers = {"Authorization": f"Bearer {await self.token(subject, role, urn)}"}
        return School(self.client, self.context, self.token, self.urn, headers)

    async def documents(self, collection: str) -> list[Document]:
        """Read what is stored of the school."""
        return await self.context.school(self.urn).collection(collection).find({})

    async def accesses(self) -> list[tuple[str, str, str]]:
        """Read the access log: subject, action and resource of each entry."""
        entries = [entry for row in await self.documents("access_log") for entry in row["entries"]]
        return [(entry["subject"], entry["action"], entry["resource"]) for entry in entries]


@pytest.fixture
async def school(
    client_for: ClientFor, token: TokenFor, context_for: Callable[[str], ServiceContext]
) -> AsyncIterator[School]:
    """A school's Careers Leader; the school has stated nothing yet."""
    async with client_for([SERVICE]) as client:
        headers = {"Authorization": f"Bearer {await token('leader', 'careers_leader', URN)}"}
        yield School(client, context_for("audit"), token, URN, headers)


def problems_of(answer: httpx.Response) -> dict[str, str]:
    """Read the problems of a refusal by their place."""
    return {problem["where"]: problem["reason"] for problem in answer.json()["problems"]}
