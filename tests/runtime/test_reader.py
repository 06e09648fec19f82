"""Readers and projections on the real store: each event once, and what cannot be applied is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from contracts.topics import PUPILS
from services.runtime.arrivals import MAX_VALUE_BYTES, Arrival, Cursor, Job, Outcome, Stream, read_record
from services.runtime.breaker import Breaker
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.mongo import Collection, Document, Write
from services.runtime.parking import PARKED, ParkedRecord, Parking
from services.runtime.projection import Projection, ProjectionApplier
from services.runtime.reader import Reader
from tests.runtime.sample_service import (
    OTHER_URN,
    ROLL_STREAM,
    ROLLS,
    UNLUCKY,
    URN,
    Record,
    records_of,
    roll,
    roll_reader,
    tell_rolls,
)

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


async def told(pupils: ServiceContext, *rolls: int, urn: Any = URN) -> list[Record]:  # noqa: ANN401 - a Urn
    """Tell of rolls and make the records that a relay would send."""
    after = {head.key: head.head for head in await pupils.ledger.heads()}.get(urn, 0)
    await tell_rolls(pupils, *rolls, urn=urn)
    return await records_of(pupils, PUPILS, urn, after)


async def document_of(context: ServiceContext, stream: Stream = ROLL_STREAM) -> Document:
    found = await context.database().collection("rolls_v1").get(str(stream))
    assert found is not None
    return found


async def position_of(context: ServiceContext, stream: Stream = ROLL_STREAM) -> tuple[int, bool]:
    document = await document_of(context, stream)
    return document["sequence"], document["held"]


async def parked(context: ServiceContext) -> list[ParkedRecord]:
    return await Parking(context.database()).waiting()


async def test_a_batch_is_folded_and_its_place_is_kept(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, 5, 7) + await told(pupils, 9, urn=OTHER_URN)
    await roll_reader(reporting).take(batch)

    document = await document_of(reporting)
    assert document["state"] == {"pupils": 12, "events": 2}
    assert (document["sequence"], document["held"]) == (2, False)
    other = await document_of(reporting, Stream("pupils", OTHER_URN))
    assert other["state"] == {"pupils": 9, "events": 1}


async def test_a_second_delivery_changes_nothing(pupils: ServiceContext, reporting: ServiceContext) -> None:
    batch = await told(pupils, 5, 7)
    reader = roll_reader(reporting)
    await reader.take(batch)
    before = await document_of(reporting)

    await reader.take(batch)
    await roll_reader(reporting).take(batch[1:] + batch)

    assert await document_of(reporting) == before
    assert await parked(reporting) == []


async def test_a_restarted_reader_goes_on_where_the_store_is(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    first, second = await told(pupils, 5), await told(pupils, 7)
    await roll_reader(reporting).take(first)
    await roll_reader(reporting).take(first + second)
    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}


async def test_two_readers_of_one_stream_apply_each_event_once(
    pupils: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    batch = await told(pupils, *range(1, 7)) + await told(pupils, 1, urn=OTHER_URN)
    one, other = roll_reader(reporting), roll_reader(context_for("reporting"))
    for reader in (one, other):
        # Both remember that the stream is at 0.
        await reader.applier.cursors([ROLL_STREAM, Stream("pupils", OTHER_URN)])

    await one.take(batch[:3])
    await asyncio.gather(one.take(batch), other.take(batch))

    assert (await document_of(reporting))["state"] == {"pupils": 21, "events": 6}
    assert (await document_of(reporting, Stream("pupils", OTHER_URN)))["state"]["events"] == 1
    assert one.applied[ROLL_STREAM] == other.applied[ROLL_STREAM] == 6


async def test_a_stream_that_another_reader_took_further_goes_on_where_that_one_left_it(
    pupils: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    """As after a change of a group's members and back: what is remembered here is behind the store."""
    first, second, third = await told(pupils, 1, 2, 3)
    here, elsewhere = roll_reader(reporting), roll_reader(context_for("reporting"))
    await here.take([first])
    await elsewhere.take([second])
    await here.take([third])
    assert await position_of(reporting) == (3, False)
    assert not here.gaps


