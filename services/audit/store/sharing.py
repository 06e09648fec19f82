"""How a school's decision on sharing lies in its database: the current one, and each that there was."""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.audit.model.sharing import Sharing
from services.runtime.mongo import Document, Replace
from services.runtime.tenancy import SchoolDatabase
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Mark

SHARING: Final = "sharing"
SHARING_DECISIONS: Final = "sharing_decisions"
_CURRENT: Final = "scores"


async def current_sharing(database: SchoolDatabase | UnitOfWork) -> Sharing:
    """Read what a school has decided."""
    document = await database.collection(SHARING).get(_CURRENT)
    return Sharing() if document is None else _read(document)


async def sharing_history(database: SchoolDatabase) -> list[Sharing]:
    """Read every decision, the oldest first."""
    found = await database.collection(SHARING_DECISIONS).find({}, sort=[("_id", 1)])
    return [_read(document) for document in found]


async def keep_sharing(unit: UnitOfWork, sharing: Sharing) -> None:
    """Write a decision, and enter it in the history."""
    document = _document(sharing)
    await unit.collection(SHARING).write(
        Replace({"_id": _CURRENT}, {"_id": _CURRENT, **document}, upsert=True)
    )
    await unit.collection(SHARING_DECISIONS).insert({"_id": sharing.version, **document})


def _document(sharing: Sharing) -> Document:
    mark = sharing.mark
    return {
        "version": sharing.version,
        "shared_with": list(sharing.shared_with),
        "mark": None if mark is None else {"at": mark.at.isoformat(), "by": mark.by},
    }


def _read(document: Document) -> Sharing:
    mark = document["mark"]
    return Sharing(
        document["version"],
        tuple(document["shared_with"]),
        None if mark is None else Mark(dt.datetime.fromisoformat(mark["at"]), mark["by"]),
    )
