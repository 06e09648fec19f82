"""Where a school's own headers are kept: `roll_mapping`, one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.pupils.model.activity import Mark
from services.pupils.store.activity_documents import (
    mark_document,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork

ROLL_MAPPING: Final = "roll_mapping"
_ROLL: Final = "roll"


async def read_mapping(database: Database) -> dict[str, str]:
    """Map the school's own headers to columns; empty until it says so."""
    document = await database.collection(ROLL_MAPPING).get(_ROLL)
    return {} if document is None else {kept["header"]: kept["column"] for kept in document["columns"]}


async def keep_mapping(unit: UnitOfWork, columns: Mapping[str, str], mark: Mark) -> None:
    """Write down which header names which column, who said so, and when."""
    # A list, because a header may have a dot or a dollar sign, which a field's name may not.
    kept = [{"header": header, "column": column} for header, column in columns.items()]
    document = {"_id": _ROLL, "columns": kept, "changed": mark_document(mark)}
    await unit.collection(ROLL_MAPPING).write(Replace({"_id": _ROLL}, document, upsert=True))
