"""F10: records that cannot be applied, alone and in the middle of real ones."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.topics import PUPILS
from services.registry import SERVICES
from services.runtime.ledger import SEQUENCES
from services.runtime.parking import DISCARDED, PARKED, REPLACED, WAITING, Parking
from tests.faults.careless import CHOKES_ON
from tests.faults.checkers import check_promises, p6_nothing_dropped
from tests.faults.children import Child
from tests.faults.conftest import Ground
from tests.faults.hub import Hub
from tests.faults.injection import publish_raw
from tests.faults.poison import BROKEN_JSON, FROM_THE_FUTURE, RECORDED, garbage, huge, impostor
from tests.faults.scenario import Scene, scenario, until

Reader = tuple[str, str]

pytestmark = [pytest.mark.every_broker, pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

# The embedded broker takes this; a record of our own is refused above 1 MiB.
HUGE_MEBIBYTES: Final = 5
READERS: Final = [
    *(
        (name, projection.name)
        for name, service in SERVICES.items()
        for projection in service.projections
        if PUPILS in projection.topics
    ),
    *(
        (name, reaction.name)
        for name, service in SERVICES.items()
        for reaction in service.reactions
        if PUPILS in reaction.topics
    ),
]
"""Every projection and reaction that reads `pupils.events` parks what it cannot read."""
PARKED_TIMEOUT_S: Final = 30.0
# A killed worker's lease on the relays, and a reader's first request for a held stream, among others.
RECOVERY_TIMEOUT_S: Final = 60.0
# What records can be that claim the next place in a school's stream: type and value.
IMPOSTORS: Final = ((RECORDED, BROKEN_JSON), (RECORDED, b""), (FROM_THE_FUTURE, b"{}"))


async def test_f10_garbage_is_parked_and_holds_nothing_up(ground: Ground) -> None:
    settings = ground.place.settings
    async with scenario(ground.place, "F10 garbage", seed=51) as scene:
        await scene.enrol()
        await scene.directory_known()
        urn, other, _ = scene.urns
        records = [*garbage(settings, urn, other).values(), huge(settings, urn, HUGE_MEBIBYTES)]
        async with scene.load():
            await scene.posted(10)
            for record in records:
                await publish_raw(settings, [record])
                await scene.posted(1)
            # And once more side by side, in the middle of a batch.
            await publish_raw(settings, records)
            await scene.posted(10)
        await scene.settle()

        async def all_parked() -> bool:
            return all([len(await _garbage_of(scene, reader)) == 2 * len(records) for reader in READERS])

        await until(all_parked, PARKED_TIMEOUT_S, "every piece of garbage is parked by every reader")
        assert not any(position.held for position in await scene.positions())
        verdicts = await check_promises(scene, f"{2 * len(records)} pieces of garbage on the topic")
        assert verdicts["P6"].counts["parked"] == 0, "garbage is no event of a school"
        for reader in READERS:
            context = scene.evidence.contexts[reader[0]]
            rows = [row["_id"] for row in await _garbage_of(scene, reader)]
            assert await Parking(context.database()).settle(rows, DISCARDED, context.clock()) == len(rows)


async def test_f10_the_true_event_takes_the_place_of_an_impostor_by_itself(ground: Ground) -> None:
    """Before the ledger has told anything for that place, so that the true event comes when it is told."""
    settings = ground.place.settings
    async with scenario(ground.place, "F10 impostors", seed=52, schools=len(IMPOSTORS) + 1) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(10)
        await scene.settle()
        poisoned = scene.urns[:-1]
        heads = await scene.evidence.heads("pupils")
        claims = zip(poisoned, IMPOSTORS, strict=True)
        await publish_raw(
            settings, [impostor(settings, urn, heads[urn] + 1, *claim) for urn, claim in claims]
        )
        await until(lambda: _held(scene, poisoned), PARKED_TIMEOUT_S, "every reader is held by an impostor")
        async with scene.load():
            await scene.posted(30)
        await until(lambda: _nothing_waits(scene), PARKED_TIMEOUT_S, "everything goes on by itself")
        await scene.settle()
        for urn, (event_type, value) in zip(poisoned, IMPOSTORS, strict=True):
            for reader in READERS:
                (row,) = await _rows_of(scene, reader, urn, REPLACED)
                assert (row["sequence"], row["type"], row["value"]) == (heads[urn] + 1, event_type, value)
        await check_promises(scene, f"{len(poisoned)} schools held by an impostor each, until the true event")


async def test_f10_the_true_event_is_asked_for_in_place_of_one_that_arrived_damaged(ground: Ground) -> None:
    """The broker gives out a damaged copy only; the true event has to be asked of the ledger."""
    settings = ground.place.settings
    async with scenario(ground.place, "F10 damaged", seed=53) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(10)
        await scene.settle()
        damaged, *_ = scene.urns
        before = (await scene.evidence.heads("pupils"))[damaged]
        ground.hub.worker.kill()
        await ground.hub.tidy_up()
        async with scene.load():
            await scene.posted(20)
        head = (await scene.evidence.heads("pupils"))[damaged]
        assert head > before + 1, "events follow the damaged one"
        # As the ledger sees it, the broker has everything of this school. In fact it has a damaged copy of
        # the first event, and nothing of what follows.
        sequences = scene.evidence.contexts["pupils"].database().collection(SEQUENCES)
        assert await sequences.update({"_id": damaged}, {"$set": {"published": head}})
        await publish_raw(settings, [impostor(settings, damaged, before + 1, RECORDED, BROKEN_JSON)])
        ground.hub.worker.start()
        await ground.hub.worker.ready()
        await until(lambda: _nothing_waits(scene), RECOVERY_TIMEOUT_S, "everything goes on by itself")
        for reader in READERS:
            (row,) = await _rows_of(scene, reader, damaged, REPLACED)
            assert (row["sequence"], row["value"]) == (before + 1, BROKEN_JSON)
        await scene.settle()
        await check_promises(scene, "a damaged copy of a school's next event")


async def test_f10_a_release_that_cannot_apply_an_event_holds_that_school_alone_until_it_is_redriven(
    ground: Ground, tmp_path: Path
) -> None:
    async with scenario(ground.place, "F10 bug", seed=54) as scene:
        await scene.enrol()
        await scene.directory_known()
        await scene.settle()
        choked = scene.urns[:1]
        ground.hub.worker.kill()
        await ground.hub.tidy_up()
        broken = _broken_release(ground, tmp_path, choked[0])
        broken.start()
        try:
            await broken.ready()
            async with scene.load():
                await scene.posted(30)
            assert await scene.settle()
        finally:
            broken.kill()
            await ground.hub.tidy_up()
        assert await _held(scene, choked)
        assert all(p.applied == p.head for p in await scene.positions() if p.stream.key not in choked)
        # The next release mends it. It meets the same bytes again, asked for from the ledger or not: to
        # apply them is for the operator.
        ground.hub.worker.start()
        await ground.hub.worker.ready()
        await until(
            lambda: _came_again(scene, choked[0]), RECOVERY_TIMEOUT_S, "the same bytes have come again"
        )
        assert await _held(scene, choked)
        verdict = await p6_nothing_dropped(scene)
        assert not verdict.problems, "what is held is counted as parked, and nothing twice"
        assert verdict.counts["parked"]
        results = await asyncio.gather(
            *(_redrive(ground.hub, service) for service in sorted({service for service, _ in READERS}))
        )
        assert not [result for service in results for result in service if result["left"]]
        assert await _nothing_waits(scene)
        await scene.settle()
        await check_promises(scene, "a school held by a bug of a release, mended and redriven")


def _broken_release(ground: Ground, folder: Path, urn: str) -> Child:
    return ground.hub.another_worker(folder / "worker.log", f"{CHOKES_ON}{urn}")


async def _held(scene: Scene, urns: Sequence[str]) -> bool:
    """Whether every reader is held in exactly these schools' streams, with something parked."""
    held = {
        (reader, p.stream.key)
        for p in await scene.positions()
        for reader in READERS
        if p.held and p.stream.service == "pupils" and _is_of(reader, p.reader)
    }
    parked = [bool(await _rows_of(scene, reader, urn, WAITING)) for reader in READERS for urn in urns]
    return held == {(reader, urn) for reader in READERS for urn in urns} and all(parked)


