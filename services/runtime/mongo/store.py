"""The connection to the store of one Hub: how it is made, what it must promise, and what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.read_concern import ReadConcern

from services.runtime.mongo.collection import Collection, Session
from services.runtime.mongo.failures import translated
from services.runtime.mongo.transactions import MAJORITY, abandon, transact

T = TypeVar("T")


# How long to look for a usable server before saying 503; longer only keeps a teacher waiting.
SERVER_SELECTION_TIMEOUT_MS: Final = 4_000
# The longest single operation is an import's bulk write on the embedded store (about 4 s at 36,000 rows).
SOCKET_TIMEOUT_MS: Final = 30_000
PAUSE_WITHOUT_STORE_S: Final = 1.0
# A store ends the sessions of a client that went without a word by itself.
CLOSE_WITHIN_S: Final = 1.0


class Store:
    """A connection to the store of one Hub."""

    def __init__(self, client: Any, concurrency: int) -> None:  # noqa: ANN401 - the driver is untyped
        self._client = client
        self._gate = asyncio.Semaphore(concurrency)

    @classmethod
    def connect(cls, url: str, *, concurrency: int, application: str) -> Store:
        """Prepare a client; the first operation connects."""
        # A `w` in the URL is left to `verify`, to be refused: overruling an operator in silence helps nobody.
        named = {option.lower() for option in parse_qs(urlsplit(url).query)}
        concern: dict[str, Any] = {} if "w" in named else {"w": MAJORITY}
        client: Any = AsyncIOMotorClient(
            url,
            appname=application,
            readConcernLevel=MAJORITY,
            tz_aware=True,
            serverSelectionTimeoutMS=SERVER_SELECTION_TIMEOUT_MS,
            connectTimeoutMS=SERVER_SELECTION_TIMEOUT_MS,
            socketTimeoutMS=SOCKET_TIMEOUT_MS,
            **concern,
        )
        return cls(client, concurrency)

    async def verify(self) -> None:
        """Refuse a store on which our promises would not hold.

        Raises UnavailableError if it cannot be reached, RuntimeError if writes would not be acknowledged by
        a majority or transactions are not to be had.
        """
        concern = self._client.write_concern.document
        if concern.get("w") != MAJORITY or concern.get("j") is False:
            message = (
                "the MongoDB URL weakens the write concern; remove `w` and `journal` from it: what we "
                "acknowledge must be with a majority (P1)"
            )
            raise RuntimeError(message)
        with translated():
            hello = await self._client.admin.command("hello")
        if not hello.get("setName") and hello.get("msg") != "isdbgrid":
            message = "MongoDB runs without a replica set; transactions need one (start it with --replSet)"
            raise RuntimeError(message)

    async def ping(self) -> None:
        """Raise UnavailableError unless the store answers."""
        with translated():
            await self._client.admin.command("ping")

    def collection(self, database: str, name: str, session: Session | None = None) -> Collection:
        """Name a collection; for `tenancy.py` alone, which decides whose database it is."""
        return Collection(self._client[database][name], session)

    async def database_names(self) -> list[str]:
        """List the databases that hold something."""
        with translated():
            names: list[str] = await self._client.list_database_names()
            return names

    async def collection_names(self, database: str) -> list[str]:
        """List a database's collections."""
        with translated():
            names: list[str] = await self._client[database].list_collection_names()
            return names

    async def drop_database(self, name: str) -> None:
        """Delete a database with all that it holds."""
        with translated():
            await self._client.drop_database(name)

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it with a majority; it may run more than once.

        Raises whatever `work` raises (nothing is written then), and UnavailableError if the store is away or
        too many others write the same documents.
        """
        return await transact(self._client, self._gate, work)

    @asynccontextmanager
    async def reading_transaction(self) -> AsyncIterator[Session]:
        """Read all databases as they were at one moment, in a transaction, which writes nothing.

        For the embedded store, which keeps one open as long as it is used. MongoDB ends it after a minute or
        less; `reading_snapshot` is for that.
        """
        with translated():
            opening = await self._client.start_session()
        async with opening as driver_session:
            driver_session.start_transaction(read_concern=ReadConcern("snapshot"))
            try:
                yield Session(driver_session)
            finally:
                await abandon(driver_session)

    @asynccontextmanager
    async def reading_snapshot(self) -> AsyncIterator[Session]:
        """Read all databases as they were when the first of them was read.

        MongoDB 5 and newer keeps that moment for `minSnapshotHistoryWindowInSeconds`, five minutes unless it
        was told otherwise.
        """
        with translated():
            opening = await self._client.start_session(snapshot=True)
        async with opening as driver_session:
            yield Session(driver_session)

    async def close(self) -> None:
        """Close every connection; waits a little for a store that is away, to be told that we go."""
        # In a thread, because the driver's way of closing is to block.
        with pymongo.timeout(CLOSE_WITHIN_S):
            await asyncio.to_thread(self._client.close)
