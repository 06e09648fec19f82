"""The access log: a chain of which nobody can change, take out or put in a row unnoticed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from bson import encode
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as checking
from hypothesis import strategies as st

from services.runtime import access_log
from services.runtime.access_log import ACCESS_LOG, GENESIS, MOST_ENTRIES_A_ROW, Access, AccessLog
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.mongo import Document, Session
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW
from tests.runtime.sample_service import ACTOR, OTHER_URN, URN

ContextFor = Callable[[str], ServiceContext]
ROWS = 6
LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024


@pytest.fixture
def pupils(context_for: ContextFor) -> ServiceContext:
    return context_for("pupils")


def access(number: int, subject: str = "teacher") -> Access:
    return Access(subject, "pupil.read", f"pupils/{number}", NOW + dt.timedelta(seconds=number))


async def write_rows(log: AccessLog, number: int = ROWS) -> str:
    """Write rows of one entry, of two, of three, of one again ...; returns the head's mac."""
    mac = GENESIS
    for place in range(number):
        head = await log.append(None, [access(10 * place + entry) for entry in range(place % 3 + 1)])
        log.moved_to(head)
        mac = head.mac
    return mac


async def rows_of(context: ServiceContext) -> list[Document]:
    return await context.school(URN).collection(ACCESS_LOG).find({}, sort=[("_id", 1)])


@pytest.fixture
async def chain(pupils: ServiceContext) -> list[Document]:
    """The rows of a chain that is written once for all the ways to spoil it."""
    await write_rows(pupils.access_log(URN))
    return await rows_of(pupils)


async def test_an_untouched_chain_is_whole(pupils: ServiceContext) -> None:
    head = await write_rows(pupils.access_log(URN))
    verdict = await pupils.access_log(URN).verify(expect=head)
    assert (verdict.rows, verdict.head, verdict.broken_at) == (ROWS, head, None)


async def test_an_empty_chain_is_whole(pupils: ServiceContext) -> None:
    verdict = await pupils.access_log(URN).verify()
    assert (verdict.rows, verdict.head, verdict.broken_at) == (0, GENESIS, None)


@pytest.mark.parametrize("rows", [1, 3, 4, 7, 8])
async def test_a_chain_is_checked_page_by_page(
    pupils: ServiceContext, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "_VERIFY_PAGE", 4)
    await write_rows(pupils.access_log(URN), rows)
    assert (await pupils.access_log(URN).verify()).rows == rows
    await (
        pupils.school(URN).collection(ACCESS_LOG).update({"_id": rows}, {"$set": {"entries.0.subject": "x"}})
    )
    assert (await pupils.access_log(URN).verify()).broken_at == rows


ROW_FIELDS = st.sampled_from(["entries", "mac", "surplus"])
ENTRY_FIELDS = st.sampled_from(["at", "subject", "action", "resource", "surplus"])
VALUES = st.one_of(
    st.text(max_size=5),
    st.none(),
    st.integers(0, 9),
    st.floats(allow_nan=False),
    st.binary(max_size=3),
    st.just(NOW),
    st.lists(st.integers(0, 1), max_size=2),
)
PLACES = st.integers(0, ROWS - 1)
CHANGES = st.one_of(
    st.tuples(st.just("change"), PLACES, ROW_FIELDS, VALUES),
    st.tuples(st.just("lose a field"), PLACES, ROW_FIELDS, st.none()),
    st.tuples(st.just("change an entry"), PLACES, ENTRY_FIELDS, VALUES),
    st.tuples(st.just("lose a field of an entry"), PLACES, ENTRY_FIELDS, st.none()),
    st.tuples(st.just("remove an entry"), PLACES, st.integers(0, 2), st.none()),
    st.tuples(st.just("repeat an entry"), PLACES, st.integers(0, 2), st.none()),
    st.tuples(st.just("turn entries round"), PLACES, st.none(), st.none()),
    st.tuples(st.just("move an entry to the next row"), st.integers(0, ROWS - 2), st.none(), st.none()),
    st.tuples(st.just("remove"), st.integers(0, ROWS - 2), st.none(), st.none()),
    st.tuples(st.just("swap"), PLACES, PLACES, st.none()),
    st.tuples(st.just("insert"), PLACES, st.integers(-2, ROWS + 3), st.none()),
)


