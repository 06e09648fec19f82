"""What a recount reads of a ledger: every event of every batch, or it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.recount import ledger as module
from services.recount.compare import recount
from services.recount.ledger import rows_of
from services.runtime.context import ServiceContext
from services.runtime.ledger import LEDGER
from tests.runtime.sample_service import OTHER_URN, URN, tell_rolls

ContextFor = Callable[[str], ServiceContext]
YEAR = "2025/26"
UNITS = ((1,), (2, 3, 4), (5,), (6, 7))


@pytest.fixture
async def pupils(context_for: ContextFor) -> ServiceContext:
    """A ledger with batches of several sizes."""
    context = context_for("pupils")
    for rolls in UNITS:
        await tell_rolls(context, *rolls)
    await tell_rolls(context, 8, 9, urn=OTHER_URN)
    return context


@pytest.mark.parametrize("page", [1, 2, 3, 100])
async def test_every_event_is_read_wherever_a_page_ends(
    pupils: ServiceContext, context_for: ContextFor, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(module, "_PAGE", page)

    result = await recount(context_for("reporting"), YEAR)

    stored = [len(batch["events"]) for batch in await pupils.database().collection(LEDGER).find({})]
    assert (result.events, sum(stored)) == (9, 9)
    assert result.unsettled == {f"pupils/{URN}": 7, f"pupils/{OTHER_URN}": 2}


@pytest.mark.parametrize("first", [1, 2, 6])
async def test_a_ledger_without_one_of_its_batches_is_refused(
    pupils: ServiceContext, context_for: ContextFor, first: int
) -> None:
    await pupils.database().collection(LEDGER).delete({"key": URN, "first": first})

    with pytest.raises(RuntimeError, match=f"damaged at key {URN}"):
        await recount(context_for("reporting"), YEAR)


async def test_a_ledger_whose_batch_has_lost_an_event_is_refused(
    pupils: ServiceContext, context_for: ContextFor
) -> None:
    ledger = pupils.database().collection(LEDGER)
    (batch,) = await ledger.find({"key": URN, "first": 2})
    await ledger.update({"_id": batch["_id"]}, {"$set": {"events": batch["events"][:-1]}})

    with pytest.raises(RuntimeError, match=f"damaged at key {URN}"):
        await recount(context_for("reporting"), YEAR)


async def test_a_row_has_the_sequence_of_its_place_in_the_batch(pupils: ServiceContext) -> None:
    rows = await pupils.ledger.read(URN, 1, 3)
    (batch,) = await pupils.database().collection(LEDGER).find({"key": URN, "first": 2})

    taken_apart = [(row["key"], row["sequence"], row["id"], row["value"]) for row in rows_of(batch)]

    assert taken_apart == [(row.key, row.sequence, row.event.id, row.event.value) for row in rows]