async def test_an_early_event_is_not_applied_and_its_gap_is_noted(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, 5, 7, 9)
    reader = roll_reader(reporting)

    await reader.take([batch[0], batch[2]])
    assert await position_of(reporting) == (1, False)
    assert reader.gaps == {ROLL_STREAM}

    await reader.take(batch)
    assert (await document_of(reporting))["state"] == {"pupils": 21, "events": 3}


async def test_an_event_of_a_newer_service_is_passed_over(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, 5, 7, 9)
    batch[1] = batch[1].with_header("ce_type", b"pupils.something.new.v1").but(value=b"not for us")
    await roll_reader(reporting).take(batch)
    assert (await document_of(reporting))["state"] == {"pupils": 14, "events": 2}
    assert await position_of(reporting) == (3, False)


async def test_a_newer_version_of_an_event_that_matters_is_kept_and_not_passed_over(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, 5, 7, 9)
    batch[1] = batch[1].with_header("ce_type", b"pupils.roll.changed.v2")
    await roll_reader(reporting).take(batch)
    assert (await document_of(reporting))["state"] == {"pupils": 5, "events": 1}
    assert await position_of(reporting) == (1, True)
    assert [(p.sequence, p.type) for p in await parked(reporting)] == [
        (2, "pupils.roll.changed.v2"),
        (3, "pupils.roll.changed.v1"),
    ]


async def test_a_poison_event_is_parked_with_what_follows_and_holds_its_stream_alone(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, 5, UNLUCKY, 7) + await told(pupils, 9, urn=OTHER_URN)
    reader = roll_reader(reporting)

    await reader.take(batch)

    document = await document_of(reporting)
    assert document["state"] == {"pupils": 5, "events": 1}
    assert (document["sequence"], document["held"]) == (1, True)
    assert [(p.sequence, p.error) for p in await parked(reporting)] == [
        (2, "ValueError: thirteen"),
        (3, "waits behind an earlier one"),
    ]
    assert await position_of(reporting, Stream("pupils", OTHER_URN)) == (1, False)
    assert reader.held == {ROLL_STREAM}


async def test_a_parked_record_is_kept_whole(pupils: ServiceContext, reporting: ServiceContext) -> None:
    (record,) = await told(pupils, UNLUCKY)
    await roll_reader(reporting).take([record])
    row = await reporting.database().collection(PARKED).get(f"reporting.rolls_v1/pupils/{URN}/1")
    assert row is not None
    assert (row["value"], row["record_key"]) == (record.value, record.key)
    assert [tuple(header) for header in row["headers"]] == list(record.headers)
    assert (row["topic"], row["partition"], row["offset"]) == (record.topic, 0, 0)


