"""The same request twice, below the API: one effect and one answer, also from two processes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError
from services.runtime.idempotency import ANSWERS, answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from tests.runtime.sample_service import ACTOR, URN, roll

ContextFor = Callable[[str], ServiceContext]


async def tell_once(context: ServiceContext, key: str | None, request: str = "r") -> Document:
    """Tell of a roll, once a key."""

    async def unit_of_work(unit: UnitOfWork) -> Document:
        async def work() -> Document:
            unit.tell(roll(1))
            return {"told": unit.told}

        return await answer_once(unit, key, request, work)

    return await context.in_school(ACTOR, URN, unit_of_work)


async def test_two_processes_that_get_the_same_request_at_once_do_it_once(context_for: ContextFor) -> None:
    contexts = [context_for("pupils") for _ in range(4)]
    answers = await asyncio.gather(*(tell_once(context, "k") for context in contexts))
    assert answers == [{"told": 1}] * 4
    assert [head.head for head in await contexts[0].ledger.heads()] == [1]


async def test_without_a_key_each_request_is_a_new_one(context_for: ContextFor) -> None:
    context = context_for("pupils")
    for _ in range(2):
        await tell_once(context, None)
    assert [head.head for head in await context.ledger.heads()] == [2]
    assert await context.school(URN).collection(ANSWERS).count({}) == 0


async def test_work_that_fails_leaves_its_key_free(context_for: ContextFor) -> None:
    context = context_for("pupils")

    async def fail(unit: UnitOfWork) -> Document:
        async def work() -> Document:
            raise LookupError("no")

        return await answer_once(unit, "k", "r", work)

    with pytest.raises(LookupError):
        await context.in_school(ACTOR, URN, fail)
    assert await tell_once(context, "k") == {"told": 1}


async def test_a_key_that_was_used_for_something_else_tells_nothing(context_for: ContextFor) -> None:
    context = context_for("pupils")
    await tell_once(context, "k", "one")
    with pytest.raises(ConflictError):
        await tell_once(context, "k", "other")
    assert [head.head for head in await context.ledger.heads()] == [1]


def test_a_fingerprint_tells_requests_apart_wherever_their_parts_end() -> None:
    assert fingerprint(b"ab", b"c") == fingerprint(b"ab", b"c")
    assert len({fingerprint(b"ab", b"c"), fingerprint(b"a", b"bc"), fingerprint(b"abc"), fingerprint()}) == 4
