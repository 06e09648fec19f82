"""Redriving: parked records go in again, in order, once what stopped them is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.topics import EMPLOYERS
from services.runtime.context import ServiceContext
from services.runtime.parking import DISCARDED, PARKED, REDRIVEN, Parking
from services.runtime.reader import Reader
from services.runtime.redrive import Redriven, redrive
from tests.runtime import sample_service
from tests.runtime.sample_service import (
    DIRECTORY_STREAM,
    OTHER_URN,
    ROLL_STREAM,
    UNLUCKY,
    directory_reader,
    records_of,
    roll_reader,
    tell_employers,
    tell_rolls,
)
from tests.runtime.test_reader import document_of, parked, position_of, told

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


@pytest.fixture
def parking(reporting: ServiceContext) -> Parking:
    return Parking(reporting.database())


@pytest.fixture
def operator(context_for: ContextFor) -> Reader:
    """The reader that an operator's command makes, in a process of its own."""
    return roll_reader(context_for("reporting"))


async def test_once_the_cause_is_gone_everything_goes_in_in_order_and_the_stream_is_free(
    pupils: ServiceContext,
    reporting: ServiceContext,
    parking: Parking,
    operator: Reader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = roll_reader(reporting)
    await live.take(await told(pupils, 5, UNLUCKY, 7))
    await live.take(await told(pupils, 9))
    monkeypatch.setattr(sample_service, "UNLUCKY", None)

    assert await redrive(operator, parking) == [Redriven(ROLL_STREAM, applied=3, left=0, error=None)]

    assert (await document_of(reporting))["state"] == {"pupils": 34, "events": 4}
    assert await position_of(reporting) == (4, False)
    assert await parked(reporting) == []
    rows = await reporting.database().collection(PARKED).find({})
    assert {row["status"] for row in rows} == {REDRIVEN}
    await live.take(await told(pupils, 1))
    assert await position_of(reporting) == (5, False)


async def test_a_record_that_fails_again_stays_first_and_everything_stays_in_order(
    pupils: ServiceContext, reporting: ServiceContext, parking: Parking, operator: Reader
) -> None:
    await roll_reader(reporting).take(await told(pupils, 5, UNLUCKY, 7))

    (result,) = await redrive(operator, parking)

    assert result == Redriven(ROLL_STREAM, applied=0, left=2, error="ValueError: thirteen")
    assert await position_of(reporting) == (1, True)
    assert [(p.sequence, p.error, p.attempts) for p in await parked(reporting)] == [
        (2, "ValueError: thirteen", 2),
        (3, "waits behind an earlier one", 1),
    ]


async def test_a_redrive_goes_as_far_as_it_can(
    pupils: ServiceContext,
    reporting: ServiceContext,
    parking: Parking,
    operator: Reader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = roll_reader(reporting)
    await live.take(await told(pupils, UNLUCKY, 7, 8, 9))
    monkeypatch.setattr(sample_service, "UNLUCKY", 8)

    (result,) = await redrive(operator, parking)

    assert result == Redriven(ROLL_STREAM, applied=2, left=2, error="ValueError: thirteen")
    assert await position_of(reporting) == (2, True)
    assert [p.sequence for p in await parked(reporting)] == [3, 4]
    monkeypatch.setattr(sample_service, "UNLUCKY", None)
    assert (await redrive(operator, parking))[0].applied == 2
    assert (await document_of(reporting))["state"]["events"] == 4
    await live.take(await told(pupils, 1))
    assert await position_of(reporting) == (5, False)


async def test_one_stream_can_be_redriven_by_itself(
    pupils: ServiceContext,
    reporting: ServiceContext,
    parking: Parking,
    operator: Reader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await roll_reader(reporting).take(
        await told(pupils, UNLUCKY) + await told(pupils, UNLUCKY, urn=OTHER_URN)
    )
    monkeypatch.setattr(sample_service, "UNLUCKY", None)
    assert [r.stream for r in await redrive(operator, parking, ROLL_STREAM)] == [ROLL_STREAM]
    assert [p.stream and p.stream.key for p in await parked(reporting)] == [OTHER_URN]


async def test_a_hole_among_the_parked_records_frees_the_stream_for_the_ledger_to_fill(
    pupils: ServiceContext,
    reporting: ServiceContext,
    parking: Parking,
    context_for: ContextFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = roll_reader(reporting)
    batch = await told(pupils, UNLUCKY, 7, 8)
    await live.take([batch[0]])
    await live.take([batch[2]])
    monkeypatch.setattr(sample_service, "UNLUCKY", None)

    (result,) = await redrive(roll_reader(context_for("reporting")), parking)
    assert (result.applied, result.left) == (1, 1)
    assert await position_of(reporting) == (1, False)

    await live.take(batch)
    assert await position_of(reporting) == (3, False)
    again = roll_reader(context_for("reporting"))
    assert await redrive(again, parking) == [Redriven(ROLL_STREAM, applied=0, left=0, error=None)]
    assert await parked(reporting) == []


async def test_a_held_stream_of_which_nothing_is_parked_any_more_can_be_freed(
    pupils: ServiceContext, reporting: ServiceContext, parking: Parking, operator: Reader
) -> None:
    await roll_reader(reporting).take(await told(pupils, UNLUCKY))
    (row,) = await parked(reporting)
    await parking.settle([row.id], DISCARDED, reporting.clock())

    assert await redrive(operator, parking, ROLL_STREAM) == [Redriven(ROLL_STREAM, 0, 0, None)]

    assert await position_of(reporting) == (0, False)


async def test_a_settled_record_that_comes_again_and_fails_again_waits_again(
    pupils: ServiceContext, reporting: ServiceContext, parking: Parking, operator: Reader
) -> None:
    live = roll_reader(reporting)
    batch = await told(pupils, UNLUCKY)
    await live.take(batch)
    (row,) = await parked(reporting)
    await parking.settle([row.id], DISCARDED, reporting.clock())
    await redrive(operator, parking, ROLL_STREAM)

    await live.take(batch)

    assert [p.id for p in await parked(reporting)] == [row.id]
    assert await position_of(reporting) == (0, True)


async def test_a_reaction_is_redriven_like_a_projection(
    context_for: ContextFor, reporting: ServiceContext, parking: Parking
) -> None:
    employers = context_for("employers")
    await tell_employers(employers, "First", "Unlucky", "Third")
    await directory_reader(reporting).take(await records_of(employers, EMPLOYERS, "directory"))
    operator = directory_reader(context_for("reporting"))

    (failed,) = await redrive(operator, parking)
    assert failed == Redriven(DIRECTORY_STREAM, applied=0, left=2, error="ValueError: unlucky")

    # Its owner mends the name, as far as this reader can see.
    row = (await parked(reporting))[0]
    mended = row.value.replace(b"Unlucky", b"Lucky")
    await reporting.database().collection(PARKED).update({"_id": row.id}, {"$set": {"value": mended}})
    assert await redrive(operator, parking) == [Redriven(DIRECTORY_STREAM, applied=2, left=0, error=None)]
    known = await reporting.database().collection("known").find({}, sort=[("_id", 1)])
    assert [(k["name"], k["told"]) for k in known] == [("First", 1), ("Lucky", 1), ("Third", 1)]


async def test_nothing_parked_is_nothing_to_do(
    pupils: ServiceContext, parking: Parking, operator: Reader
) -> None:
    await tell_rolls(pupils, 1)
    assert await redrive(operator, parking) == []
