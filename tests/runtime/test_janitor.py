"""The janitor takes away what has served after its time, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import pytest

from contracts.topics import PUPILS
from services.runtime import janitor
from services.runtime.arrivals import Cursor
from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.idempotency import ANSWERS, answer_once
from services.runtime.janitor import Janitor
from services.runtime.mongo import Document
from services.runtime.parking import APPLIED, PARKED, REDRIVEN, WAITING, Parking
from services.runtime.uow import UnitOfWork
from tests.conftest import NOW
from tests.runtime.sample_service import (
    ACTOR,
    OTHER_URN,
    ROLL_STREAM,
    UNLUCKY,
    URN,
    records_of,
    roll_reader,
    tell_rolls,
)
from tests.runtime.test_reader import told

ContextFor = Callable[[str], ServiceContext]

DAY: Final = dt.timedelta(days=1)
MOMENT: Final = dt.timedelta(milliseconds=1)


class Clock:
    """A clock that a test puts where it likes."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pupils(context_for: ContextFor, clock: Clock) -> ServiceContext:
    context = context_for("pupils")
    context.clock = clock
    return context


@pytest.fixture
def reporting(context_for: ContextFor, clock: Clock) -> ServiceContext:
    context = context_for("reporting")
    context.clock = clock
    return context


async def answered(context: ServiceContext, key: str, urn: str | None) -> int:
    """Count the requests that were carried out, this one under a key; for a school or for the Hub."""

    async def work(unit: UnitOfWork) -> Document:
        async def count() -> Document:
            done = await unit.collection("counts").find_and_update(
                {"_id": 1}, {"$inc": {"n": 1}}, upsert=True
            )
            assert done is not None
            return {"n": done["n"]}

        return await answer_once(unit, key, "asked", count)

    if urn is None:
        answer = await context.in_hub(ACTOR, "directory", work)
    else:
        answer = await context.in_school(ACTOR, urn, work)
    return int(answer["n"])


@pytest.mark.parametrize("urn", [URN, None], ids=["a school's", "the Hub's"])
async def test_an_answer_is_kept_for_seven_days(
    pupils: ServiceContext, clock: Clock, urn: str | None
) -> None:
    assert await answered(pupils, "k", urn) == 1

    clock.now = NOW + 7 * DAY
    await Janitor([pupils], []).clean()
    assert await answered(pupils, "k", urn) == 1

    clock.now += MOMENT
    await Janitor([pupils], []).clean()
    assert await answered(pupils, "k", urn) == 2


async def test_every_school_is_cleaned_a_little_in_each_round(
    pupils: ServiceContext, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(janitor, "DELETED_A_ROUND", 2)
    for key in ("a", "b", "c"):
        await answered(pupils, key, URN)
        await answered(pupils, key, OTHER_URN)
    clock.now = NOW + 8 * DAY
    await answered(pupils, "young", URN)

    left = []
    for _ in range(3):
        await Janitor([pupils], []).clean()
        left.append([await pupils.school(urn).collection(ANSWERS).count({}) for urn in (URN, OTHER_URN)])

    assert left == [[2, 1], [1, 0], [1, 0]]


async def test_a_settled_row_is_kept_for_ninety_days_and_one_that_waits_for_ever(
    pupils: ServiceContext, reporting: ServiceContext, clock: Clock
) -> None:
    batch = await told(pupils, UNLUCKY, 5)
    await roll_reader(reporting).take(batch)
    parking = Parking(reporting.database())
    settled, waiting = await parking.waiting()
    await parking.settle([settled.id], REDRIVEN, clock())

    clock.now = NOW + 90 * DAY
    await Janitor([reporting], []).clean()
    assert await parking.show(settled.id) is not None

    clock.now += MOMENT
    await Janitor([reporting], []).clean()
    assert await parking.show(settled.id) is None
    clock.now = NOW + 10_000 * DAY
    await Janitor([reporting], []).clean()
    assert await parking.waiting() == [waiting]
    assert len(await pupils.ledger.read(URN, 0, 10)) == 2


async def test_a_settled_row_that_waits_again_stays(
    pupils: ServiceContext, reporting: ServiceContext, clock: Clock
) -> None:
    batch = await told(pupils, UNLUCKY)
    await roll_reader(reporting).take(batch)
    parking = Parking(reporting.database())
    (row,) = await parking.waiting()
    await parking.settle([row.id], REDRIVEN, clock())
    await roll_reader(reporting).take(batch)

    clock.now = NOW + 91 * DAY
    await Janitor([reporting], []).clean()

    assert [p.id for p in await parking.waiting()] == [row.id]


async def test_rows_that_wait_although_their_events_are_applied_are_settled(
    pupils: ServiceContext, reporting: ServiceContext
) -> None:
    first, second, third, fourth = await told(pupils, 5, 7, 9, UNLUCKY)
    reader = roll_reader(reporting)
    await reader.take([first, second.but(value=b"{"), third])
    await tell_rolls(pupils, UNLUCKY, urn=OTHER_URN)
    await reader.take(await records_of(pupils, PUPILS, OTHER_URN))
    # Another reader has freed the stream and died before it noted anything.
    assert await reader.applier.mark(ROLL_STREAM, Cursor(1))
    await reader.take([second, third, fourth])

    await Janitor([reporting], [reader]).clean()

    rows = await reporting.database().collection(PARKED).find({}, sort=[("key", 1), ("sequence", 1)])
    assert [(row["key"], row["sequence"], row["status"]) for row in rows] == [
        (URN, 2, APPLIED),
        (URN, 3, APPLIED),
        (URN, 4, WAITING),
        (OTHER_URN, 1, WAITING),
    ]


async def test_a_store_that_is_away_does_not_end_the_janitor(
    pupils: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again in the next round; only what nobody expects gets out."""

    class _EnoughError(Exception):
        pass

    rounds = iter([UnavailableError("away"), UnavailableError("away"), _EnoughError()])

    async def fails(_: Janitor) -> None:
        raise next(rounds)

    monkeypatch.setattr(Janitor, "clean", fails)
    monkeypatch.setattr(janitor, "ROUND_S", 0.0)
    with pytest.raises(_EnoughError):
        await Janitor([pupils], []).run()