def spoil(rows: list[Document], change: tuple[Any, ...]) -> list[Document]:
    """Do to the rows what somebody with the database, and without the key, could do."""
    spoilt = deepcopy(rows)
    spoil_entries(spoilt, change)
    match change:
        case ("change", place, field, value):
            spoilt[place][field] = value
        case ("lose a field", place, field, _):
            spoilt[place].pop(field, None)
        case ("remove", place, _, _):
            del spoilt[place]
        case ("swap", one, other, _):
            spoilt[one], spoilt[other] = (
                spoilt[other] | {"_id": spoilt[one]["_id"]},
                spoilt[one] | {"_id": spoilt[other]["_id"]},
            )
        case ("insert", place, number, _):
            spoilt = [row | {"_id": row["_id"] + (row["_id"] >= number)} for row in spoilt]
            spoilt.append(spoilt[place] | {"_id": number})
    return spoilt


def spoil_entries(rows: list[Document], change: tuple[Any, ...]) -> None:
    """Do the same to what is inside a row."""
    match change:
        case ("change an entry", place, field, value):
            rows[place]["entries"][-1][field] = value
        case ("lose a field of an entry", place, field, _):
            rows[place]["entries"][-1].pop(field, None)
        case ("remove an entry", place, entry, _):
            del rows[place]["entries"][entry:]
        case ("repeat an entry", place, entry, _):
            rows[place]["entries"] += rows[place]["entries"][entry : entry + 1]
        case ("turn entries round", place, _, _):
            rows[place]["entries"].reverse()
        case ("move an entry to the next row", place, _, _):
            rows[place + 1]["entries"].insert(0, rows[place]["entries"].pop())


