"""Where restrictions are kept: the one in force with the pupil, and every one there was in `restrictions`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.pupils.model.activity import Mark
from services.pupils.model.pupil import Pupil
from services.pupils.model.restriction import Restriction
from services.pupils.model.sheets import PupilRef
from services.pupils.store import PUPILS
from services.pupils.store.activity_documents import (
    mark_document,
)
from services.pupils.store.documents import (
    read_pupil,
    restriction_document,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index
from services.runtime.uow import UnitOfWork

RESTRICTIONS: Final = "restrictions"
RESTRICTION_INDEXES: Final = {RESTRICTIONS: (Index((("pupil", 1),)),)}


async def restrictions_of(database: Database, pupil: PupilRef) -> list[Document]:
    """Read every restriction of a pupil's record, the oldest first."""
    found = await database.collection(RESTRICTIONS).find({"pupil": pupil})
    return sorted(found, key=lambda one: (one["recorded"]["at"], one["_id"]))


async def restricted_pupils(database: Database) -> list[Pupil]:
    """Read the pupils whose record is restricted."""
    return [
        read_pupil(one) for one in await database.collection(PUPILS).find({"restriction.id": {"$gt": ""}})
    ]


async def begin_restriction(unit: UnitOfWork, pupil: PupilRef, restriction: Restriction, mark: Mark) -> None:
    """Put a restriction in force."""
    kept = restriction_document(restriction)
    await unit.collection(PUPILS).update({"_id": pupil}, {"$set": {"restriction": kept}})
    about = {name: value for name, value in kept.items() if name != "id"}
    await unit.collection(RESTRICTIONS).insert(
        {"_id": restriction.id, "pupil": pupil, **about, "recorded": mark_document(mark), "ended": None}
    )


async def end_restriction(unit: UnitOfWork, pupil: Pupil, told_on: dt.date | None, mark: Mark) -> None:
    """End the restriction in force; `told_on` is when the pupil was told, None if another one follows."""
    if pupil.restriction is None:
        return
    await unit.collection(PUPILS).update({"_id": pupil.ref}, {"$set": {"restriction": None}})
    told = None if told_on is None else told_on.isoformat()
    ended = {**mark_document(mark), "pupil_told_on": told}
    await unit.collection(RESTRICTIONS).update({"_id": pupil.restriction.id}, {"$set": {"ended": ended}})
