"""Reactions on the real store: all effects of an event and its place are written together, or nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contracts.employers import EmployerListed
from contracts.topics import EMPLOYERS
from contracts.vocabulary import EmployerId
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, UnavailableError
from services.runtime.mongo import Document, WriteConflictError
from services.runtime.parking import Parking
from services.runtime.reaction import CURSORS, EVENTS_A_UNIT, Reaction, ReactionApplier
from services.runtime.reader import Reader
from services.runtime.uow import Actor, UnitOfWork
from tests.runtime.sample_service import (
    DIRECTORY,
    DIRECTORY_STREAM,
    Record,
    directory_reader,
    records_of,
    roll,
    tell_employers,
)

ContextFor = Callable[[str], ServiceContext]
React = Callable[[UnitOfWork, EmployerListed], Awaitable[None]]


@pytest.fixture
def employers(context_for: ContextFor) -> ServiceContext:
    return context_for("employers")


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


async def told(employers: ServiceContext, *names: str) -> list[Record]:
    """Tell of employers and make the records that a relay would send."""
    after = sum(head.head for head in await employers.ledger.heads())
    await tell_employers(employers, *names)
    return await records_of(employers, EMPLOYERS, "directory", after)


def reader_with(context: ServiceContext, react: React) -> Reader:
    """Make a reader of the directory that does something else."""
    reaction = Reaction(DIRECTORY.name, 1, DIRECTORY.topics, {EmployerListed: react})
    name = "reporting.directory.v1"
    return Reader(name, context, DIRECTORY.topics, ReactionApplier(name, reaction, context))


async def known(context: ServiceContext) -> list[tuple[str, int]]:
    found = await context.database().collection("known").find({}, sort=[("_id", 1)])
    return [(document["name"], document["told"]) for document in found]


async def cursor_of(context: ServiceContext) -> Document:
    found = await context.database().collection(CURSORS).get(f"reporting.directory.v1/{DIRECTORY_STREAM}")
    assert found is not None
    return {"sequence": found["sequence"], "held": found["held"]}


async def test_each_event_has_its_effects_once(employers: ServiceContext, reporting: ServiceContext) -> None:
    batch = await told(employers, "First", "Second")
    reader = directory_reader(reporting)

    await reader.take(batch)
    await reader.take(batch)
    await directory_reader(reporting).take(batch)

    assert await known(reporting) == [("First", 1), ("Second", 1)]
    assert await cursor_of(reporting) == {"sequence": 2, "held": False}


async def test_two_readers_of_one_stream_have_each_effect_once(
    employers: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    batch = await told(employers, "First", "Second", "Third")
    readers = [directory_reader(context_for("reporting")) for _ in range(3)]

    await asyncio.gather(*(reader.take(batch) for reader in readers))

    assert await known(reporting) == [("First", 1), ("Second", 1), ("Third", 1)]
    assert await cursor_of(reporting) == {"sequence": 3, "held": False}


async def test_what_a_failing_handler_has_written_is_undone_and_what_came_before_stays(
    employers: ServiceContext, reporting: ServiceContext
) -> None:
    async def write_then_fail(unit: UnitOfWork, event: EmployerListed) -> None:
        await unit.collection("known").insert({"_id": event.employer_id, "name": event.name, "told": 1})
        unit.tell(roll(1))
        if event.name == "Unlucky":
            raise ConflictError("this one does not fit")

    await reader_with(reporting, write_then_fail).take(await told(employers, "First", "Unlucky", "Third"))

    assert await known(reporting) == [("First", 1)]
    assert [head.head for head in await reporting.ledger.heads()] == [1]
    assert await cursor_of(reporting) == {"sequence": 1, "held": True}
    parked = await Parking(reporting.database()).waiting()
    assert [(p.sequence, p.error) for p in parked] == [
        (2, "ConflictError: this one does not fit"),
        (3, "waits behind an earlier one"),
    ]


async def test_a_first_event_that_fails_holds_the_stream_before_it(
    employers: ServiceContext, reporting: ServiceContext
) -> None:
    await directory_reader(reporting).take(await told(employers, "Unlucky", "Second"))
    assert await cursor_of(reporting) == {"sequence": 0, "held": True}
    assert await known(reporting) == []


async def test_many_events_go_in_several_units(
    employers: ServiceContext, reporting: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await told(employers, *(f"Firm {number}" for number in range(250)))
    sizes: list[int] = []
    in_hub = reporting.in_hub

    async def counted(actor: Actor, key: str, work: Callable[[UnitOfWork], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as the real one
        before = len(await known(reporting))
        result = await in_hub(actor, key, work)
        sizes.append(len(await known(reporting)) - before)
        return result

    monkeypatch.setattr(reporting, "in_hub", counted)
    await directory_reader(reporting).take(batch)

    assert sizes == [EVENTS_A_UNIT, EVENTS_A_UNIT, 50]
    assert await cursor_of(reporting) == {"sequence": 250, "held": False}


async def test_a_store_that_is_away_parks_nothing_and_the_batch_can_be_taken_again(
    employers: ServiceContext, reporting: ServiceContext
) -> None:
    away = True

    async def react(unit: UnitOfWork, event: EmployerListed) -> None:
        await unit.collection("known").insert({"_id": event.employer_id, "name": event.name, "told": 1})
        if away:
            raise UnavailableError("the store is away")

    batch = await told(employers, "First")
    reader = reader_with(reporting, react)
    with pytest.raises(UnavailableError):
        await reader.take(batch)
    assert await Parking(reporting.database()).waiting() == []

    away = False
    await reader.take(batch)

    assert await known(reporting) == [("First", 1)]


async def test_a_conflict_with_somebody_elses_write_runs_the_unit_again(
    employers: ServiceContext, reporting: ServiceContext
) -> None:
    attempts = 0

    async def react(unit: UnitOfWork, event: EmployerListed) -> None:
        nonlocal attempts
        attempts += 1
        await unit.collection("known").insert(
            {"_id": event.employer_id, "name": event.name, "told": attempts}
        )
        if attempts == 1:
            raise WriteConflictError("somebody else was first")

    await reader_with(reporting, react).take(await told(employers, "First"))
    assert await known(reporting) == [("First", 2)]


async def test_a_reader_that_is_overtaken_before_a_poison_event_lets_the_other_have_it(
    employers: ServiceContext,
    reporting: ServiceContext,
    context_for: ContextFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = await told(employers, "First", "Unlucky")
    in_hub = reporting.in_hub
    units = 0

    async def overtaken(actor: Actor, key: str, work: Callable[[UnitOfWork], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as the real one
        nonlocal units
        units += 1
        if units == 2:
            await directory_reader(context_for("reporting")).take(batch[:1])
        return await in_hub(actor, key, work)

    monkeypatch.setattr(reporting, "in_hub", overtaken)
    await directory_reader(reporting).take(batch)

    assert await known(reporting) == [("First", 1)]
    assert await cursor_of(reporting) == {"sequence": 1, "held": True}


async def test_events_that_a_reaction_tells_are_told_once(
    employers: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    async def tell_on(unit: UnitOfWork, event: EmployerListed) -> None:
        unit.tell(event.model_copy(update={"employer_id": EmployerId(f"re-{event.employer_id}")}))

    batch = await told(employers, "First", "Second", "Third")
    readers = [reader_with(context_for("reporting"), tell_on) for _ in range(2)]
    await asyncio.gather(*(reader.take(batch) for reader in readers))
    await readers[0].take(batch)

    rows = await reporting.ledger.read("directory", 0, 100)
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert ["re-e-1" in row.event.value for row in rows] == [True, False, False]
