"""One Hub for all fault scenarios of a test process; they and their fixtures share one event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from services.registry import SERVICES
from services.runtime.settings import Settings
from tests.brokers import BrokerName
from tests.conftest import NOW, ClientFor, skipping_without_kafka
from tests.faults.hub import Hub, running_hub
from tests.faults.scenario import Place, api_client
from tests.faults.workbench import Workbench, open_workbench

# A client whose replies get lost finds out sooner, so that it finds out more often.
IMPATIENT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A Hub, and the place as a scenario sees it: past the API's proxy, or through it."""

    hub: Hub
    place: Place
    through_proxy: Place


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def started_hub(
    tmp_path_factory: pytest.TempPathFactory, broker_name: BrokerName
) -> AsyncIterator[Hub]:
    """Run the Hub of this test process, on one broker after the other."""
    async with AsyncExitStack() as running:
        with skipping_without_kafka():
            hub = await running.enter_async_context(
                running_hub(tmp_path_factory.mktemp("faults"), broker_name)
            )
        yield hub


@pytest_asyncio.fixture(loop_scope="session")
async def ground(started_hub: Hub) -> AsyncIterator[Ground]:
    """The Hub, made right again if the scenario before left it broken."""
    await started_hub.heal()
    async with (
        api_client(started_hub.address) as straight,
        api_client(started_hub.proxied_address, timeout_s=IMPATIENT_S) as proxied,
    ):
        yield Ground(started_hub, started_hub.place(straight), started_hub.place(proxied))


@pytest.fixture
async def bench(
    settings: Settings, keys: Path, client_for: ClientFor, request: pytest.FixtureRequest
) -> AsyncIterator[Workbench]:
    """Schools that have enrolled, in a Hub of this test's own."""
    async with (
        client_for(tuple(SERVICES.values())) as http,
        open_workbench(Place(settings, keys, http, now=NOW), request.node.name, seed=61) as bench,
    ):
        yield bench
