"""Where frozen snapshots lie, in reporting's own database: `_id` is such as `2025/26 autumn`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.reporting.attainment.model.frozen import Frozen
from services.reporting.attainment.model.terms import SnapshotDay
from services.runtime.errors import DuplicateKeyError
from services.runtime.mongo import Document
from services.runtime.tenancy import ServiceDatabase

SNAPSHOTS: Final = "attainment_snapshots"


async def keep_frozen(database: ServiceDatabase, frozen: Frozen) -> bool:
    """Store a snapshot that was just taken; False if another process was first, whose stays."""
    try:
        await database.collection(SNAPSHOTS).insert(_document(frozen))
    except DuplicateKeyError:
        return False
    return True


async def frozen_identities(database: ServiceDatabase) -> frozenset[str]:
    """Name the snapshots that are frozen."""
    return frozenset(found["_id"] for found in await database.collection(SNAPSHOTS).find({}, fields=["_id"]))


async def frozen_of(database: ServiceDatabase, academic_year: str) -> dict[str, Frozen]:
    """Read an academic year's frozen snapshots, by term."""
    found = await database.collection(SNAPSHOTS).find({"academic_year": academic_year})
    return {document["term"]: _frozen(document) for document in found}


async def latest_frozen(database: ServiceDatabase) -> Frozen | None:
    """Read the frozen snapshot of the latest day, or None."""
    found = await database.collection(SNAPSHOTS).find({}, sort=[("on", -1)], limit=1)
    return _frozen(found[0]) if found else None


def _document(frozen: Frozen) -> Document:
    return {
        "_id": frozen.day.identity,
        "academic_year": frozen.day.academic_year,
        "term": frozen.day.term,
        "on": frozen.day.on.isoformat(),
        "frozen_at": frozen.frozen_at,
        "texts": list(frozen.texts),
        "digest": frozen.digest,
    }


def _frozen(document: Document) -> Frozen:
    day = SnapshotDay(document["academic_year"], document["term"], dt.date.fromisoformat(document["on"]))
    return Frozen(day, document["frozen_at"], tuple(document["texts"]), document["digest"])
