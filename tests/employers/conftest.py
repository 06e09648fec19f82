"""The Hub's administrator, who lists the directory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from services.employers.service import SERVICE
from tests.conftest import ClientFor, TokenFor


@pytest.fixture
async def client(client_for: ClientFor, token: TokenFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for([SERVICE]) as client:
        client.headers["Authorization"] = f"Bearer {await token('admin', 'hub_admin')}"
        yield client
