"""F4, F5 and F9: the broker goes away, forgets everything, or delivers twice and in the wrong order."""

from __future__ import annotations

from typing import Final

import pytest

from contracts.topics import AUDIT, PUPILS
from services.runtime.broker import topic_name
from tests.faults.checkers import check_promises
from tests.faults.conftest import Ground
from tests.faults.injection import create_topics, old_announcements, publish_again, publish_raw
from tests.faults.scenario import scenario

# Enough that a control topic does not grow so long again within a test.
ANNOUNCEMENTS_OF_A_DAY: Final = 2_000

pytestmark = [pytest.mark.every_broker, pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]


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


@pytest.mark.every_broker("kafka")
async def test_f4_a_broker_killed_under_a_living_worker_comes_back_with_what_it_had(ground: Ground) -> None:
    """As a node of a cluster that fails and starts again; twice: the second finds the first's remains."""
    hub = ground.hub
    async with scenario(ground.place, "F4 killed", seed=26) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            for _ in range(2):
                await scene.posted(15)
                hub.kill_broker(lose=False)
                await scene.posted(scene.dice.randint(10, 30))
                hub.broker.start()
                await hub.broker.ready()
            await scene.posted(15)
        await scene.settle()
        assert hub.worker.alive, "a worker must outlive a broker that comes back"
        await check_promises(scene, "broker killed twice, and started again on its data")


async def test_f5_a_broker_that_lost_everything_is_filled_again_from_the_ledgers(ground: Ground) -> None:
    """As the launcher has it: the worker ends with the broker, and begins anew beside an empty one.

    And twice, the second time while the worker is starting: what the first successor had is unread.
    """
    hub = ground.hub
    async with scenario(ground.place, "F5", seed=22) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            for _ in range(2):
                await scene.posted(15)
                await hub.lose_broker()
                await scene.posted(scene.dice.randint(1, 10))
                await hub.empty_broker()
            await scene.posted(15)
        await hub.heal()
        await scene.settle()
        await check_promises(scene, "broker killed twice, and empty under a new cluster id")


async def test_f5_a_living_worker_reads_another_cluster_from_the_beginning(ground: Ground) -> None:
    """As beside a cluster of its own that is set up anew.

    After long use, so that no reader's place in a topic can still be one in its successor. Kafka's topics the
    worker makes itself. The embedded broker takes events for those that it does not have, from whoever knew
    the last one, and never gives them out: there they are made before anybody reaches it, and the launcher
    lets no worker see two brokers.
    """
    hub, settings = ground.hub, ground.place.settings
    async with scenario(ground.place, "F5 living worker", seed=25) as scene:
        await scene.enrol()
        await scene.directory_known()
        await publish_raw(settings, old_announcements(settings, ANNOUNCEMENTS_OF_A_DAY))
        async with scene.load():
            await scene.posted(15)
            await hub.to_broker.refuse()
            hub.kill_broker()
            await scene.posted(scene.dice.randint(1, 10))
            hub.broker.start()
            await hub.broker.ready()
            if not hub.kind.keeps:
                await create_topics(settings, hub.broker.port)
            await hub.to_broker.heal()
            await scene.posted(15)
        await scene.settle()
        await check_promises(scene, "another cluster under a living worker")


async def test_f5_a_worker_that_starts_on_an_empty_broker_fills_it(ground: Ground) -> None:
    """As every start of an embedded Hub: broker and worker begin anew, the ledgers are there."""
    hub = ground.hub
    async with scenario(ground.place, "F5 with worker", seed=24) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(10)
            hub.worker.kill()
            hub.kill_broker()
            await hub.tidy_up()
            await scene.posted(scene.dice.randint(1, 20))
            hub.broker.start()
            await hub.broker.ready()
            hub.worker.start()
            await scene.posted(10)
        await hub.heal()
        await scene.settle()
        await check_promises(scene, "broker and worker killed, and started on nothing")


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
