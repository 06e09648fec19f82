"""F10: records that cannot be applied, alone and in the middle of real ones."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any, Final

import pytest

from services.runtime.parking import DISCARDED, PARKED, Parking
from tests.faults.checkers import check_promises
from tests.faults.conftest import Ground
from tests.faults.hub import Hub
from tests.faults.injection import publish_raw
from tests.faults.poison import BROKEN_JSON, FROM_THE_FUTURE, RECORDED, garbage, huge, impostor
from tests.faults.scenario import Scene, scenario, until

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

# The embedded broker takes this; a record of our own is refused above 1 MiB.
HUGE_MEBIBYTES: Final = 5
# Both services that read `pupils.events` park what they cannot read.
READERS: Final = ("reporting", "employers")
PARKED_TIMEOUT_S: Final = 30.0
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
            return all([len(await _garbage_of(scene, name)) == 2 * len(records) for name in READERS])

        await until(all_parked, PARKED_TIMEOUT_S, "every piece of garbage is parked by both readers")
        assert not any(position.held for position in await scene.positions())
        verdicts = await check_promises(scene, f"{2 * len(records)} pieces of garbage on the topic")
        assert verdicts["P6"].counts["parked"] == 0, "garbage is no event of a school"
        for name in READERS:
            context = scene.evidence.contexts[name]
            rows = [row["_id"] for row in await _garbage_of(scene, name)]
            assert await Parking(context.database()).settle(rows, DISCARDED, context.clock()) == len(rows)


async def test_f10_a_poisoned_stream_holds_that_school_alone_until_it_is_redriven(ground: Ground) -> None:
    settings = ground.place.settings
    async with scenario(ground.place, "F10 impostors", seed=52, schools=len(IMPOSTORS) + 1) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(10)
        await scene.settle()
        *poisoned, unharmed = scene.urns
        heads = await scene.evidence.heads("pupils")
        claims = zip(poisoned, IMPOSTORS, strict=True)
        await publish_raw(
            settings, [impostor(settings, urn, heads[urn] + 1, *claim) for urn, claim in claims]
        )
        async with scene.load():
            await scene.posted(30)
        assert await scene.settle()
        positions = await scene.positions()
        held = {(p.reader.partition(".")[0], p.stream.key) for p in positions if p.held and p.parked}
        assert held == {(reader, urn) for reader in READERS for urn in poisoned}
        assert all(p.applied == p.head for p in positions if p.stream.key == unharmed)
        results = await asyncio.gather(*(_redrive(ground.hub, reader) for reader in READERS))
        assert not [result for service in results for result in service if result["left"]]
        await scene.settle()
        await check_promises(scene, f"{len(poisoned)} schools held by an impostor each, and redriven")


async def _garbage_of(scene: Scene, service: str) -> list[dict[str, Any]]:
    """What a service has parked that is in no stream and from this scenario's schools."""
    rows = await scene.evidence.contexts[service].database().collection(PARKED).find({"key": None})
    keys = {urn.encode() for urn in scene.urns}
    return [row for row in rows if row["status"] == "parked" and row["record_key"] in keys | {None}]


async def _redrive(hub: Hub, service: str) -> list[dict[str, Any]]:
    """Redrive a service's parked records as an operator does."""
    command = [sys.executable, "-m", "services", "parked", "redrive", "--service", service, "--json"]
    done = await asyncio.to_thread(
        subprocess.run, command, env={**os.environ, **hub.environment}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results
