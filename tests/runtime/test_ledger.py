"""The ledger and the unit of work: no gap, no event without its state, no state without its event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from bson import encode

from services.runtime import ledger
from services.runtime.context import ServiceContext
from services.runtime.errors import DuplicateKeyError
from services.runtime.ledger import LEDGER, SEQUENCES, Head, NewEvent
from services.runtime.mongo import Document, Session, Store
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from services.runtime.uow import UnitOfWork
from tests.conftest import NOW
from tests.runtime.sample_service import ACTOR, OTHER_URN, URN, roll, tell_rolls

ContextFor = Callable[[str], ServiceContext]
UNITS = (1, 3, 1, 6)
LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


@pytest.fixture
async def other_process(settings: Settings) -> AsyncIterator[ServiceContext]:
    """The same service over a connection of its own."""
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=2, application="tests")
    yield ServiceContext("pupils", settings, store, Sealer.from_file(settings.secret_file), clock=lambda: NOW)
    await store.close()


async def batches_of(context: ServiceContext, key: str = URN) -> list[Document]:
    """The ledger's documents as they are stored."""
    return await context.database().collection(LEDGER).find({"key": key}, sort=[("last", 1)])


async def test_units_of_two_processes_at_once_leave_no_gap(
    pupils: ServiceContext, other_process: ServiceContext
) -> None:
    await pupils.prepare({}, {})
    told = [1, 3, 2, 1, 4, 1, 2, 3]

    await asyncio.gather(
        *(
            tell_rolls(context, *range(events), urn=URN)
            for events in told
            for context in (pupils, other_process)
        )
    )

    rows = await pupils.ledger.read(URN, 0, 1_000)
    assert [row.sequence for row in rows] == list(range(1, 2 * sum(told) + 1))
    assert len({row.event.id for row in rows}) == len(rows)
    assert await other_process.ledger.heads() == [Head(URN, len(rows), 0)]


async def test_every_key_is_counted_by_itself(pupils: ServiceContext) -> None:
    await tell_rolls(pupils, 1, 2, urn=OTHER_URN)
    await tell_rolls(pupils, 3, urn=URN)
    await tell_rolls(pupils, 4, urn=OTHER_URN)

    assert await pupils.ledger.heads() == [Head(URN, 1, 0), Head(OTHER_URN, 3, 0)]
    rows = await pupils.ledger.read(OTHER_URN, 1, 10)
    assert [(row.key, row.sequence) for row in rows] == [(OTHER_URN, 2), (OTHER_URN, 3)]


async def test_a_unit_that_raises_leaves_neither_state_nor_gap(pupils: ServiceContext) -> None:
    async def fail(unit: UnitOfWork) -> None:
        await unit.collection("rolls").insert({"_id": "roll"})
        unit.log_access("roll.import", "roll")
        unit.tell(roll(5))
        raise LookupError("nothing of this happened")

    await tell_rolls(pupils, 1)
    with pytest.raises(LookupError):
        await pupils.in_school(ACTOR, URN, fail)
    await tell_rolls(pupils, 2)

    assert [row.sequence for row in await pupils.ledger.read(URN, 0, 10)] == [1, 2]
    assert await pupils.school(URN).collection("rolls").count({}) == 0
    assert (await pupils.access_log(URN).verify()).rows == 0


async def test_a_unit_without_events_does_not_touch_the_ledger(pupils: ServiceContext) -> None:
    async def write(unit: UnitOfWork) -> None:
        await unit.collection("rolls").insert({"_id": "roll"})

    await pupils.in_school(ACTOR, URN, write)

    assert await pupils.database().collection(SEQUENCES).count({}) == 0
    with pytest.raises(ValueError, match="nothing to append"):
        await pupils.store.transact(lambda session: append_nothing(pupils, session))


async def append_nothing(context: ServiceContext, session: Session) -> int:
    return await context.ledger.append(session, URN, [])


async def test_a_unit_is_one_document_and_every_event_is_a_row(pupils: ServiceContext) -> None:
    for events in UNITS:
        await tell_rolls(pupils, *range(events))

    batches = await batches_of(pupils)
    rows = await pupils.ledger.read(URN, 0, 100)
    assert [(batch["first"], batch["last"]) for batch in batches] == [(1, 1), (2, 4), (5, 5), (6, 11)]
    assert [row.event.id for row in rows] == [event["id"] for batch in batches for event in batch["events"]]


async def test_a_ledger_can_be_read_from_and_to_any_place_in_its_batches(pupils: ServiceContext) -> None:
    for events in UNITS:
        await tell_rolls(pupils, *range(events))
    await tell_rolls(pupils, 1, 2, 3, urn=OTHER_URN)
    every = await pupils.ledger.read(URN, 0, 100)
    head = sum(UNITS)
    assert [row.sequence for row in every] == list(range(1, head + 1))

    for after in range(head + 2):
        for limit in range(1, head + 2):
            assert await pupils.ledger.read(URN, after, limit) == every[after : after + limit]


