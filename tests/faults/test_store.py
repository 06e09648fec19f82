"""F15: the store is killed and started on the same folder."""

from __future__ import annotations

import pytest

from tests.faults.checkers import check_promises
from tests.faults.conftest import Ground
from tests.faults.scenario import scenario

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]


async def test_f15_a_store_killed_under_load_keeps_what_was_acknowledged(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F15", seed=41) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            for _ in range(2):
                await scene.posted(scene.dice.randint(10, 25))
                await hub.restart(hub.store)
            await scene.posted(15)
        await hub.heal()
        await scene.settle()
        await check_promises(scene, "store killed twice")
