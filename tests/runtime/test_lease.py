"""The lease: one holder, taken over when it ends, numbered so that a late holder is recognised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from services.runtime.context import ServiceContext
from services.runtime.lease import LEASE_S, RENEW_AFTER_S, Lease
from tests.conftest import NOW

ContextFor = Callable[[str], ServiceContext]


@dataclass(slots=True)
class Clock:
    now: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease_of(context_for: ContextFor, clock: Clock) -> Callable[[str], Lease]:
    database = context_for("pupils").database()
    return lambda holder: Lease(database, "relay", holder, clock)


LeaseOf = Callable[[str], Lease]


async def test_one_holds_it_and_the_other_waits(lease_of: LeaseOf) -> None:
    first, second = lease_of("first"), lease_of("second")
    assert await first.hold()
    assert not await second.hold()
    assert await first.hold()


async def test_a_renewed_lease_keeps_its_number(lease_of: LeaseOf, clock: Clock) -> None:
    first, second = lease_of("first"), lease_of("second")
    assert await first.hold()
    for _ in range(5):
        clock.advance(RENEW_AFTER_S + 1)
        assert await first.hold()
        assert not await second.hold()
    assert first.fence == 1


async def test_an_ended_lease_changes_hands_and_its_number_grows(lease_of: LeaseOf, clock: Clock) -> None:
    first, second = lease_of("first"), lease_of("second")
    assert await first.hold()
    clock.advance(LEASE_S)
    assert await second.hold()
    assert second.fence == first.fence + 1
    assert not await first.hold()


async def test_a_holder_that_slept_through_its_own_lease_gets_a_new_number(
    lease_of: LeaseOf, clock: Clock
) -> None:
    first = lease_of("first")
    assert await first.hold()
    clock.advance(LEASE_S + 1)
    assert await first.hold()
    assert first.fence == 2


async def test_a_released_lease_is_free_at_once(lease_of: LeaseOf) -> None:
    first, second = lease_of("first"), lease_of("second")
    assert await first.hold()
    await first.release()
    assert await second.hold()
    assert second.fence == 2


async def test_releasing_a_lease_that_somebody_else_holds_changes_nothing(lease_of: LeaseOf) -> None:
    first, second = lease_of("first"), lease_of("second")
    assert await first.hold()
    await second.release()
    assert not await second.hold()


async def test_two_jobs_have_a_lease_each(context_for: ContextFor, clock: Clock) -> None:
    database = context_for("pupils").database()
    assert await Lease(database, "relay", "first", clock).hold()
    assert await Lease(database, "janitor", "second", clock).hold()


async def test_a_doubted_lease_asks_the_store_before_it_says_yes(lease_of: LeaseOf, clock: Clock) -> None:
    first, second = lease_of("first"), lease_of("second")
    assert await first.hold()
    clock.advance(LEASE_S)
    assert await second.hold()
    # The clock of the first goes back an hour: by its own reckoning it holds the lease for all that time.
    clock.advance(-3600)
    assert await first.hold()

    first.doubt()

    assert not await first.hold()