async def test_a_unit_of_very_many_events_is_several_documents_without_a_gap(
    pupils: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_EVENTS_A_BATCH", 3)
    await tell_rolls(pupils, 1)
    await tell_rolls(pupils, *range(7))

    batches = await batches_of(pupils)
    assert [(batch["first"], batch["last"]) for batch in batches] == [(1, 1), (2, 4), (5, 7), (8, 8)]
    for after in range(8):
        assert [row.sequence for row in await pupils.ledger.read(URN, after, 2)] == [
            sequence for sequence in (after + 1, after + 2) if sequence <= 8
        ]


async def test_a_document_of_the_ledger_stays_far_below_the_stores_limit(pupils: ServiceContext) -> None:
    text = "\U0001f393" * 90_000  # four bytes each as UTF-8
    long = [NewEvent(f"{place}", "pupils.roll.changed.v1", NOW, text, None) for place in range(25)]

    await pupils.store.transact(lambda session: pupils.ledger.append(session, URN, long))

    batches = await batches_of(pupils)
    assert [batch["last"] for batch in batches] == [11, 22, 25]
    assert max(len(encode(batch)) for batch in batches) < LARGEST_DOCUMENT_BYTES / 3
    assert [row.event for row in await pupils.ledger.read(URN, 0, 100)] == long


@pytest.mark.parametrize("events", [1, 2, 3], ids=["shorter", "equal", "longer"])
async def test_a_second_writer_of_the_same_sequences_is_refused(pupils: ServiceContext, events: int) -> None:
    await pupils.prepare({}, {})
    await tell_rolls(pupils, 1)
    await tell_rolls(pupils, 2, 3)
    before = await pupils.ledger.read(URN, 0, 10)
    await pupils.database().collection(SEQUENCES).update({"_id": URN}, {"$set": {"head": 1}})

    with pytest.raises(DuplicateKeyError):
        await tell_rolls(pupils, *range(events))

    assert await pupils.ledger.read(URN, 0, 10) == before


async def test_a_batch_that_ends_where_another_ends_is_refused(pupils: ServiceContext) -> None:
    await pupils.prepare({}, {})
    await tell_rolls(pupils, 1, 2, 3)
    await pupils.database().collection(SEQUENCES).update({"_id": URN}, {"$set": {"head": 1}})

    with pytest.raises(DuplicateKeyError):
        await tell_rolls(pupils, 4, 5)


async def test_published_moves_only_from_where_it_was_read(pupils: ServiceContext) -> None:
    await tell_rolls(pupils, 1, 2, 3)
    (head,) = await pupils.ledger.heads()

    assert await pupils.ledger.mark_published(head, 2, fence=1)
    assert not await pupils.ledger.mark_published(head, 3, fence=1)
    assert await pupils.ledger.heads() == [Head(URN, 3, 2)]


async def test_a_lower_fence_cannot_move_published(pupils: ServiceContext) -> None:
    await tell_rolls(pupils, 1, 2, 3)
    (head,) = await pupils.ledger.heads()
    assert await pupils.ledger.mark_published(head, 1, fence=7)
    (head,) = await pupils.ledger.heads()

    assert not await pupils.ledger.mark_published(head, 3, fence=6)
    assert await pupils.ledger.mark_published(head, 3, fence=8)


async def test_rewinding_goes_back_and_never_forward(pupils: ServiceContext) -> None:
    await tell_rolls(pupils, 1, 2, 3)
    await tell_rolls(pupils, 1, 2, 3, urn=OTHER_URN)
    for head in await pupils.ledger.heads():
        await pupils.ledger.mark_published(head, 2, fence=1)

    assert await pupils.ledger.rewind({URN: 0, OTHER_URN: 3, "999999": 0}) == 1
    assert await pupils.ledger.heads() == [Head(URN, 3, 0), Head(OTHER_URN, 3, 2)]


async def test_a_row_that_was_sent_before_the_rewind_cannot_be_marked_after_it(
    pupils: ServiceContext,
) -> None:
    await tell_rolls(pupils, 1, 2, 3)
    (head,) = await pupils.ledger.heads()
    await pupils.ledger.mark_published(head, 2, fence=1)
    (sending,) = await pupils.ledger.heads()
    await pupils.ledger.rewind({URN: 0})

    assert not await pupils.ledger.mark_published(sending, 3, fence=1)
    assert await pupils.ledger.heads() == [Head(URN, 3, 0)]


async def test_a_unit_of_the_services_own_has_no_school(pupils: ServiceContext) -> None:
    async def use_urn(unit: UnitOfWork) -> None:
        _ = unit.urn

    async def use_log(unit: UnitOfWork) -> None:
        unit.log_access("roll.read", "roll")

    for work in (use_urn, use_log):
        with pytest.raises(TypeError):
            await pupils.in_hub(ACTOR, "directory", work)


async def test_what_a_unit_reads_includes_what_it_wrote(pupils: ServiceContext) -> None:
    async def write_and_read(unit: UnitOfWork) -> int:
        await unit.collection("rolls").insert({"_id": 1}, {"_id": 2})
        return await unit.collection("rolls").count({})

    assert await pupils.in_school(ACTOR, URN, write_and_read) == 2
