"""The Hub's administrator, who lists the directory; and a Hub with schools and employers in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from services.employers.service import SERVICE
from services.runtime.context import ServiceContext
from tests.conftest import ClientFor, TokenFor
from tests.employers.hub import Hub


@pytest.fixture
async def client(client_for: ClientFor, token: TokenFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('admin', 'hub_admin')}"
        yield client


@pytest.fixture
async def hub(
    client: httpx.AsyncClient, token: TokenFor, context_for: Callable[[str], ServiceContext]
) -> Hub:
    """A Hub with two schools and three employers."""
    hub = Hub(client, context_for("employers"), token)
    await hub.list_area()
    return hub
