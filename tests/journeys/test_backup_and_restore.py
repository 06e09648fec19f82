"""Back up, erase, restore: the erased stay erased, and nothing that was told in between is counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.backup.archive import Archive
from services.backup.fitting import Wish
from services.backup.making import make_backup
from services.backup.restoring import Restored, restore
from services.recount.compare import recount
from services.runtime.context import ServiceContext
from services.runtime.mongo import Store
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from services.runtime.worker import Worker
from tests.conftest import NOW, ClientFor, TokenFor, WorkerFor, eventually
from tests.journeys.hub import ALL, SCHOOLS, URN, YEAR, Hub, open_school
from tests.journeys.test_a_school_year import TALK

PROJECTION = "hub_report"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A Hub in which pupils can be erased."""
    return settings.model_copy(update={"erasure_journal": tmp_path / "erasures"})


@pytest.fixture
async def tokens(token: TokenFor) -> dict[str, str]:
    return {
        "admin": await token("admin", "hub_admin"),
        "lead": await token("lead", "hub_lead"),
        "leader": await token("leader", "careers_leader", URN),
    }


@dataclass(frozen=True, slots=True)
class Machines:
    """What starts the Hub's processes, and its people."""

    client_for: ClientFor
    worker_for: WorkerFor
    tokens: dict[str, str]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Hub, Worker]]:
        """The Hub as new processes have it."""
        async with self.client_for(ALL) as client, self.worker_for(ALL) as worker:
            yield Hub(client, self.tokens), worker


@pytest.fixture
def machines(client_for: ClientFor, worker_for: WorkerFor, tokens: dict[str, str]) -> Machines:
    return Machines(client_for, worker_for, tokens)


def operator(settings: Settings, store: Store) -> ServiceContext:
    """What an operator's command stands on."""
    sealer = Sealer.from_file(settings.secret_file)
    return ServiceContext("pupils", settings, store, sealer, clock=lambda: NOW)


async def bring_back(settings: Settings, store: Store, file: Path, **wishes: Any) -> Restored:  # noqa: ANN401
    """Restore as the command does, after every worker has ended."""
    return await restore(operator(settings, store), Archive.open(file), Wish(**wishes), lambda _said: None)


async def talk(hub: Hub, reference: str, **changes: Any) -> None:  # noqa: ANN401
    body = TALK | {"reference": reference, "title": f"Talk {reference}"} | changes
    receipt = await hub.ask("leader", "POST", f"{SCHOOLS}/activities", json=body)
    assert receipt["outcome"] == "recorded", receipt


async def pupils(hub: Hub) -> dict[str, str]:
    page = await hub.ask("leader", "GET", f"{SCHOOLS}/pupils", params={"academic_year": YEAR, "limit": 500})
    return {pupil["surname"]: pupil["pupil"] for pupil in page["pupils"]}


@pytest.mark.every_broker
async def test_a_restored_hub_has_what_it_had_and_counts_nothing_that_was_told_in_between(
    settings: Settings,
    store: Store,
    machines: Machines,
    tmp_path: Path,
) -> None:
    file = tmp_path / "hub.backup"
    async with machines.running() as (hub, _):
        await open_school(hub)
        await talk(hub, "one")
        await hub.settled()
        saved = await make_backup(operator(settings, store), file, None, lambda _said: None)
        assert saved.documents > 0
        refs = await pupils(hub)
        await hub.ask(
            "leader", "POST", f"{SCHOOLS}/pupils/{refs['Canary0']}/erasure", json={"reason": "request"}
        )
        # Two events that a restored ledger will give the sequences of to others.
        await talk(hub, "lost", held_on="2026-01-20", attendance={"year_groups": [10]})
        await talk(hub, "lost too", held_on="2026-01-21", attendance={"year_groups": [10]})
        await hub.settled()
        assert (await hub.own_report())["activities"] == 3

    restored = await bring_back(settings, store, file, replace=True)

    assert (restored.erased_again, restored.documents) == (1, saved.documents)
    async with machines.running() as (hub, worker):
        assert sorted(await pupils(hub)) == ["Canary1", "Canary2"]
        await talk(hub, "new", held_on="2026-02-10", attendance={"year_groups": [11]})
        await hub.settled()
        report = await hub.own_report()
        assert (report["on_roll"], report["activities"], report["encounters"]) == (2, 2, 4)
        await recounted(worker)
        # A reader that begins at the start of the topic meets the lost events first.
        context = worker.contexts["reporting"]
        built = await context.generations.rebuild(PROJECTION)

        async def in_use() -> bool:
            builds = await context.generations.builds(PROJECTION)
            return builds is not None and builds.active == built

        await eventually(in_use, 40)
        assert (await hub.own_report())["encounters"] == 4
        await recounted(worker)


async def recounted(worker: Worker) -> None:
    counted = await recount(worker.contexts["reporting"], YEAR)
    assert counted.agrees, counted.to_json()
