"""A Hub for the tests of attainment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from services.reporting.service import SERVICE
from services.runtime.context import ServiceContext
from tests.conftest import ClientFor, TokenFor
from tests.reporting.attainment.hub import Hub


@pytest.fixture
async def hub(
    client_for: ClientFor, token: TokenFor, context_for: Callable[[str], ServiceContext]
) -> AsyncIterator[Hub]:
    """A Hub that lists no school yet."""
    async with client_for([SERVICE]) as client:
        yield Hub(client, context_for("audit"), context_for("reporting"), token)
