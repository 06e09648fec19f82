"""F4, F5 and F9: the broker goes away, forgets everything, or delivers twice and in the wrong order."""

from __future__ import annotations

import pytest

from contracts.topics import AUDIT, PUPILS
from services.runtime.broker import topic_name
from tests.faults.checkers import check_promises
from tests.faults.conftest import Ground
from tests.faults.injection import publish_again
from tests.faults.scenario import scenario

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]


async def test_f4_posts_are_taken_while_the_broker_is_down_and_reported_afterwards(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F4", seed=21) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(10)
            await hub.to_broker.refuse()
            await scene.posted(60)
            await hub.to_broker.heal()
            await scene.posted(10)
        await scene.settle()
        for journal in scene.journals:
            assert journal.attempts == sum(journal.acknowledged.values()), "an api must not need the broker"
        await check_promises(scene, "broker down for 60 posts, then up")


async def test_f5_a_broker_that_lost_everything_is_filled_again_from_the_ledgers(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F5", seed=22) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(20)
            hub.broker.kill()
            await scene.posted(scene.dice.randint(1, 20))
            hub.broker.start()
            await scene.posted(20)
        await hub.heal()
        await scene.settle()
        await check_promises(scene, "broker killed, and empty under a new cluster id")


async def test_f9_old_events_delivered_again_and_shuffled_change_nothing(ground: Ground) -> None:
    settings = ground.place.settings
    async with scenario(ground.place, "F9", seed=23) as scene:
        await scene.enrol()
        await scene.directory_known()
        topics = {topic_name(settings, card) for card in (PUPILS, AUDIT)}
        async with scene.load():
            await scene.posted(30)
            sent = 0
            for _ in range(2):
                old = [r for r in await scene.evidence.topics() if r.topic in topics]
                sent += await publish_again(settings, old, scene.dice)
                await scene.posted(15)
        await scene.settle()
        assert sent
        await check_promises(scene, f"{sent} old records published again, shuffled")
