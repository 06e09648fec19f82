"""How something with versions lies in a database: in one collection as it is, in another as it was.

Fields are stored under the names that the model gives them, days and moments as ISO text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from services.runtime.mongo import Document, Index, Insert, Replace
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Kept, Mark

T = TypeVar("T")
Database = UnitOfWork | SchoolDatabase | ServiceDatabase

_MARK = TypeAdapter(Mark)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """One kind of thing: the collection that it is in, and how its content is written and read."""

    name: str
    content: TypeAdapter[T]

    @property
    def earlier(self) -> str:
        """The collection of its earlier versions."""
        return f"{self.name}_versions"

    @property
    def indexes(self) -> Mapping[str, tuple[Index, ...]]:
        """What finds the earlier versions of one thing."""
        return {self.earlier: (Index((("of", 1), ("version", 1))),)}

    def fields(self, content: T) -> Document:
        """Render the content alone."""
        rendered: Document = self.content.dump_python(content, mode="json")
        return rendered

    def document(self, kept: Kept[T]) -> Document:
        """Render a version for the store."""
        return {
            "_id": kept.id,
            "version": kept.version,
            "recorded": _MARK.dump_python(kept.recorded, mode="json"),
            "changed": None if kept.changed is None else _MARK.dump_python(kept.changed, mode="json"),
            "content": self.fields(kept.content),
        }

    def read(self, document: Document) -> Kept[T]:
        """Read a version from the store."""
        changed = document["changed"]
        return Kept(
            id=str(document.get("of", document["_id"])),
            version=document["version"],
            content=self.content.validate_python(document["content"]),
            recorded=_MARK.validate_python(document["recorded"]),
            changed=None if changed is None else _MARK.validate_python(changed),
        )


async def find_kept(database: Database, kind: Kind[T], identity: str) -> Kept[T] | None:
    """Read the current version of something, or None."""
    document = await database.collection(kind.name).get(identity)
    return None if document is None else kind.read(document)


async def find_all(
    database: Database,
    kind: Kind[T],
    where: Mapping[str, Any] | None = None,
    sort: Sequence[tuple[str, int]] = (("_id", 1),),
) -> list[Kept[T]]:
    """Read the current versions of everything of a kind that matches; all of it without `where`."""
    found = await database.collection(kind.name).find(where or {}, sort=sort)
    return [kind.read(document) for document in found]


async def versions_of(database: Database, kind: Kind[T], identity: str) -> list[Kept[T]]:
    """Read every version of something, the current one first; empty if there is no such thing."""
    current = await find_kept(database, kind, identity)
    if current is None:
        return []
    earlier = await database.collection(kind.earlier).find({"of": identity}, sort=(("version", -1),))
    return [current, *(kind.read(document) for document in earlier)]


async def keep(unit: UnitOfWork, kind: Kind[T], after: Kept[T], before: Kept[T] | None) -> None:
    """Write a version, and keep the one before."""
    if before is None:
        await unit.collection(kind.name).insert(kind.document(after))
        return
    await unit.collection(kind.name).write(Replace({"_id": after.id}, kind.document(after)))
    earlier = {**kind.document(before), "_id": f"{before.id}:{before.version}", "of": before.id}
    await unit.collection(kind.earlier).insert(earlier)


async def keep_all(
    unit: UnitOfWork, kind: Kind[T], changes: Sequence[tuple[Kept[T], Kept[T] | None]]
) -> None:
    """Write many versions at once, each as (after, before), and keep those before: two round trips in all."""
    await unit.collection(kind.name).write(
        *(
            Insert(kind.document(after))
            if before is None
            else Replace({"_id": after.id}, kind.document(after))
            for after, before in changes
        )
    )
    earlier = [
        {**kind.document(before), "_id": f"{before.id}:{before.version}", "of": before.id}
        for _, before in changes
        if before is not None
    ]
    await unit.collection(kind.earlier).insert(*earlier)
