"""Held streams: other bytes for the parked place are tried by themselves, the same bytes never are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from contracts.topics import EMPLOYERS, PUPILS
from services.runtime.arrivals import Cursor, Stream
from services.runtime.context import ServiceContext
from services.runtime.parking import PARKED, REDRIVEN, REPLACED, WAITING
from services.runtime.reader import Reader
from tests.runtime import sample_service
from tests.runtime.sample_service import (
    OTHER_URN,
    ROLL_STREAM,
    UNLUCKY,
    URN,
    directory_reader,
    records_of,
    roll_reader,
    tell_employers,
)
from tests.runtime.test_reader import document_of, parked, position_of, told

ContextFor = Callable[[str], ServiceContext]

DAMAGED: Final = b"{not json"


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


@pytest.fixture
def reader(reporting: ServiceContext) -> Reader:
    return roll_reader(reporting)


async def rows_of(context: ServiceContext) -> list[tuple[int, str, bytes]]:
    """Everything that was ever parked in the stream: sequence, status and bytes."""
    rows = await context.database().collection(PARKED).find({}, sort=[("sequence", 1)])
    return [(row["sequence"], row["status"], row["value"]) for row in rows]


async def test_the_true_event_is_tried_in_place_of_a_damaged_one_and_everything_follows(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    first, second, third, fourth = await told(pupils, 5, 7, 9, 11)
    await reader.take([first, second.but(value=DAMAGED), third])
    await reader.take([fourth])
    assert await position_of(reporting) == (1, True)

    await reader.take([second.but(offset=40)])

    document = await document_of(reporting)
    assert document["state"] == {"pupils": 32, "events": 4}
    assert (document["sequence"], document["held"]) == (4, False)
    assert (reader.applied, reader.held) == ({ROLL_STREAM: 4}, set())
    assert await rows_of(reporting) == [
        (2, REPLACED, DAMAGED),
        (3, REDRIVEN, third.value),
        (4, REDRIVEN, fourth.value),
    ]
    row = await reporting.database().collection(PARKED).get(f"{reader.name}/{ROLL_STREAM}/2")
    assert row is not None
    assert row["replaced_by"] == {"topic": second.topic, "partition": 0, "offset": 40}
    assert (row["settled_at"], row["attempts"]) == (reporting.clock(), 1)
    await reader.take(await told(pupils, 1))
    assert await position_of(reporting) == (5, False)


async def test_what_comes_in_one_batch_with_the_true_event_is_applied_once(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    batch = await told(pupils, 5, 7, 9)
    await reader.take([batch[0].but(value=DAMAGED), *batch[1:]])

    await reader.take([*batch, *batch, *await told(pupils, 11)])

    assert (await document_of(reporting))["state"] == {"pupils": 32, "events": 4}
    assert await parked(reporting) == []


async def test_a_type_that_was_damaged_makes_way_too(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    (true,) = await told(pupils, 5)
    await reader.take([true.with_header("ce_type", b"pupils.roll.changed.v99")])
    assert await position_of(reporting) == (0, True)
    await reader.take([true])
    assert await position_of(reporting) == (1, False)


async def test_the_same_bytes_are_not_tried_again(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await told(pupils, UNLUCKY, 5)
    await reader.take(batch)
    # They would apply now, which is for an operator to find out.
    monkeypatch.setattr(sample_service, "UNLUCKY", None)

    await reader.take(batch)

    assert await position_of(reporting) == (0, True)
    assert [(p.sequence, p.error) for p in await parked(reporting)] == [
        (1, "ValueError: thirteen"),
        (2, "waits behind an earlier one"),
    ]


async def test_other_bytes_that_fail_too_are_parked_in_the_place_of_those_before(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    true, second = await told(pupils, UNLUCKY, 5)
    await reader.take([true.but(value=DAMAGED), second])

    await reader.take([true, true.but(value=b"[]")])

    (row, behind) = await parked(reporting)
    assert (row.value, row.attempts, "MalformedPayloadError" in row.error) == (b"[]", 3, True)
    await reader.take([true])
    (row, behind) = await parked(reporting)
    assert (row.value, row.attempts, row.error) == (true.value, 4, "ValueError: thirteen")
    assert (behind.sequence, behind.attempts) == (2, 1)
    assert await position_of(reporting) == (0, True)


async def test_a_freed_stream_stops_again_at_the_next_record_that_cannot_be_applied(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    first, *rest = await told(pupils, 5, 7, UNLUCKY, 9)
    await reader.take([first.but(value=DAMAGED), *rest])

    await reader.take([first])

    assert await position_of(reporting) == (2, True)
    assert reader.held == {ROLL_STREAM}
    assert [(p.sequence, p.error) for p in await parked(reporting)] == [
        (3, "ValueError: thirteen"),
        (4, "waits behind an earlier one"),
    ]


async def test_a_hole_behind_the_freed_place_is_left_to_the_ledger(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    first, second, third = await told(pupils, 5, 7, 9)
    await reader.take([first.but(value=DAMAGED)])
    await reader.take([third])

    await reader.take([first])

    assert await position_of(reporting) == (1, False)
    assert [p.sequence for p in await parked(reporting)] == [3]
    await reader.take([second, third])
    assert (await document_of(reporting))["state"] == {"pupils": 21, "events": 3}


async def test_a_stream_is_freed_while_others_of_the_batch_go_on(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    (true,) = await told(pupils, 5)
    await reader.take([true.but(value=DAMAGED)])
    await reader.take([*await told(pupils, 9, urn=OTHER_URN), true])
    assert await position_of(reporting) == (1, False)
    assert await position_of(reporting, Stream("pupils", OTHER_URN)) == (1, False)


async def test_two_readers_that_get_the_true_event_apply_it_once(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader, context_for: ContextFor
) -> None:
    batch = await told(pupils, 5, 7)
    await reader.take([batch[0].but(value=DAMAGED), batch[1]])
    other = roll_reader(context_for("reporting"))
    await other.applier.cursors([ROLL_STREAM])

    await reader.take(batch)
    await other.take(batch)

    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}
    assert await parked(reporting) == []


async def test_a_claim_at_a_place_that_another_reader_has_passed_is_looked_at_again(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader, context_for: ContextFor
) -> None:
    (true,) = await told(pupils, 5)
    await reader.take([true.but(value=DAMAGED)])
    other = roll_reader(context_for("reporting"))
    real, seen = reader.applier.apply, list[Cursor]()

    async def overtaken(jobs: object) -> object:
        if not seen:
            await other.take([true])
        seen.append((await other.applier.cursors([ROLL_STREAM]))[ROLL_STREAM])
        return await real(jobs)  # type: ignore[arg-type]

    reader.applier.apply = overtaken  # type: ignore[method-assign, assignment]
    await reader.take([true])

    assert seen[0] == Cursor(1)
    assert (await document_of(reporting))["state"] == {"pupils": 5, "events": 1}
    assert [status for _, status, _ in await rows_of(reporting)] == [REPLACED]


async def test_a_reaction_goes_on_like_a_projection(
    context_for: ContextFor, reporting: ServiceContext
) -> None:
    employers = context_for("employers")
    await tell_employers(employers, "First", "Second", "Third")
    batch = await records_of(employers, EMPLOYERS, "directory")
    reader = directory_reader(reporting)
    await reader.take([batch[0], batch[1].but(value=DAMAGED), batch[2]])
    assert [status for _, status, _ in await rows_of(reporting)] == [WAITING, WAITING]

    await reader.take(batch[1:])

    known = await reporting.database().collection("known").find({}, sort=[("_id", 1)])
    assert [(k["name"], k["told"]) for k in known] == [("First", 1), ("Second", 1), ("Third", 1)]
    assert [status for _, status, _ in await rows_of(reporting)] == [REPLACED, REDRIVEN]


async def test_a_true_event_in_the_batch_of_its_damaged_copy_comes_again(
    pupils: ServiceContext, reporting: ServiceContext, reader: Reader
) -> None:
    """The copy takes the place first; the ledger is asked, because nobody knows which of the two is true."""
    first, second = await told(pupils, 5, 7)
    await reader.take([first.but(value=DAMAGED), first, second])
    assert await position_of(reporting) == (0, True)
    await reader.take(await records_of(pupils, PUPILS, URN))
    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}