async def _nothing_waits(scene: Scene) -> bool:
    """Whether everything is applied, and nothing held or parked."""
    positions = await scene.positions()
    waiting = [await _rows_of(scene, reader, urn, WAITING) for reader in READERS for urn in scene.urns]
    return not any(waiting) and not any(p.held or p.parked or p.missing for p in positions)


async def _came_again(scene: Scene, urn: str) -> bool:
    """Whether every reader has met the first record that is parked a second time."""
    first = [(await _rows_of(scene, reader, urn, WAITING))[0] for reader in READERS]
    return all(row["attempts"] > 1 for row in first)


def _is_of(reader: Reader, name: str) -> bool:
    """Whether a reader's full name, with its version, is this one's."""
    return name.startswith(".".join(reader))


async def _rows_of(scene: Scene, reader: Reader, urn: str, status: str) -> list[dict[str, Any]]:
    """What a reader has parked of a school's stream, in this status, in order."""
    parked = scene.evidence.contexts[reader[0]].database().collection(PARKED)
    rows = await parked.find({"key": urn, "status": status}, sort=[("sequence", 1)])
    return [row for row in rows if _is_of(reader, row["reader"])]


async def _garbage_of(scene: Scene, reader: Reader) -> list[dict[str, Any]]:
    """What a reader has parked that is in no stream and from this scenario's schools."""
    rows = await scene.evidence.contexts[reader[0]].database().collection(PARKED).find({"key": None})
    keys = {urn.encode() for urn in scene.urns} | {None}
    return [
        row
        for row in rows
        if row["status"] == "parked" and row["record_key"] in keys and _is_of(reader, row["reader"])
    ]


async def _redrive(hub: Hub, service: str) -> list[dict[str, Any]]:
    """Redrive a service's parked records as an operator does."""
    command = [sys.executable, "-m", "services", "parked", "redrive", "--service", service, "--json"]
    done = await asyncio.to_thread(
        subprocess.run, command, env={**os.environ, **hub.environment}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results
