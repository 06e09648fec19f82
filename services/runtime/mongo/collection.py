"""The documents of one kind, read and written alone or inside a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import InsertOne, ReplaceOne, ReturnDocument, UpdateOne

from services.runtime.mongo.failures import translated
from services.runtime.mongo.operations import Document, Index, Insert, Replace, Update, Write

CHANGE_STREAM_WAIT_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """An open transaction; only `Collection` looks inside."""

    driver_session: Any


class Collection:
    """The documents of one kind in one database, bound to a transaction inside a unit of work."""

    __slots__ = ("_driver_collection", "_session")

    def __init__(self, driver_collection: Any, session: Session | None = None) -> None:  # noqa: ANN401 - the driver is untyped
        self._driver_collection = driver_collection
        self._session = None if session is None else session.driver_session

    async def get(self, identity: object) -> Document | None:
        """Read the document of this id, or None."""
        with translated():
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
        with translated():
            cursor = self._driver_collection.find(where, list(fields) or None, session=self._session)
            if sort:
                cursor = cursor.sort(list(sort))
            if limit:
                cursor = cursor.limit(limit)
            found: list[Document] = await cursor.to_list(None)
            return found

    async def pages(self, size: int) -> AsyncIterator[list[Document]]:
        """Read all documents, so many at a time, as they lie."""
        with translated():
            cursor = self._driver_collection.find({}, session=self._session, batch_size=size)
            page: list[Document] = []
            async for document in cursor:
                page.append(document)
                if len(page) == size:
                    yield page
                    page = []
        if page:
            yield page

    async def count(self, where: Mapping[str, Any]) -> int:
        """Count the documents that match."""
        with translated():
            return int(await self._driver_collection.count_documents(where, session=self._session))

    async def insert(self, *documents: Document) -> None:
        """Write new documents, in order; raises DuplicateKeyError if a key is taken."""
        if not documents:
            return
        with translated():
            if len(documents) == 1:
                await self._driver_collection.insert_one(documents[0], session=self._session)
            else:
                await self._driver_collection.insert_many(documents, session=self._session)

    async def write(self, *changes: Write) -> int:
        """Carry out changes in one round trip, in order; returns how many found their document or made it."""
        if not changes:
            return 0
        with translated():
            result = await self._driver_collection.bulk_write(
                [_driver_write(change) for change in changes], session=self._session
            )
            return int(result.matched_count + result.inserted_count + result.upserted_count)

    async def update(
        self, where: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False
    ) -> int:
        """Change the first document that matches; returns 1 if there was one (or it was made), else 0."""
        with translated():
            result = await self._driver_collection.update_one(
                where, change, upsert=upsert, session=self._session
            )
            return int(result.matched_count + (1 if result.upserted_id is not None else 0))

    async def find_and_update(
        self, where: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False
    ) -> Document | None:
        """Change the first document that matches, and read it as it is afterwards."""
        with translated():
            found: Document | None = await self._driver_collection.find_one_and_update(
                where, change, upsert=upsert, return_document=ReturnDocument.AFTER, session=self._session
            )
            return found

    async def delete(self, where: Mapping[str, Any]) -> int:
        """Delete what matches; returns how many that were."""
        with translated():
            result = await self._driver_collection.delete_many(where, session=self._session)
            return int(result.deleted_count)

    async def ensure(self, index: Index) -> None:
        """Create an index unless it is there."""
        options: dict[str, Any] = {"unique": index.unique}
        if index.where is not None:
            options["partialFilterExpression"] = dict(index.where)
        with translated():
            await self._driver_collection.create_index(list(index.keys), **options)

    async def drop(self) -> None:
        """Delete the collection with all its documents and indexes."""
        with translated():
            await self._driver_collection.drop()

    async def changes(self, pipeline: Sequence[Mapping[str, Any]]) -> AsyncIterator[None]:
        """Yield once for each change that passes the pipeline, from now on, until cancelled."""
        with translated():
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