async def test_what_arrives_behind_a_held_event_is_parked_and_other_streams_go_on(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    reader = roll_reader(reporting)
    await reader.take(await told(pupils, UNLUCKY))
    await reader.take(await told(pupils, 5, 7) + await told(pupils, 9, urn=OTHER_URN))

    assert await position_of(reporting) == (0, True)
    assert [p.sequence for p in await parked(reporting)] == [1, 2, 3]
    assert await position_of(reporting, Stream("pupils", OTHER_URN)) == (1, False)


async def test_a_second_delivery_of_parked_events_parks_them_once_and_keeps_the_reason(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, UNLUCKY, 5)
    await roll_reader(reporting).take(batch)
    await roll_reader(reporting).take(batch)
    assert [(p.sequence, p.error, p.attempts) for p in await parked(reporting)] == [
        (1, "ValueError: thirteen", 2),
        (2, "waits behind an earlier one", 2),
    ]


async def test_an_event_that_tells_of_another_school_is_parked(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    (record,) = await told(pupils, 5)
    forged = record.but(value=roll(5, OTHER_URN).model_dump_json().encode())
    await roll_reader(reporting).take([forged])
    (row,) = await parked(reporting)
    assert "another school" in row.error
    assert (await document_of(reporting))["state"] == {}


async def test_records_that_are_no_events_are_parked_alone_and_hold_nothing(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    good = await told(pupils, 5, 7)
    broken = [
        good[0].but(key=None, offset=10),
        good[0].but(value=None, headers=[], offset=11),
        good[0].with_header("ce_type", None).but(offset=12),
        good[0].with_header("ce_sequence", b"9" * 30).but(offset=13),
        good[0].but(value=b"x" * (5 * MAX_VALUE_BYTES), offset=14),
    ]
    await roll_reader(reporting).take([broken[0], good[0], *broken[1:], good[1]])

    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}
    rows = await parked(reporting)
    assert len(rows) == len(broken)
    assert {row.stream for row in rows} == {None}
    assert max(len(row.value) for row in rows) == MAX_VALUE_BYTES
    assert any(str(5 * MAX_VALUE_BYTES) in row.error for row in rows)


class Troubled(Collection):
    """The real collection, which the store is away from now and then."""

    __slots__ = ("find_fails", "write_fails")

    def __init__(self, collection: Collection) -> None:
        super().__init__(collection._driver_collection)
        self.find_fails = 0
        self.write_fails = 0

    async def find(
        self,
        where: Any,  # noqa: ANN401 - as the real one
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        fields: Sequence[str] = (),
    ) -> list[Document]:
        if self.find_fails:
            self.find_fails -= 1
            raise UnavailableError("the store is away")
        return await super().find(where, sort=sort, limit=limit, fields=fields)

    async def write(self, *changes: Write) -> int:
        if self.write_fails:
            self.write_fails -= 1
            raise UnavailableError("the store is away")
        return await super().write(*changes)


def troubled_reader(context: ServiceContext) -> tuple[Reader, Troubled]:
    documents = Troubled(context.database().collection("rolls_v1"))
    applier = ProjectionApplier(ROLLS, documents)
    return Reader("reporting.rolls_v1", context, ROLLS.topics, applier), documents


async def test_a_batch_that_the_store_did_not_take_is_taken_again(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    reader, documents = troubled_reader(reporting)
    await reader.take(await told(pupils, 1))
    batch = await told(pupils, 5, 7)
    documents.write_fails = 1
    with pytest.raises(UnavailableError):
        await reader.take(batch)

    await reader.take(batch)

    assert (await document_of(reporting))["state"] == {"pupils": 13, "events": 3}


async def test_a_store_that_fails_while_a_poison_event_is_looked_at_loses_nothing_of_the_others(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    reader, documents = troubled_reader(reporting)
    other = Stream("pupils", OTHER_URN)
    await reader.applier.cursors([ROLL_STREAM, other])
    batch = await told(pupils, 9, urn=OTHER_URN) + await told(pupils, 5, UNLUCKY)
    # The fold of the poison event left half a change, so the reader reads the document again: not now.
    documents.find_fails = 1
    with pytest.raises(UnavailableError):
        await reader.take(batch)

    await reader.take(batch)

    assert (await document_of(reporting, other))["state"] == {"pupils": 9, "events": 1}
    assert (await document_of(reporting))["state"] == {"pupils": 5, "events": 1}


async def test_a_hold_that_the_store_did_not_take_is_taken_again(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    reader, documents = troubled_reader(reporting)
    batch = await told(pupils, UNLUCKY, 5)
    documents.write_fails = 1
    with pytest.raises(UnavailableError):
        await reader.take(batch)
    await reader.take(batch)
    assert await position_of(reporting) == (0, True)
    assert [p.sequence for p in await parked(reporting)] == [1, 2]


async def test_half_a_change_of_a_fold_that_fails_is_not_kept(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    def count_then_fail(state: dict[str, Any], event: Any) -> None:  # noqa: ANN401 - any payload
        state["events"] = state.get("events", 0) + 1
        if event.year_groups[0].on_roll == UNLUCKY:
            raise ValueError("too late")

    projection = Projection("half", 1, ROLLS.topics, {type(roll(1)): count_then_fail})
    applier = ProjectionApplier(projection, reporting.database().collection("rolls_v1"))
    reader = Reader("reporting.half_v1", reporting, ROLLS.topics, applier)
    await reader.take(await told(pupils, 1, 2, UNLUCKY))
    assert (await document_of(reporting))["state"] == {"events": 2}


async def test_learning_where_streams_are_does_not_disturb_a_batch_under_way(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    batch = await told(pupils, 5, 7)
    reader = roll_reader(reporting)
    cursors = await reader.applier.cursors([ROLL_STREAM])
    await asyncio.gather(reader.take(batch), *(reader.learn([ROLL_STREAM]) for _ in range(5)))
    await reader.learn([ROLL_STREAM])

    assert cursors == {ROLL_STREAM: Cursor(0)}
    assert reader.applied == {ROLL_STREAM: 2}
    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}


async def test_learning_sees_what_another_process_has_applied(
    pupils: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    onlooker = roll_reader(context_for("reporting"))
    await onlooker.learn([ROLL_STREAM])
    assert onlooker.applied == {ROLL_STREAM: 0}

    await roll_reader(reporting).take(await told(pupils, 5, 7, UNLUCKY))
    await onlooker.learn([ROLL_STREAM])

    assert onlooker.applied == {ROLL_STREAM: 2}
    assert onlooker.held == {ROLL_STREAM}


async def test_a_reader_that_parks_too_much_stops_for_a_while(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    reader = roll_reader(reporting)
    reader.breaker = Breaker(limit=3, pause_s=60.0)
    await reader.take(await told(pupils, UNLUCKY, 1))
    assert reader.breaker.pause_left(asyncio.get_running_loop().time()) == 0
    await reader.take(await told(pupils, UNLUCKY, urn=OTHER_URN))
    assert reader.breaker.pause_left(asyncio.get_running_loop().time()) > 50


async def test_an_event_is_never_folded_into_a_state_of_another_place(
    pupils: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    records = await told(pupils, 5, 7, 9)
    stale = ProjectionApplier(ROLLS, reporting.database().collection("rolls_v1"))
    live = roll_reader(context_for("reporting"))
    await live.take(records[:1])
    await stale.cursors([ROLL_STREAM])
    await live.take(records[1:2])
    third = read_record(records[2], reporting.hub, {records[2].topic: "pupils"})
    assert isinstance(third, Arrival)

    # What it remembers is the state at 1; the job, and the store, are at 2.
    (outcome,) = await stale.apply([Job(ROLL_STREAM, Cursor(2), [third])])

    assert outcome.raced
    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}
    (outcome,) = await stale.apply([Job(ROLL_STREAM, Cursor(2), [third])])
    assert outcome.raced, "nothing is remembered any more, so the caller has to ask where the stream is"
    await stale.cursors([ROLL_STREAM])
    assert await stale.apply([Job(ROLL_STREAM, Cursor(2), [third])]) == [Outcome(1)]
    assert (await document_of(reporting))["state"] == {"pupils": 21, "events": 3}


async def test_a_stream_is_not_held_at_a_place_where_it_is_not_remembered(
    pupils: ServiceContext, reporting: ServiceContext, context_for: ContextFor
) -> None:
    records = await told(pupils, 5, 7)
    stale = ProjectionApplier(ROLLS, reporting.database().collection("rolls_v1"))
    live = roll_reader(context_for("reporting"))
    await live.take(records[:1])
    await stale.cursors([ROLL_STREAM])
    await live.take(records[1:])

    assert not await stale.mark(ROLL_STREAM, Cursor(2, held=True))
    assert (await document_of(reporting))["state"] == {"pupils": 12, "events": 2}
    assert await stale.mark(ROLL_STREAM, Cursor(2, held=True))
    assert await position_of(reporting) == (2, True)
