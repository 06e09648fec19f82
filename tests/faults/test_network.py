"""F7 and F8: replies get lost, and processes are cut off from the store or the broker."""

from __future__ import annotations

import pytest

from tests.faults.checkers import check_promises
from tests.faults.conftest import Ground
from tests.faults.scenario import scenario, until

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]


async def test_f7_a_post_whose_reply_was_lost_counts_once(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.through_proxy, "F7", seed=31) as scene:
        await scene.enrol()
        await scene.directory_known()
        hub.to_api.lose_replies(0.25, scene.dice)
        async with scene.load():
            await scene.posted(60)
            await hub.to_api.heal()
        await scene.settle()
        lost = sum(journal.lost for journal in scene.journals)
        assert lost >= 10
        await check_promises(scene, f"{hub.to_api.replies_lost} replies lost")


async def test_f8_without_its_store_the_api_says_503_and_acknowledges_nothing(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F8 store", seed=32) as scene:
        await scene.enrol()
        await scene.directory_known()

        async def put_off() -> bool:
            return all(journal.statuses[503] >= 1 for journal in scene.journals)

        async with scene.load():
            await scene.posted(20)
            await hub.to_store.refuse()
            before = scene.acknowledged
            await until(put_off, 30.0, "every school is put off")
            during = scene.acknowledged - before
            await hub.to_store.heal()
            # Connections that were cut left transactions open; the store would keep them for a minute.
            await hub.tidy_up()
            await scene.posted(20)
        await scene.settle()
        assert during == 0, "nothing can be durable while the store is away"
        await check_promises(scene, "cut off from the store")


async def test_f8_half_open_connections_to_the_broker_only_delay(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F8 broker", seed=33) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(20)
            hub.to_broker.fall_silent()
            await scene.posted(40)
            await hub.to_broker.heal()
            await scene.posted(10)
        await scene.settle()
        await check_promises(scene, "half-open connections to the broker")
