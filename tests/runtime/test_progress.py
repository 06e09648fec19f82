"""How ledgers and readers converge: what is missing is noticed, asked for and sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from contracts.catalogue import decode
from contracts.envelope import Envelope
from contracts.hub import CatchUpRequested, LedgerHeadsAnnounced
from contracts.topics import AUDIT, PUPILS
from contracts.vocabulary import Payload
from services.runtime import progress
from services.runtime.arrivals import Stream
from services.runtime.broker import Message, Publisher
from services.runtime.context import ServiceContext
from services.runtime.freshness import HEADS
from services.runtime.ledger import Head
from services.runtime.parking import Parking
from services.runtime.progress import Progress
from services.runtime.projection import Projection, ProjectionApplier
from services.runtime.reader import Reader
from services.runtime.settings import Settings
from tests.conftest import WorkerFor, eventually
from tests.runtime.sample_service import (
    OTHER_URN,
    ROLL_STREAM,
    ROLLS,
    SOURCE,
    TARGET,
    UNLUCKY,
    URN,
    Record,
    directory_reader,
    records_of,
    roll_reader,
    tell_rolls,
)

ContextFor = Callable[[str], ServiceContext]


class Wire(Publisher):
    """Keeps control messages instead of sending them, so that a test decides who hears what and when."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.said: list[Record] = []

    async def send(self, topic: str, messages: Sequence[Message]) -> int:
        self.said += [Record(topic, m.key, m.value, m.headers) for m in messages]
        return len(messages)

    def take(self) -> list[Record]:
        """Hand over what was said since the last time."""
        said, self.said = self.said, []
        return said


def payloads(records: Sequence[Record]) -> list[Payload]:
    read = []
    for record in records:
        headers = [(name, value or b"") for name, value in record.headers]
        read.append(decode(Envelope.from_headers(headers).type, record.value or b""))
    return read


@pytest.fixture
def wire(settings: Settings) -> Wire:
    return Wire(settings)


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


@pytest.fixture
def reporting(context_for: ContextFor) -> ServiceContext:
    return context_for("reporting")


@pytest.fixture
def reader(reporting: ServiceContext) -> Reader:
    return roll_reader(reporting)


@pytest.fixture
def hub(pupils: ServiceContext, reader: Reader, wire: Wire) -> Progress:
    """A worker that relays the pupils' ledger and reads it."""
    return Progress(pupils.hub, [pupils], [reader], wire)


async def all_published(context: ServiceContext, through: int | None = None) -> None:
    """Have the ledger believe that the broker has its events."""
    for head in await context.ledger.heads():
        await context.ledger.mark_published(head, head.head if through is None else through, fence=1)


async def announced(hub: Progress, wire: Wire) -> None:
    await hub.announce()
    await hub.hear(wire.take())


