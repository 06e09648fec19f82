"""The seam to MongoDB: what it refuses to start on, and what a transaction promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from services.runtime.context import ServiceContext
from services.runtime.errors import DuplicateKeyError, UnavailableError
from services.runtime.mongo import (
    SERVER_SELECTION_TIMEOUT_MS,
    Insert,
    Replace,
    Session,
    Store,
    Update,
    WriteConflictError,
    transactions,
)
from services.runtime.mongo import store as connection
from services.runtime.settings import Settings
from services.runtime.tenancy import ServiceDatabase
from tests.faults.proxy import Proxy
from tests.substrate import child, free_port, listens, store_command

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
def database(context_for: ContextFor) -> ServiceDatabase:
    return context_for("pupils").database()


def connect(url: str) -> Store:
    return Store.connect(url, concurrency=2, application="tests")


@pytest.mark.parametrize("weakness", ["w=1", "W=0", "w=majority&journal=false"])
async def test_a_url_that_weakens_the_write_concern_is_refused(settings: Settings, weakness: str) -> None:
    store = connect(f"{settings.mongodb_url.get_secret_value()}&{weakness}")
    try:
        with pytest.raises(RuntimeError, match="write concern"):
            await store.verify()
    finally:
        await store.close()


async def test_a_url_that_asks_for_the_majority_is_accepted(settings: Settings) -> None:
    store = connect(f"{settings.mongodb_url.get_secret_value()}&w=majority")
    await store.verify()
    await store.close()


async def test_a_store_without_a_replica_set_is_refused(tmp_path: Path) -> None:
    port = free_port()
    command = [*store_command(tmp_path / "store", port), "--standalone"]
    with child(command, tmp_path / "log", lambda: listens(port)):
        store = connect(f"mongodb://127.0.0.1:{port}/?retryWrites=false")
        try:
            with pytest.raises(RuntimeError, match="replica set"):
                await store.verify()
        finally:
            await store.close()


async def test_nothing_is_written_when_the_work_raises(store: Store, database: ServiceDatabase) -> None:
    async def work(session: Session) -> None:
        await database.collection("a", session).insert({"_id": 1})
        await database.collection("b", session).write(Insert({"_id": 1}), Insert({"_id": 2}))
        message = "changed my mind"
        raise LookupError(message)

    with pytest.raises(LookupError, match="changed my mind"):
        await store.transact(work)

    assert await database.collection("a").count({}) == 0
    assert await database.collection("b").count({}) == 0


async def test_two_units_that_meet_on_one_document_both_land(store: Store, database: ServiceDatabase) -> None:
    await database.collection("counters").insert({"_id": "n", "count": 0})
    attempts = 0
    both_have_read = asyncio.Barrier(2)

    async def work(session: Session) -> None:
        nonlocal attempts
        attempts += 1
        counters = database.collection("counters", session)
        before = await counters.get("n")
        assert before is not None
        if attempts <= 2:
            await both_have_read.wait()
        await counters.write(Replace({"_id": "n"}, {"_id": "n", "count": before["count"] + 1}))

    await asyncio.gather(store.transact(work), store.transact(work))

    assert await database.collection("counters").get("n") == {"_id": "n", "count": 2}
    assert attempts == 3


async def test_work_that_asks_to_run_again_runs_again(store: Store, database: ServiceDatabase) -> None:
    attempts = 0

    async def work(session: Session) -> int:
        nonlocal attempts
        attempts += 1
        await database.collection("a", session).insert({"_id": attempts})
        if attempts < 3:
            raise WriteConflictError("again")
        return attempts

    assert await store.transact(work) == 3
    assert [d["_id"] for d in await database.collection("a").find({})] == [3]


async def test_a_conflict_that_never_ends_becomes_unavailable(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "BACKOFF_CEILING_S", 0.0)
    attempts = 0

    async def work(_session: Session) -> None:
        nonlocal attempts
        attempts += 1
        raise WriteConflictError("again")

    with pytest.raises(UnavailableError, match="nothing was acknowledged"):
        await store.transact(work)
    assert attempts == transactions.TRANSACTION_ATTEMPTS


async def test_a_taken_key_is_our_error_whichever_way_it_is_written(database: ServiceDatabase) -> None:
    collection = database.collection("a")
    await collection.insert({"_id": 1})
    with pytest.raises(DuplicateKeyError):
        await collection.insert({"_id": 1})
    with pytest.raises(DuplicateKeyError):
        await collection.insert({"_id": 2}, {"_id": 1})
    with pytest.raises(DuplicateKeyError):
        await collection.write(Insert({"_id": 3}), Insert({"_id": 1}))
    assert sorted(d["_id"] for d in await collection.find({})) == [1, 2, 3]


async def test_a_taken_key_inside_a_transaction_undoes_it(store: Store, database: ServiceDatabase) -> None:
    await database.collection("a").insert({"_id": 1})

    async def work(session: Session) -> None:
        await database.collection("b", session).insert({"_id": 1})
        await database.collection("a", session).insert({"_id": 1})

    with pytest.raises(DuplicateKeyError):
        await store.transact(work)
    assert await database.collection("b").count({}) == 0


async def test_a_write_counts_the_documents_that_it_found_or_made(database: ServiceDatabase) -> None:
    collection = database.collection("a")
    await collection.insert({"_id": 1, "n": 1})
    found = await collection.write(
        Update({"_id": 1}, {"$inc": {"n": 1}}),
        Update({"_id": 2}, {"$inc": {"n": 1}}),
        Update({"_id": 3}, {"$inc": {"n": 1}}, upsert=True),
        Replace({"_id": 1, "n": 99}, {"_id": 1, "n": 0}),
        Insert({"_id": 4}),
    )
    assert found == 3


async def test_a_store_that_is_away_is_unavailable_within_one_search_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The driver looks for a server this long; shortened so that the test does not wait four seconds.
    monkeypatch.setattr(connection, "SERVER_SELECTION_TIMEOUT_MS", 500)
    store = connect(f"mongodb://127.0.0.1:{free_port()}/?retryWrites=false")
    collection = store.collection("nowhere", "a")

    async def work(session: Session) -> None:
        await store.collection("nowhere", "a", session).insert({"_id": 1})

    try:
        for attempt in (store.ping(), collection.get(1), store.transact(work)):
            started_s = time.monotonic()
            with pytest.raises(UnavailableError):
                await attempt
            # It looks again every half second, so it may notice its time-out that much late.
            assert time.monotonic() - started_s < 1.5
    finally:
        await store.close()


async def test_a_store_that_dies_in_mid_transaction_keeps_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    command = store_command(tmp_path / "store", port)
    url = f"mongodb://127.0.0.1:{port}/?retryWrites=false"
    with monkeypatch.context() as shortened:
        shortened.setattr(connection, "SERVER_SELECTION_TIMEOUT_MS", 500)
        store = connect(url)
    with child(command, tmp_path / "log", lambda: listens(port)) as process:
        await store.collection("hub", "a").insert({"_id": "before"})

        async def work(session: Session) -> None:
            await store.collection("hub", "a", session).insert({"_id": "torn"})
            process.kill()
            process.wait()
            await store.collection("hub", "b", session).insert({"_id": "torn"})

        with pytest.raises(UnavailableError):
            await store.transact(work)
    await store.close()
    again = connect(url)
    with child(command, tmp_path / "log", lambda: listens(port)):
        assert [d["_id"] for d in await again.collection("hub", "a").find({})] == ["before"]
        assert await again.collection("hub", "b").count({}) == 0
    await again.close()


async def fall_silent(proxy: Proxy) -> None:
    """Take the request to commit and never answer it."""
    proxy.fall_silent()


async def refuse(proxy: Proxy) -> None:
    """Cut the connection and let nobody in again."""
    await proxy.refuse()


@pytest.mark.parametrize("fault", [fall_silent, refuse])
async def test_a_commit_that_is_not_answered_is_given_up_in_time_and_left_to_the_caller(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Proxy], Awaitable[None]],
) -> None:
    monkeypatch.setattr(transactions, "COMMIT_WITHIN_S", 0.5)
    place = urlsplit(settings.mongodb_url.get_secret_value())
    proxy = Proxy(place.port or 27017)
    await proxy.start()
    # Direct, because the address that a store gives for itself would lead past the proxy.
    store = connect(f"mongodb://127.0.0.1:{proxy.port}/?retryWrites=false&directConnection=true")
    runs = 0

    async def work(session: Session) -> None:
        nonlocal runs
        runs += 1
        await store.collection(f"{settings.hub_id}_pupils", "a", session).insert({"_id": runs})
        await fault(proxy)
        # Without a deadline of its own a commit looks for a server at least that long, or waits longer still.
        bound.reschedule(asyncio.get_running_loop().time() + SERVER_SELECTION_TIMEOUT_MS / 1000)

    try:
        async with asyncio.timeout(None) as bound:
            with pytest.raises(UnavailableError, match="may or may not"):
                await store.transact(work)
    finally:
        await store.close()
        await proxy.stop()
    assert runs == 1


async def test_a_change_wakes_whoever_watches(database: ServiceDatabase) -> None:
    collection = database.collection("a")
    changes = collection.changes([{"$match": {"operationType": "insert"}}])
    waiting = asyncio.ensure_future(anext(changes))
    number = 0
    while not waiting.done():
        # The stream begins at some moment that nobody is told of; one of these comes after it.
        await collection.insert({"_id": number})
        number += 1
        await asyncio.wait([waiting], timeout=0.1)
    waiting.result()
    await changes.aclose()  # type: ignore[attr-defined]


async def test_a_commit_that_the_store_knows_nothing_of_is_left_to_the_caller(
    store: Store, database: ServiceDatabase, settings: Settings
) -> None:
    """The driver repeats a lost commit by itself: "no such transaction" may mean that it was committed."""
    runs = 0
    client: Any = AsyncIOMotorClient(settings.mongodb_url.get_secret_value())

    async def work(session: Session) -> None:
        nonlocal runs
        runs += 1
        await database.collection("counters", session).insert({"_id": f"run-{runs}"})
        if runs == 1:
            await client.admin.command("killAllSessions", [])

    with pytest.raises(UnavailableError, match="may or may not"):
        await store.transact(work)
    client.close()
    assert runs == 1
    assert await database.collection("counters").count({}) == 0
