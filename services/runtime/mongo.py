"""The one seam to MongoDB: nobody else imports a driver, so changing it is changing this module.

Motor is behind it now (its end of life and PyMongo's own async API are in ADR 0001; they differ in how
sessions, transactions, change streams and `close` are called, and in nothing else that we use).

Invariant: every write of this process is acknowledged by a majority. `Store.verify` refuses to start on
anything less. Every call is bounded by the time-outs of `Store.connect`. A lost connection becomes an
`UnavailableError`, a unique index's refusal a `DuplicateKeyError`; nothing of the driver gets out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.errors import DuplicateKeyError as DriverDuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.runtime.errors import DuplicateKeyError, HubError, UnavailableError

Document = dict[str, Any]
T = TypeVar("T")

# How long to look for a usable server before saying 503; longer only keeps a teacher waiting.
SERVER_SELECTION_TIMEOUT_MS: Final = 4_000
# The longest single operation is an import's bulk write on the embedded store (about 4 s at 36,000 rows).
SOCKET_TIMEOUT_MS: Final = 30_000
# A transaction that meets another one's write is run again; under one lock a school these are rare.
TRANSACTION_ATTEMPTS: Final = 12
COMMIT_ATTEMPTS: Final = 4
BACKOFF_FIRST_S: Final = 0.01
BACKOFF_CEILING_S: Final = 0.5
CHANGE_STREAM_WAIT_MS: Final = 1_000
DUPLICATE_KEY_CODE: Final = 11000
NO_SUCH_TRANSACTION: Final = 251
UNKNOWN_COMMIT: Final = "UnknownTransactionCommitResult"
MAJORITY: Final = "majority"


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a new document; its `_id` must be free."""

    document: Document


@dataclass(frozen=True, slots=True)
class Replace:
    """Write a whole document over the one found."""

    where: Mapping[str, Any]
    document: Document
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Change parts of the document found."""

    where: Mapping[str, Any]
    change: Mapping[str, Any]
    upsert: bool = False


Write = Insert | Replace | Update


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a collection: keys with 1 or -1, and for a partial one the documents that it holds."""

    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    where: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """An open transaction; only `Collection` looks inside."""

    driver_session: Any


class WriteConflictError(HubError):
    """Raised inside a unit of work that must be run again from the start."""

    status = 409
    title = "Others are writing here"


