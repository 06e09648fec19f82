"""Where a school's scopes are kept: `scopes`, one document."""

from __future__ import annotations

from typing import Final

from services.pupils.model.activity import Mark
from services.pupils.store.activity_documents import (
    mark_document,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork

SCOPES: Final = "scopes"
_ROLL: Final = "roll"


async def read_scopes(database: Database) -> tuple[str, ...]:
    """Name the columns that the school wants held; none until it says so."""
    document = await database.collection(SCOPES).get(_ROLL)
    return () if document is None else tuple(document["columns"])


async def keep_scopes(unit: UnitOfWork, columns: tuple[str, ...], mark: Mark) -> None:
    """Write down what the school wants held, who said so, and when."""
    document = {"_id": _ROLL, "columns": list(columns), "changed": mark_document(mark)}
    await unit.collection(SCOPES).write(Replace({"_id": _ROLL}, document, upsert=True))
