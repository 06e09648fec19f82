"""F1 to F3: processes killed at random moments and at the worst ones, and started again."""

from __future__ import annotations

from typing import Final

import pytest

from services.runtime.failpoints import VARIABLE, Failpoint
from tests.faults.checkers import check_promises
from tests.faults.children import Supervisor
from tests.faults.conftest import Ground
from tests.faults.scenario import scenario

pytestmark = [pytest.mark.every_broker, pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

# Longer than a relay's lease of 5 s: who was killed keeps it that long.
DEATH_TIMEOUT_S: Final = 30.0


async def test_a_hub_at_peace_keeps_its_promises(ground: Ground) -> None:
    """Nothing is broken: what the checkers complain about here is their own mistake."""
    async with scenario(ground.place, "peace", seed=1) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await scene.posted(40)
        await scene.settle()
        await check_promises(scene, "nothing happened")


async def test_f1_processes_killed_at_random_moments_lose_and_repeat_nothing(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F1", seed=11) as scene:
        await scene.enrol()
        await scene.directory_known()
        victims = scene.dice.sample([hub.api, hub.worker, hub.api], 3)
        async with Supervisor((hub.api, hub.worker), hub.tidy_up) as supervisor, scene.load():
            for victim in victims:
                await scene.posted(scene.dice.randint(5, 30))
                victim.kill()
            await scene.posted(10)
        await hub.heal()
        await scene.settle()
        killed = ", ".join(victim.name for victim in victims)
        assert supervisor.restarts == len(victims)
        await check_promises(scene, f"killed {killed}")


async def test_f2_a_post_that_was_committed_and_not_answered_counts_once(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F2", seed=12) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            for commits in (1, scene.dice.randint(2, 20)):
                await hub.start_to_die(hub.api, **{VARIABLE: f"{Failpoint.AFTER_COMMIT}:{commits}"})
                await hub.api.died(DEATH_TIMEOUT_S)
            await hub.restart(hub.api)
            await scene.posted(10)
        await scene.settle()
        assert sum(journal.lost for journal in scene.journals) > 0
        await check_promises(scene, "api died twice between commit and reply")


async def test_f3_an_event_that_was_sent_and_not_marked_is_sent_again_and_counts_once(
    ground: Ground,
) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F3 after-send", seed=13) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await hub.start_to_die(hub.worker, **{VARIABLE: f"{Failpoint.AFTER_SEND}:2"})
            await hub.worker.died(DEATH_TIMEOUT_S)
        await hub.heal()
        await scene.settle()
        await check_promises(scene, "worker died between sending and marking")


async def test_f3_an_event_that_was_applied_and_not_acknowledged_counts_once(ground: Ground) -> None:
    hub = ground.hub
    async with scenario(ground.place, "F3 after-apply", seed=14) as scene:
        await scene.enrol()
        await scene.directory_known()
        async with scene.load():
            await hub.start_to_die(hub.worker, **{VARIABLE: f"{Failpoint.AFTER_APPLY}:3"})
            await hub.worker.died(DEATH_TIMEOUT_S)
        await hub.heal()
        await scene.settle()
        await check_promises(scene, "worker died between applying and acknowledging")