def is_transient(error: BaseException) -> bool:
    """Tell whether the store wants the whole transaction run again."""
    return isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the driver's errors into ours; a transaction's transient ones pass through to `transact`."""
    try:
        yield
    except BulkWriteError as error:
        codes = {failure.get("code") for failure in (error.details or {}).get("writeErrors", ())}
        if codes == {DUPLICATE_KEY_CODE}:
            message = "a document with this key exists already"
            raise DuplicateKeyError(message) from error
        raise
    except DriverDuplicateKeyError as error:
        message = "a document with this key exists already"
        raise DuplicateKeyError(message) from error
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        if is_transient(error):
            raise
        message = "the data store cannot be reached; nothing was acknowledged"
        raise UnavailableError(message) from error


class Collection:
    """The documents of one kind in one database, bound to a transaction inside a unit of work."""

    __slots__ = ("_driver_collection", "_session")

    def __init__(self, driver_collection: Any, session: Session | None = None) -> None:  # noqa: ANN401 - the driver is untyped
        self._driver_collection = driver_collection
        self._session = None if session is None else session.driver_session

    async def get(self, identity: object) -> Document | None:
        """Read the document of this id, or None."""
        with _translated():
            found: Document | None = await self._driver_collection.find_one(
                {"_id": identity}, session=self._session
            )
            return found

    async def find(
        self,
        where: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        fields: Sequence[str] = (),
    ) -> list[Document]:
        """Read the documents that match, in order; `fields` keeps only those (and `_id`)."""
        with _translated():
            cursor = self._driver_collection.find(where, list(fields) or None, session=self._session)
            if sort:
                cursor = cursor.sort(list(sort))
            if limit:
                cursor = cursor.limit(limit)
            found: list[Document] = await cursor.to_list(None)
            return found

    async def count(self, where: Mapping[str, Any]) -> int:
        """Count the documents that match."""
        with _translated():
            return int(await self._driver_collection.count_documents(where, session=self._session))

    async def insert(self, *documents: Document) -> None:
        """Write new documents, in order; raises DuplicateKeyError if a key is taken."""
        if not documents:
            return
        with _translated():
            if len(documents) == 1:
                await self._driver_collection.insert_one(documents[0], session=self._session)
            else:
                await self._driver_collection.insert_many(documents, session=self._session)

    async def write(self, *changes: Write) -> int:
        """Carry out changes in one round trip, in order; returns how many found their document or made it."""
        if not changes:
            return 0
        with _translated():
            result = await self._driver_collection.bulk_write(
                [_driver_write(change) for change in changes], session=self._session
            )
            return int(result.matched_count + result.inserted_count + result.upserted_count)

    async def update(
        self, where: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False
    ) -> int:
        """Change the first document that matches; returns 1 if there was one (or it was made), else 0."""
        with _translated():
            result = await self._driver_collection.update_one(
                where, change, upsert=upsert, session=self._session
            )
            return int(result.matched_count + (1 if result.upserted_id is not None else 0))

    async def find_and_update(
        self, where: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False
    ) -> Document | None:
        """Change the first document that matches, and read it as it is afterwards."""
        with _translated():
            found: Document | None = await self._driver_collection.find_one_and_update(
                where, change, upsert=upsert, return_document=ReturnDocument.AFTER, session=self._session
            )
            return found

    async def delete(self, where: Mapping[str, Any]) -> int:
        """Delete what matches; returns how many that were."""
        with _translated():
            result = await self._driver_collection.delete_many(where, session=self._session)
            return int(result.deleted_count)

    async def ensure(self, index: Index) -> None:
        """Create an index unless it is there."""
        options: dict[str, Any] = {"unique": index.unique}
        if index.where is not None:
            options["partialFilterExpression"] = dict(index.where)
        with _translated():
            await self._driver_collection.create_index(list(index.keys), **options)

    async def drop(self) -> None:
        """Delete the collection with all its documents and indexes."""
        with _translated():
            await self._driver_collection.drop()

    async def changes(self, pipeline: Sequence[Mapping[str, Any]]) -> AsyncIterator[None]:
        """Yield once for each change that passes the pipeline, from now on, until cancelled."""
        with _translated():
            async with self._driver_collection.watch(
                list(pipeline), max_await_time_ms=CHANGE_STREAM_WAIT_MS
            ) as stream:
                async for _ in stream:
                    yield


def _driver_write(change: Write) -> Any:  # noqa: ANN401 - the driver's own operation objects
    match change:
        case Insert(document):
            return InsertOne(document)
        case Replace(where, document, upsert):
            return ReplaceOne(where, document, upsert=upsert)
        case Update(where, parts, upsert):
            return UpdateOne(where, parts, upsert=upsert)


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
        with _translated():
            hello = await self._client.admin.command("hello")
        if not hello.get("setName") and hello.get("msg") != "isdbgrid":
            message = "MongoDB runs without a replica set; transactions need one (start it with --replSet)"
            raise RuntimeError(message)

    async def ping(self) -> None:
        """Raise UnavailableError unless the store answers."""
        with _translated():
            await self._client.admin.command("ping")

    def collection(self, database: str, name: str, session: Session | None = None) -> Collection:
        """Name a collection; for `tenancy.py` alone, which decides whose database it is."""
        return Collection(self._client[database][name], session)

    async def database_names(self) -> list[str]:
        """List the databases that hold something."""
        with _translated():
            names: list[str] = await self._client.list_database_names()
            return names

    async def drop_database(self, name: str) -> None:
        """Delete a database with all that it holds."""
        with _translated():
            await self._client.drop_database(name)

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it with a majority; it may run more than once.

        Raises whatever `work` raises (nothing is written then), and UnavailableError if the store is away or
        too many others write the same documents.
        """
        for attempt in range(TRANSACTION_ATTEMPTS):
            try:
                async with self._gate:
                    return await self._attempt(work)
            except WriteConflictError:
                await _back_off(attempt)
            except PyMongoError as error:
                if not is_transient(error):
                    raise
                if isinstance(error, ServerSelectionTimeoutError | NetworkTimeout):
                    # The caller has waited a whole time-out already.
                    break
                if isinstance(error, ConnectionFailure) and attempt >= COMMIT_ATTEMPTS:
                    break
                await _back_off(attempt)
        message = "the data store did not take this in time; nothing was acknowledged, try again"
        raise UnavailableError(message)

    async def _attempt(self, work: Callable[[Session], Awaitable[T]]) -> T:
        with _translated():
            opening = await self._client.start_session()
        async with opening as driver_session:
            driver_session.start_transaction(
                read_concern=ReadConcern("snapshot"), write_concern=WriteConcern(MAJORITY)
            )
            try:
                result = await work(Session(driver_session))
            except BaseException:
                await _abandon(driver_session)
                raise
            await _commit(driver_session)
            return result

    async def close(self) -> None:
        """Close every connection."""
        self._client.close()


async def _commit(driver_session: Any) -> None:  # noqa: ANN401 - the driver is untyped
    """Commit, asking again when the answer was lost: a commit may be repeated, the work may not.

    The driver asks a second time by itself, so "no such transaction" can come from a store that has committed
    and forgotten. Then nobody but the caller, who sends the same again, may repeat the work.
    """
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            await driver_session.commit_transaction()
        except PyMongoError as error:
            if is_transient(error):
                if attempt or getattr(error, "code", None) == NO_SUCH_TRANSACTION:
                    break
                raise
            if not error.has_error_label(UNKNOWN_COMMIT):
                raise
            await _back_off(attempt)
        else:
            return
    message = (
        "the data store went away while this was being stored; it may or may not be there. "
        "Send the same again: it is counted once"
    )
    raise UnavailableError(message)


async def _abandon(driver_session: Any) -> None:  # noqa: ANN401 - the driver is untyped
    """Abort; a store that is away has forgotten the transaction anyway, and the cause is being raised."""
    if not driver_session.in_transaction:
        return
    try:
        await driver_session.abort_transaction()
    except (ConnectionFailure, OperationFailure):
        return


async def _back_off(attempt: int) -> None:
    """Wait a random while that grows with each attempt, so that rivals do not meet again."""
    ceiling = min(BACKOFF_CEILING_S, BACKOFF_FIRST_S * 2**attempt)
    await asyncio.sleep(random.uniform(0, ceiling))  # noqa: S311 - jitter, not a secret