async def test_heads_are_announced_when_they_are_new_and_otherwise_now_and_then(
    pupils: ServiceContext, hub: Progress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_rolls(pupils, 1, 2)
    await hub.announce()
    (said,) = payloads(wire.take())
    assert isinstance(said, LedgerHeadsAnnounced)
    assert [(h.key, h.head, h.published) for h in said.heads] == [(URN, 2, 0)]

    await hub.announce()
    assert wire.take() == []
    await all_published(pupils)
    await hub.announce()
    assert len(wire.take()) == 1
    monkeypatch.setattr(progress, "ANNOUNCE_AT_LEAST_EVERY_S", 0.0)
    await hub.announce()
    assert len(wire.take()) == 1


async def test_an_api_finds_the_announced_heads_in_the_readers_own_store(
    pupils: ServiceContext, reporting: ServiceContext, hub: Progress, wire: Wire
) -> None:
    await tell_rolls(pupils, 1, 2)
    await announced(hub, wire)
    assert await reporting.database().collection(HEADS).get("pupils") == {"_id": "pupils", "heads": {URN: 2}}


async def test_a_gap_is_asked_for_at_once_and_sent_again(
    pupils: ServiceContext, reader: Reader, hub: Progress, wire: Wire
) -> None:
    await tell_rolls(pupils, 1, 2, 3)
    await all_published(pupils)
    records = await records_of(pupils, PUPILS, URN)
    await announced(hub, wire)
    await reader.take([records[0], records[2]])

    await hub.check()

    (asked,) = payloads(wire.said)
    assert isinstance(asked, CatchUpRequested)
    assert (asked.service, asked.reader) == ("pupils", "reporting.rolls_v1")
    assert [(p.key, p.applied) for p in asked.positions] == [(URN, 1)]
    await hub.hear(wire.take())
    assert await pupils.ledger.heads() == [Head(URN, 3, 1)]
    await hub.check()
    assert wire.take() == []


async def test_a_tail_that_never_came_is_asked_for_when_nothing_moves_for_a_while(
    pupils: ServiceContext, reader: Reader, hub: Progress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_rolls(pupils, 1, 2, 3)
    await all_published(pupils)
    await announced(hub, wire)
    await reader.take((await records_of(pupils, PUPILS, URN))[:2])
    await hub.check()
    assert wire.take() == []

    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    await hub.check()

    await hub.hear(wire.take())
    assert await pupils.ledger.heads() == [Head(URN, 3, 2)]


async def test_what_is_not_published_yet_is_not_asked_for(
    pupils: ServiceContext, hub: Progress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    await tell_rolls(pupils, 1, 2, 3)
    await announced(hub, wire)
    for _ in range(3):
        await hub.check()
    assert wire.take() == []
    assert hub.lag() == {"reporting.rolls_v1": 3}


async def test_a_held_stream_is_asked_for_more_and_more_seldom(
    pupils: ServiceContext, reader: Reader, hub: Progress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now_s))
    monkeypatch.setattr(progress, "HELD_CEILING_S", 20.0)
    await tell_rolls(pupils, UNLUCKY, 2)
    await all_published(pupils)
    await announced(hub, wire)
    await reader.take(await records_of(pupils, PUPILS, URN))
    asked_s = []
    for now_s in range(100):
        await hub.check()
        if wire.take():
            asked_s.append(now_s)
            # The ledger sends the same bytes again; they stay parked.
            await reader.take(await records_of(pupils, PUPILS, URN))
    assert asked_s == [3, 9, 21, 41, 61, 81]
    assert reader.held == {ROLL_STREAM}


async def test_a_held_stream_is_not_asked_for_what_the_ledger_has_not_told_yet(
    pupils: ServiceContext, reader: Reader, hub: Progress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    await tell_rolls(pupils, 1)
    await all_published(pupils)
    await announced(hub, wire)
    (first,) = await records_of(pupils, PUPILS, URN)
    await reader.take([first, first.with_header("ce_sequence", b"2").but(value=b"{")])
    for _ in range(3):
        await hub.check()
    assert reader.held == {ROLL_STREAM}
    assert wire.take() == []


async def test_the_true_event_is_asked_for_in_place_of_a_damaged_one_and_the_stream_goes_on(
    pupils: ServiceContext, reader: Reader, hub: Progress, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    await tell_rolls(pupils, 1, 2, 3)
    await all_published(pupils)
    await announced(hub, wire)
    first, second, third = await records_of(pupils, PUPILS, URN)
    await reader.take([first, second.but(value=b"{"), third])

    await hub.check()
    await hub.hear(wire.take())

    (head,) = await pupils.ledger.heads()
    assert head == Head(URN, 3, 1)
    await reader.take(await records_of(pupils, PUPILS, URN, head.published))
    assert (reader.applied, reader.held) == ({ROLL_STREAM: 3}, set())
    assert await Parking(reader.context.database()).waiting() == []


async def test_a_stream_that_another_process_reads_is_not_asked_for_while_it_moves(
    pupils: ServiceContext,
    hub: Progress,
    wire: Wire,
    context_for: ContextFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await tell_rolls(pupils, 1, 2, 3, 4)
    await all_published(pupils)
    await announced(hub, wire)
    await hub.check()
    elsewhere = roll_reader(context_for("reporting"))
    records = await records_of(pupils, PUPILS, URN)

    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    for record in records:
        await elsewhere.take([record])
        await hub.check()

    assert wire.take() == []
    assert hub.lag() == {"reporting.rolls_v1": 0}


async def test_a_request_moves_only_the_ledger_that_it_names(
    pupils: ServiceContext, context_for: ContextFor, hub: Progress, wire: Wire
) -> None:
    await tell_rolls(pupils, 1, 2)
    await all_published(pupils)
    audit = Progress(pupils.hub, [context_for("audit")], [], wire)
    await audit._send(
        pupils,
        "audit",
        CatchUpRequested(service="audit", reader="reporting.x", positions=()),
    )
    await hub.hear(wire.take())
    assert await pupils.ledger.heads() == [Head(URN, 2, 2)]


async def test_control_messages_that_are_not_ours_are_passed_over(
    pupils: ServiceContext, hub: Progress, wire: Wire
) -> None:
    await tell_rolls(pupils, 1)
    await hub.announce()
    (good,) = wire.take()
    strange = [
        good.but(headers=[]),
        good.with_header("ce_hub", b"another-hub"),
        good.with_header("ce_type", b"hub.something.new.v9"),
        good.with_header("ce_id", None),
        good.but(value=b"{not json"),
        good.but(value=None),
    ]
    await hub.hear(strange)
    assert hub.lag() == {"reporting.rolls_v1": 0}
    await hub.hear([*strange, good])
    assert hub.lag() == {"reporting.rolls_v1": 1}


async def test_a_reader_has_caught_up_when_it_has_all_of_every_ledger_that_it_reads(
    pupils: ServiceContext, context_for: ContextFor, reporting: ServiceContext, wire: Wire
) -> None:
    projection = Projection("both", 1, (PUPILS, AUDIT), ROLLS.on)
    applier = ProjectionApplier(projection, reporting.database().collection("both_v1"))
    reader = Reader("reporting.both_v1", reporting, projection.topics, applier)
    hub = Progress(pupils.hub, [pupils], [reader], wire)
    audit = Progress(pupils.hub, [context_for("audit")], [], wire)
    await tell_rolls(pupils, 1, 2)
    await announced(hub, wire)
    await reader.take(await records_of(pupils, PUPILS, URN))
    assert not hub.has_caught_up(reader), "nobody has said what audit's ledger holds"

    # It holds nothing, and says so.
    await audit.announce()
    await hub.hear(wire.take())

    assert hub.has_caught_up(reader)
    await tell_rolls(pupils, 3)
    await announced(hub, wire)
    assert not hub.has_caught_up(reader)


async def test_a_reader_follows_only_the_ledgers_of_its_topics(
    pupils: ServiceContext, reporting: ServiceContext, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    hub = Progress(pupils.hub, [pupils], [directory_reader(reporting)], wire)
    await tell_rolls(pupils, 1)
    await all_published(pupils)
    await announced(hub, wire)
    for _ in range(2):
        await hub.check()
    assert wire.take() == []
    assert hub.lag() == {"reporting.directory.v1": 0}


@pytest.mark.every_broker
async def test_whatever_the_broker_lost_arrives_in_the_end(
    pupils: ServiceContext, worker_for: WorkerFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "STUCK_S", 0.5)
    third = "100001"
    for urn in (URN, OTHER_URN, third):
        await tell_rolls(pupils, 1, 2, 3, 4, urn=urn)  # type: ignore[arg-type]
    # As the ledger sees it the broker has had: all of the first, a part of the second, none of the third.
    # In fact it was emptied since, so the first is lost whole and the second begins with a gap.
    heads = {head.key: head for head in await pupils.ledger.heads()}
    await pupils.ledger.mark_published(heads[URN], 4, fence=1)
    await pupils.ledger.mark_published(heads[OTHER_URN], 2, fence=1)

    async with worker_for((SOURCE, TARGET)) as worker:
        documents = await worker.contexts["reporting"].projection(ROLLS)

        async def all_applied() -> bool:
            found = await documents.find({})
            return {d["key"]: d["sequence"] for d in found} == {URN: 4, OTHER_URN: 4, third: 4}

        await eventually(all_applied)
        states = {d["key"]: d["state"] for d in await documents.find({})}
        assert states == {key: {"pupils": 10, "events": 4} for key in (URN, OTHER_URN, third)}
        assert await Parking(worker.contexts["reporting"].database()).waiting() == []
        assert {Stream("pupils", key) for key in states} == set(
            worker.progress._heads if worker.progress else ()
        )
