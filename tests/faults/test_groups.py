"""F13 and F14: a reader slower than its group waits, and groups whose members come, go and die."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer

from services.registry import SERVICES
from services.runtime.broker import topic_name
from services.runtime.settings import Settings
from tests.faults.careless import SLOW, TOOK_LONG
from tests.faults.checkers import check_promises
from tests.faults.conftest import Ground
from tests.faults.scenario import Scene, scenario, until

pytestmark = [
    pytest.mark.every_broker,
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
]

SLOW_BATCHES: Final = 4
SLOW_TIMEOUT_S: Final = 60.0
VISITS: Final = 4
VISIT_TIMEOUT_S: Final = 30.0


async def test_f13_a_reader_slower_than_its_group_waits_loses_and_repeats_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    """Its partitions go to the other worker while it still has a batch in its hands, again and again."""
    log = tmp_path / "slow.log"
    slow = ground.hub.another_worker(log, SLOW)
    async with scenario(ground.place, "F13", seed=71) as scene:
        await scene.enrol()
        await scene.directory_known()
        slow.start()
        try:
            await slow.ready()

            async def took_long_often() -> bool:
                return _lines(log, TOOK_LONG) >= SLOW_BATCHES

            async with scene.load():
                await scene.posted(30)
                await until(took_long_often, SLOW_TIMEOUT_S, "batches take longer than their group waits")
                await scene.posted(10)
            await scene.settle()
        finally:
            slow.kill()
            await ground.hub.tidy_up()
        await check_promises(scene, f"{_lines(log, TOOK_LONG)} batches slower than their group waits")


async def test_f14_members_that_join_leave_and_die_lose_and_repeat_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    hub = ground.hub
    mortal = hub.another_worker(tmp_path / "mortal.log")
    async with scenario(ground.place, "F14", seed=72) as scene:
        await scene.enrol()
        await scene.directory_known()
        groups = await _groups(scene)
        mortal.start()
        try:
            async with scene.load():
                await mortal.ready()
                for visit in range(VISITS):
                    await scene.posted(scene.dice.randint(1, 10))
                    await _visit(ground.place.settings, groups)
                    if visit == VISITS // 2:
                        mortal.kill()
                        await hub.tidy_up()
                await scene.posted(10)
        finally:
            mortal.kill()
        await hub.heal()
        await scene.settle()
        await check_promises(
            scene, f"{VISITS} visits to {len(groups)} groups, and a worker killed among them"
        )


async def _groups(scene: Scene) -> dict[str, list[str]]:
    """Every reader's group, and the topics that it reads."""
    settings = scene.place.settings
    topics = {
        name: topic_name(settings, service.topic) for name, service in SERVICES.items() if service.topic
    }
    found: dict[str, list[str]] = {}
    for position in await scene.positions():
        found.setdefault(f"{settings.hub_id}.{position.reader}", []).append(topics[position.stream.service])
    return found


async def _visit(settings: Settings, groups: dict[str, list[str]]) -> None:
    """Join every group at once, be given partitions that are then read by nobody, and leave again."""
    visitors = [
        AIOKafkaConsumer(
            *set(topics),
            bootstrap_servers=settings.kafka_bootstrap,
            group_id=group,
            enable_auto_commit=False,
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=settings.kafka_session_timeout_ms // 4,
        )
        for group, topics in groups.items()
    ]
    async with asyncio.timeout(VISIT_TIMEOUT_S), AsyncExitStack() as leaving:
        for visitor in visitors:
            leaving.push_async_callback(visitor.stop)
        await asyncio.gather(*(visitor.start() for visitor in visitors))
        assert any(_assigned(visitors)), "nobody was given a partition"


def _assigned(visitors: Iterable[AIOKafkaConsumer]) -> list[int]:
    return [len(visitor.assignment()) for visitor in visitors]


def _lines(log: Path, text: str) -> int:
    return log.read_text(encoding="utf-8", errors="replace").count(text)
