"""What is told of advisers travels, and those who read the directory's topic step over it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.employers.service import SERVICE
from services.pupils.service import SERVICE as PUPILS_SERVICE
from services.reporting.service import SERVICE as REPORTING_SERVICE
from services.runtime.context import ServiceContext
from services.runtime.freshness import read_freshness
from services.runtime.service import Service
from tests.conftest import ClientFor, TokenFor, WorkerFor, eventually
from tests.employers.advisers import available, list_schools, three_schools, want, working

ContextFor = Callable[[str], ServiceContext]


@pytest.mark.every_broker
async def test_every_reader_of_the_topic_passes_a_relationship_and_none_stops(
    client_for: ClientFor, worker_for: WorkerFor, context_for: ContextFor, token: TokenFor
) -> None:
    async with client_for([SERVICE]) as client:
        await list_schools(client, await token("admin", "hub_admin"), *three_schools())
        client.headers["Authorization"] = f"Bearer {await token('lead', 'hub_lead')}"
        await want(client)
        await working(client, await available(client))
    readers = (PUPILS_SERVICE, REPORTING_SERVICE)

    async with worker_for([SERVICE, *readers]):

        async def passed() -> bool:
            return all(
                [await applied(context_for, reader) == {"directory": 3, "advisers": 3} for reader in readers]
            )

        await eventually(passed, 30)

    for reader in readers:
        assert (await read_freshness(context_for(reader.name), reader)).held == ()


async def applied(context_for: ContextFor, reader: Service) -> dict[str, int]:
    """How far the reader of the directory's topic is, by key."""
    fresh = await read_freshness(context_for(reader.name), reader)
    return next((at["employers"] for at in fresh.positions.values() if "employers" in at), {})