@checking(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the store is a process of its own, with times of its own
@given(change=CHANGES)
async def test_any_changed_removed_moved_or_inserted_row_is_found(
    pupils: ServiceContext, chain: list[Document], change: tuple[Any, ...]
) -> None:
    spoilt = spoil(chain, change)
    assume(spoilt != chain)
    collection = pupils.school(URN).collection(ACCESS_LOG)
    await collection.delete({})
    await collection.insert(*spoilt)
    assert (await pupils.access_log(URN).verify()).broken_at is not None


async def test_a_cut_end_is_found_by_a_head_that_was_noted_elsewhere(pupils: ServiceContext) -> None:
    noted = await write_rows(pupils.access_log(URN))
    await pupils.school(URN).collection(ACCESS_LOG).delete({"_id": {"$gt": ROWS - 2}})

    assert (await pupils.access_log(URN).verify()).broken_at is None
    verdict = await pupils.access_log(URN).verify(expect=noted)
    assert verdict.broken_at == ROWS - 1
    assert "cut off" in (verdict.reason or "")


async def test_a_head_that_was_noted_long_ago_is_still_in_the_chain(pupils: ServiceContext) -> None:
    noted = await write_rows(pupils.access_log(URN))
    await pupils.read_logged(ACTOR, URN, "pupil.read", "pupils/7")
    assert (await pupils.access_log(URN).verify(expect=noted)).broken_at is None


async def test_rows_cannot_be_moved_to_another_school(pupils: ServiceContext) -> None:
    await write_rows(pupils.access_log(URN))
    await pupils.school(OTHER_URN).collection(ACCESS_LOG).insert(*await rows_of(pupils))
    assert (await pupils.access_log(OTHER_URN).verify()).broken_at == 1


async def test_two_processes_that_take_turns_keep_one_chain(
    pupils: ServiceContext, context_for: ContextFor
) -> None:
    other = context_for("pupils")
    for number in range(4):
        await pupils.read_logged(Actor("one"), URN, "pupil.read", f"pupils/{number}")
        await other.read_logged(Actor("other"), URN, "pupil.read", f"pupils/{number}")
    verdict = await pupils.access_log(URN).verify()
    assert (verdict.rows, verdict.broken_at) == (8, None)


async def test_reads_and_units_of_two_processes_at_once_keep_one_chain(
    pupils: ServiceContext, context_for: ContextFor
) -> None:
    other = context_for("pupils")

    async def change(unit: UnitOfWork) -> None:
        unit.log_access("roll.import", "roll")
        unit.log_access("roll.read", "roll")

    await asyncio.gather(
        *(context.in_school(ACTOR, URN, change) for context in (pupils, other) for _ in range(4)),
        *(
            context.read_logged(ACTOR, URN, "pupil.read", "pupils/1")
            for context in (pupils, other)
            for _ in range(4)
        ),
    )
    verdict = await pupils.access_log(URN).verify()
    assert (verdict.rows, verdict.broken_at) == (16, None)


async def test_a_unit_that_is_undone_leaves_no_row_and_no_hole(pupils: ServiceContext) -> None:
    async def undone(unit: UnitOfWork) -> None:
        unit.log_access("roll.import", "roll")
        await unit.finish()
        raise UnavailableError("after the rows were written")

    await pupils.read_logged(ACTOR, URN, "pupil.read", "pupils/1")
    with pytest.raises(UnavailableError):
        await pupils.in_school(ACTOR, URN, undone)
    await pupils.read_logged(ACTOR, URN, "pupil.read", "pupils/2")

    verdict = await pupils.access_log(URN).verify()
    assert (verdict.rows, verdict.broken_at) == (2, None)


async def test_rows_are_written_with_what_they_tell_of_or_not_at_all(pupils: ServiceContext) -> None:
    log = pupils.access_log(URN)

    async def work(session: Session) -> None:
        await log.append(session, [access(1)])
        raise LookupError("no")

    with pytest.raises(LookupError):
        await pupils.store.transact(work)
    assert await rows_of(pupils) == []


async def test_a_row_says_who_did_what_and_when_and_nothing_else(pupils: ServiceContext) -> None:
    await pupils.read_logged(Actor("somebody"), URN, "pupil.read", "pupils/ab12")
    (row,) = await rows_of(pupils)
    assert row.pop("mac")
    assert row == {
        "_id": 1,
        "entries": [
            {
                "at": NOW.isoformat(),
                "subject": "somebody",
                "action": "pupil.read",
                "resource": "pupils/ab12",
            }
        ],
    }


async def test_what_one_unit_touches_is_one_row_in_the_order_of_touching(pupils: ServiceContext) -> None:
    async def touch(unit: UnitOfWork) -> None:
        for number in (3, 1, 2):
            unit.log_access("pupil.read", f"pupils/{number}")

    await pupils.in_school(ACTOR, URN, touch)

    (row,) = await rows_of(pupils)
    assert [entry["resource"] for entry in row["entries"]] == ["pupils/3", "pupils/1", "pupils/2"]


@pytest.mark.parametrize("entries", [MOST_ENTRIES_A_ROW, MOST_ENTRIES_A_ROW + 1])
async def test_a_unit_that_touches_very_much_writes_as_many_rows_as_it_takes(
    pupils: ServiceContext, entries: int
) -> None:
    log = pupils.access_log(URN)
    log.moved_to(await log.append(None, [access(number, "s" * 128) for number in range(entries)]))
    await pupils.read_logged(ACTOR, URN, "pupil.read", "pupils/7")

    rows = await rows_of(pupils)
    assert [len(row["entries"]) for row in rows] == [
        MOST_ENTRIES_A_ROW,
        *[1] * (entries - MOST_ENTRIES_A_ROW + 1),
    ]
    assert len(encode(rows[0])) < LARGEST_DOCUMENT_BYTES / 16
    assert (await log.verify()).broken_at is None
