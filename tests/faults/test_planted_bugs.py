"""Each checker is proven by planting the bug that it is there for, and finds nothing where none was planted.

Bugs are planted in this process, never in the services. What heals a Hub by itself is left out here, because
it would hide them: readers are not caught up from the ledgers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from contracts.pupils import ActivityRecorded
from contracts.vocabulary import Payload
from services.pupils.views import pupils as views
from services.pupils.views.pages import PupilsAsked, View
from services.registry import SERVICES
from services.reporting.projections import HUB_REPORT as HUB_REPORT_PROJECTION
from services.reporting.projections import on_activity_recorded
from services.runtime import reader
from services.runtime.arrivals import Arrival, Cursor, Sorted, Stream
from services.runtime.broker import Message, Publisher
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.ledger import Ledger, NewEvent
from services.runtime.mongo import Replace, Session, Store
from services.runtime.parking import Parking
from services.runtime.projection import ProjectionApplier, State
from services.runtime.settings import Settings
from services.runtime.uow import UnitOfWork
from tests.conftest import NOW, ClientFor
from tests.faults.checkers import (
    check_promises,
    examine,
    p1_acknowledged_is_durable,
    p2_counted_once,
    p4_report_equals_recount,
    p6_nothing_dropped,
)
from tests.faults.leaks import p5_nobody_sees_another_school
from tests.faults.order import p3_ordered_per_school
from tests.faults.scenario import Place, scenario
from tests.faults.workbench import HUB_REPORT, Workbench

pytestmark = pytest.mark.faults

EVERYTHING = tuple(SERVICES.values())
LONG_ENOUGH_S = 60.0
T = TypeVar("T")


async def test_without_a_bug_nothing_is_found(bench: Workbench) -> None:
    await bench.post(8)
    await bench.relay()
    await bench.read()
    await bench.scene.settle()
    await check_promises(bench.scene, "worked by hand")


async def test_what_is_told_again_under_another_reference_counts_once(bench: Workbench) -> None:
    journals = bench.scene.journals
    async with asyncio.timeout(LONG_ENOUGH_S):
        while not any(journal.merged for journal in journals):
            await bench.post(5)
    await bench.relay()
    await bench.read()
    await bench.scene.settle()
    verdicts = await check_promises(bench.scene, "told again")
    assert verdicts["P6"].counts["merged"]


async def test_p6_catches_a_merged_activity_that_is_still_counted(bench: Workbench) -> None:
    await bench.post(8)
    await bench.relay()
    await bench.read()
    await bench.scene.settle()
    first, second, *_ = (kept for kept in bench.scene.journals[0].standing)
    second.merged_into = first.reference
    verdict = await p6_nothing_dropped(bench.scene)
    assert any("1 merged" in problem for problem in verdict.problems)


async def test_a_check_of_nothing_is_a_failure(settings: Settings, keys: Path, client_for: ClientFor) -> None:
    async with (
        client_for(EVERYTHING) as http,
        scenario(Place(settings, keys, http, now=NOW), "nobody", seed=61, schools=0) as scene,
    ):
        verdicts = await examine(scene)
    assert all(verdict.uncounted for verdict in verdicts.values())


async def test_p1_catches_a_reply_before_the_commit(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = Store.transact

    async def answer_first(store: Store, work: Callable[[Session], Awaitable[T]]) -> T:
        answers: list[T] = []

        async def work_in_vain(session: Session) -> None:
            answers.append(await work(session))
            raise _Undone

        with suppress(_Undone):
            await transact(store, work_in_vain)
        return answers[-1]

    await bench.post(2)
    with monkeypatch.context() as planted:
        planted.setattr(Store, "transact", answer_first)
        await bench.post(1)
    verdict = await p1_acknowledged_is_durable(bench.scene)
    assert verdict.problems
    assert verdict.counts["activities"]


async def test_p1_catches_a_counter_that_is_not_atomic_with_the_state(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State and event in two transactions: who dies between them and is asked again has no event to tell."""
    transact, append = Store.transact, Ledger.append
    late: list[tuple[Ledger, str, Sequence[NewEvent]]] = []
    deaths = iter([False, False, True])

    async def append_later(ledger: Ledger, _session: Session, key: str, events: Sequence[NewEvent]) -> int:
        late.append((ledger, key, events))
        return 0

    async def two_transactions(store: Store, work: Callable[[Session], Awaitable[T]]) -> T:
        result = await transact(store, work)
        while late:
            ledger, key, events = late.pop()
            if next(deaths, False):
                raise UnavailableError("killed between the two", retry_after_s=0)

            async def tell(session: Session) -> int:
                return await append(ledger, session, key, events)  # noqa: B023 - awaited in this round

            await transact(store, tell)
        return result

    with monkeypatch.context() as planted:
        planted.setattr(Ledger, "append", append_later)
        planted.setattr(Store, "transact", two_transactions)
        await bench.post(3)
    verdict = await p1_acknowledged_is_durable(bench.scene)
    assert any("ledger rows" in problem for problem in verdict.problems)


