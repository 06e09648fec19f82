"""Which files of participations were imported whole: `imported_files`, one document a file, by its digest.

A file that is sent again need not be read again while every activity that it made or met is as it was. Files
of which a row was refused are not kept: such a row may be fine by now.
"""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import ActivityId
from services.pupils.store.reads import find_known
from services.runtime.mongo import Document, Replace
from services.runtime.uow import UnitOfWork

IMPORTED_FILES: Final = "imported_files"
# A term of a large school. Looking up more takes as long as reading the file.
MOST_ACTIVITIES: Final = 1_000


async def recognise_file(unit: UnitOfWork, digest: str) -> Document | None:
    """Return the receipt of a file that would change nothing; None if it has to be read."""
    known = await unit.collection(IMPORTED_FILES).get(digest)
    if known is None:
        return None
    activities: dict[ActivityId, int] = known["activities"]
    now = await find_known(unit, activities.keys())
    as_it_was = all(
        identity in now and now[identity].version == version and now[identity].status != "retracted"
        for identity, version in activities.items()
    )
    receipt: Document = known["receipt"]
    return receipt if as_it_was else None


async def keep_file(
    unit: UnitOfWork, digest: str, activities: dict[ActivityId, int], receipt: Document
) -> None:
    """Remember a file with the versions of its activities, and what to answer when it comes again."""
    if len(activities) > MOST_ACTIVITIES:
        return
    document = {"_id": digest, "activities": activities, "receipt": receipt, "at": unit.now}
    await unit.collection(IMPORTED_FILES).write(Replace({"_id": digest}, document, upsert=True))


async def forget_files(unit: UnitOfWork) -> None:
    """Have every file read again: somebody in it may be gone."""
    await unit.collection(IMPORTED_FILES).delete({})
