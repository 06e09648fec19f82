"""Builds of a projection: a new one grows beside the old, takes its place, and the old one goes later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts.pupils import RollChanged
from services.runtime import generations
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.generations import Builds, Generation, Generations
from services.runtime.mongo import Document
from services.runtime.projection import State
from services.runtime.service import Service
from tests.conftest import WorkerFor, eventually
from tests.runtime.sample_service import (
    OTHER_URN,
    ROLLS,
    SOURCE,
    TARGET,
    URN,
    tell_rolls,
)

ContextFor = Callable[[str], ServiceContext]
FIRST, SECOND, THIRD = (Generation(1, number) for number in (1, 2, 3))


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


@pytest.fixture
def registry(reporting: ServiceContext) -> Generations:
    return reporting.generations


async def builds_of(registry: Generations) -> Builds:
    found = await registry.builds("rolls")
    assert found is not None
    return found


async def test_a_new_projection_has_one_build_and_settling_again_changes_nothing(
    registry: Generations,
) -> None:
    assert await registry.builds("rolls") is None
    assert await registry.settle(ROLLS) == Builds(FIRST, None, None)
    assert await registry.settle(ROLLS) == await builds_of(registry)


async def test_a_rebuild_begins_beside_the_active_build(registry: Generations) -> None:
    await registry.settle(ROLLS)
    assert await registry.rebuild("rolls") == SECOND
    assert await builds_of(registry) == Builds(FIRST, SECOND, None)
    assert (await builds_of(registry)).live == (FIRST, SECOND)
    assert await registry.settle(ROLLS) == Builds(FIRST, SECOND, None)


async def test_a_second_rebuild_waits_for_the_first(registry: Generations) -> None:
    await registry.settle(ROLLS)
    await registry.rebuild("rolls")
    with pytest.raises(ConflictError, match="being rebuilt already"):
        await registry.rebuild("rolls")


async def test_what_no_worker_has_started_cannot_be_rebuilt(registry: Generations) -> None:
    with pytest.raises(NotFoundError):
        await registry.rebuild("rolls")


async def test_a_rebuild_begins_empty(registry: Generations, reporting: ServiceContext) -> None:
    await registry.settle(ROLLS)
    await reporting.database().collection("rolls_v1_g2").insert({"_id": "left over"})
    await registry.rebuild("rolls")
    assert await reporting.database().collection("rolls_v1_g2").count({}) == 0


async def test_the_old_build_is_kept_until_the_next_cut_over(
    registry: Generations, reporting: ServiceContext
) -> None:
    await registry.settle(ROLLS)
    await reporting.database().collection("rolls_v1").insert({"_id": "first"})

    await registry.rebuild("rolls")
    await registry.cut_over("rolls", await builds_of(registry))
    assert await builds_of(registry) == Builds(SECOND, None, FIRST)
    assert await reporting.database().collection("rolls_v1").count({}) == 1

    await registry.rebuild("rolls")
    await registry.cut_over("rolls", await builds_of(registry))
    assert await builds_of(registry) == Builds(THIRD, None, SECOND)
    assert await reporting.database().collection("rolls_v1").count({}) == 0


async def test_cutting_over_without_a_build_changes_nothing(registry: Generations) -> None:
    await registry.settle(ROLLS)
    await registry.cut_over("rolls", await builds_of(registry))
    assert await builds_of(registry) == Builds(FIRST, None, None)


async def test_a_late_cut_over_of_another_worker_does_not_undo_what_came_after(
    registry: Generations,
) -> None:
    await registry.settle(ROLLS)
    await registry.rebuild("rolls")
    seen_by_both = await builds_of(registry)
    await registry.cut_over("rolls", seen_by_both)
    await registry.rebuild("rolls")

    await registry.cut_over("rolls", seen_by_both)

    assert await builds_of(registry) == Builds(SECOND, THIRD, FIRST)


async def test_another_version_of_the_code_starts_a_build_of_its_own(registry: Generations) -> None:
    await registry.settle(ROLLS)
    newer = replace(ROLLS, version=2)
    assert await registry.settle(newer) == Builds(FIRST, Generation(2, 1), None)
    assert await registry.settle(newer) == Builds(FIRST, Generation(2, 1), None)


async def test_views_follow_a_cut_over_soon(
    registry: Generations, context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = context_for("reporting").generations
    assert await view.active_collection(ROLLS) == "rolls_v1"
    await registry.settle(ROLLS)
    await registry.rebuild("rolls")
    await registry.cut_over("rolls", await builds_of(registry))
    assert await view.active_collection(ROLLS) == "rolls_v1"
    # What is remembered for two seconds is not remembered at all here.
    monkeypatch.setattr(generations, "REMEMBERED_S", 0.0)
    assert await view.active_collection(ROLLS) == "rolls_v1_g2"


def count_events_only(state: State, _event: RollChanged) -> None:
    state["counted_by_version_2"] = state.get("counted_by_version_2", 0) + 1


async def states(context: ServiceContext, collection: str) -> dict[str, Document]:
    return {d["key"]: d["state"] for d in await context.database().collection(collection).find({})}


@pytest.mark.every_broker
async def test_a_rebuild_grows_beside_takes_over_and_is_equal(
    worker_for: WorkerFor, context_for: ContextFor, reporting: ServiceContext
) -> None:
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1, 2, 3)
    await tell_rolls(pupils, 4, urn=OTHER_URN)
    async with worker_for((SOURCE, TARGET)):

        async def applied() -> bool:
            return len(await states(reporting, "rolls_v1")) == 2

        await eventually(applied)
        await reporting.generations.rebuild("rolls")

        async def cut_over() -> bool:
            return await builds_of(reporting.generations) == Builds(SECOND, None, FIRST)

        await eventually(cut_over)
        assert await states(reporting, "rolls_v1_g2") == await states(reporting, "rolls_v1")

        await tell_rolls(pupils, 5)

        async def taken_by_the_new_one() -> bool:
            found = await states(reporting, "rolls_v1_g2")
            return bool(found[URN]["events"] == 4)

        await eventually(taken_by_the_new_one)

    # A worker with newer code: its fold must not touch what the older one has made.
    before = await states(reporting, "rolls_v1_g2")
    newer = Service(
        "reporting", (), projections=(replace(ROLLS, version=2, on={RollChanged: count_events_only}),)
    )
    await tell_rolls(pupils, 6)
    async with worker_for((SOURCE, newer)):

        async def version_2_is_active() -> bool:
            return (await builds_of(reporting.generations)).active == Generation(2, 1)

        await eventually(version_2_is_active)
    assert await states(reporting, "rolls_v2") == {
        URN: {"counted_by_version_2": 5},
        OTHER_URN: {"counted_by_version_2": 1},
    }
    assert await states(reporting, "rolls_v1_g2") == before


@pytest.mark.every_broker
async def test_a_worker_feeds_the_builds_of_the_registry_whoever_made_them(
    worker_for: WorkerFor, context_for: ContextFor, reporting: ServiceContext
) -> None:
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1)
    async with worker_for((SOURCE, TARGET)) as worker:

        async def applied() -> bool:
            return len(await states(reporting, "rolls_v1")) == 1

        await eventually(applied)
        # Another worker has built the second generation and cut it over.
        await reporting.generations.rebuild("rolls")
        await reporting.generations.cut_over("rolls", await builds_of(reporting.generations))

        assert worker.progress is not None
        readers = worker.progress.readers
        await eventually(lambda: "reporting.rolls_v1" not in {r.name for r in readers})
        await tell_rolls(pupils, 2)

        async def taken_by_the_new_one() -> bool:
            return await states(reporting, "rolls_v1_g2") == {URN: {"pupils": 3, "events": 2}}

        await eventually(taken_by_the_new_one)
        assert await states(reporting, "rolls_v1") == {URN: {"pupils": 1, "events": 1}}
