"""What a service does once a day: school by school, by one worker, and again soon while something is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.daily import DAY_S, FIRST_AFTER_S, SOON_S, Daily
from services.runtime.errors import ConflictError, UnavailableError
from services.runtime.service import Service
from tests.runtime.sample_service import OTHER_URN, URN

ContextFor = Callable[[str], ServiceContext]


class Work:
    """A day's work that remembers for whom it was done."""

    def __init__(self, left: dict[str, int] | None = None) -> None:
        self.done: list[str] = []
        self.left = left or {}
        self.failing: dict[str, Exception] = {}

    async def __call__(self, _context: ServiceContext, urn: Urn) -> bool:
        self.done.append(urn)
        if urn in self.failing:
            raise self.failing[urn]
        self.left[urn] = self.left.get(urn, 0) - 1
        return self.left[urn] > 0


@pytest.fixture
async def pupils(context_for: ContextFor) -> ServiceContext:
    """A service that holds something of two schools."""
    context = context_for("pupils")
    for urn in (URN, OTHER_URN):
        await context.school(urn).collection("pupils").insert({"_id": 1})
    return context


def daily_of(work: Work, context: ServiceContext, holder: str = "one") -> Daily:
    return Daily([(Service("pupils", (), daily=work), context)], holder)


async def test_each_school_gets_its_share_and_the_round_says_whether_more_is_left(
    pupils: ServiceContext,
) -> None:
    work = Work({OTHER_URN: 2})
    rounds = [await daily_of(work, pupils).work() for _ in range(2)]

    assert rounds == [True, False]
    assert work.done == [URN, OTHER_URN] * 2


async def test_a_school_whose_work_is_refused_keeps_no_other_waiting(
    pupils: ServiceContext, capfd: pytest.CaptureFixture[str]
) -> None:
    work = Work()
    work.failing[URN] = ConflictError("Surname1 contradicts")

    assert not await daily_of(work, pupils).work()

    assert work.done == [URN, OTHER_URN]
    said = capfd.readouterr()
    assert "ConflictError" in said.out + said.err
    assert "Surname1" not in said.out + said.err


async def test_one_worker_at_a_time_does_it(pupils: ServiceContext) -> None:
    first, second = Work(), Work()

    class Intruder(Work):
        async def __call__(self, context: ServiceContext, urn: Urn) -> bool:
            await daily_of(second, pupils, "two").work()
            return await super().__call__(context, urn)

    first = Intruder()
    await daily_of(first, pupils).work()
    assert (first.done, second.done) == ([URN, OTHER_URN], [])

    await daily_of(second, pupils, "two").work()
    assert second.done == [URN, OTHER_URN], "the first gave it back"


async def test_a_service_without_daily_work_is_passed_over(pupils: ServiceContext) -> None:
    assert not await Daily([(Service("pupils", ()), pupils)], "one").work()


async def test_it_comes_back_soon_while_something_is_left_or_the_store_is_away_and_else_tomorrow(
    pupils: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    class _EnoughError(Exception):
        pass

    waits: list[float] = []
    answers: list[bool | Exception] = [True, UnavailableError("away"), False]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if not answers:
            raise _EnoughError

    async def work(_: Daily) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("services.runtime.daily.asyncio.sleep", sleep)
    monkeypatch.setattr(Daily, "work", work)
    with pytest.raises(_EnoughError):
        await daily_of(Work(), pupils).run()

    assert waits == [FIRST_AFTER_S, SOON_S, SOON_S, DAY_S]