async def test_p2_catches_a_reader_that_counts_what_comes_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_everything(arrivals: Sequence[Arrival], _cursor: Cursor) -> Sorted:
        return Sorted(next=tuple(arrivals))

    await bench.post(5)
    await bench.relay()
    await bench.read()
    monkeypatch.setattr(reader, "sort_out", take_everything)
    again = (await bench.readers())[HUB_REPORT]
    await again.take(await bench.records(again))
    verdict = await p2_counted_once(bench.scene)
    assert any("encounters" in problem for problem in verdict.problems)


async def test_p3_catches_a_relay_that_sends_out_of_order(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Publisher.send

    async def send_backwards(publisher: Publisher, topic: str, messages: Sequence[Message]) -> int:
        return await send(publisher, topic, list(reversed(messages)))

    await bench.post(5)
    monkeypatch.setattr(Publisher, "send", send_backwards)
    await bench.relay()
    verdict = await p3_ordered_per_school(bench.scene)
    assert any("after" in problem for problem in verdict.problems)


async def test_p4_catches_a_fold_that_counts_wrong(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget_the_absent(state: State, event: ActivityRecorded) -> None:
        on_activity_recorded(state, event)
        year = state["years"][event.academic_year]
        for group in year["groups"].values():
            group["encounters"] += group["absent"]

    await bench.post(8)
    folds: Any = HUB_REPORT_PROJECTION.on
    monkeypatch.setitem(folds, ActivityRecorded, forget_the_absent)
    await bench.relay()
    await bench.read()
    verdict = await p4_report_equals_recount(bench.scene)
    assert any("recounted" in problem for problem in verdict.problems)
    assert any("by the journal" in problem for problem in verdict.problems)


async def test_p5_catches_one_query_of_another_school(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupils_page = views.pupils_page

    async def unscoped(context: ServiceContext, _urn: str, asked: PupilsAsked) -> View:
        return await pupils_page(context, bench.scene.urns[0], asked)

    await bench.relay()
    await bench.read()
    monkeypatch.setattr(views, "pupils_page", unscoped)
    verdict = await p5_nobody_sees_another_school(bench.scene)
    assert any("another school's canary" in problem for problem in verdict.problems)


async def test_p5_catches_an_event_that_tells_a_name(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = bench.scene.schools[0]
    tell = UnitOfWork.tell

    def tell_too_much(unit: UnitOfWork, payload: Payload) -> None:
        tell(unit, payload)
        last = unit._events[-1]
        unit._events[-1] = replace(last, value=last.value[:-1] + f', "note": "{school.pupils[0].surname}"}}')

    monkeypatch.setattr(UnitOfWork, "tell", tell_too_much)
    await bench.post(1)
    await bench.relay()
    await bench.read()
    verdict = await p5_nobody_sees_another_school(bench.scene)
    assert any("a record of" in problem for problem in verdict.problems)
    assert any("documents of" in problem for problem in verdict.problems)


async def test_p6_catches_a_projection_written_without_its_condition(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two readers that were at the same place, the slower one takes back what the faster one applied."""
    write = ProjectionApplier._write

    def unconditional(applier: ProjectionApplier, stream: Stream, previous: int) -> Replace:
        change = write(applier, stream, previous)
        return Replace({"_id": str(stream)}, change.document, upsert=True)  # type: ignore[union-attr]

    async def race() -> list[str]:
        slow, fast = [(await bench.readers())[HUB_REPORT] for _ in range(2)]
        known = await bench.records(slow)
        await slow.take(known)
        await bench.post(4)
        await bench.relay()
        await fast.take(await bench.records(fast))
        await bench.scene._look()
        first, *_ = (await bench.fresh(slow, known))[0]
        await slow.take([first])
        await bench.scene._look()
        await bench.read(HUB_REPORT)
        return (await p6_nothing_dropped(bench.scene)).problems

    assert not await race()
    assert not bench.scene.went_back
    monkeypatch.setattr(ProjectionApplier, "_write", unconditional)
    assert any(HUB_REPORT in problem for problem in await race())
    assert bench.scene.went_back, "the third checker's watch sees it as well"


async def test_p6_catches_a_record_that_is_acknowledged_before_it_is_parked(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def park_later(*_: object) -> None:
        """The row would be written in a moment; the process dies first."""

    async def read_damaged() -> list[str]:
        await bench.post(2)
        await bench.relay()
        taken = (await bench.readers())[HUB_REPORT]
        records = await bench.records(taken)
        await taken.take([*records[:-1], replace(records[-1], value=b"{")])
        await bench.read(HUB_REPORT)
        return (await p6_nothing_dropped(bench.scene)).problems

    assert not await read_damaged()
    assert (await p6_nothing_dropped(bench.scene)).counts["parked"]
    monkeypatch.setattr(Parking, "park", park_later)
    assert any(HUB_REPORT in problem for problem in await read_damaged())


class _Undone(Exception):  # noqa: N818 - not an error, but the end of a transaction
    """Ends a transaction that was only acted out."""
