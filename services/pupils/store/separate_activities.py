"""Which activities somebody has said are not the same encounter: `separate_activities`, one document a pair.

Nobody is asked about such a pair again. There is no pupil in it.
"""

from __future__ import annotations

from typing import Final, Literal

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

SEPARATE_ACTIVITIES: Final = "separate_activities"
SEPARATE_INDEXES: Final = {SEPARATE_ACTIVITIES: (Index((("academic_year", 1),)),)}
How = Literal["dismissed", "separated"]


async def keep_separate(
    unit: UnitOfWork, pair: tuple[ActivityId, ActivityId], year: AcademicYear, how: How
) -> bool:
    """Remember that two activities are not the same; returns whether that is new."""
    known = unit.collection(SEPARATE_ACTIVITIES)
    identity = _identity(pair)
    if await known.get(identity) is not None:
        return False
    document: Document = {
        "_id": identity,
        "activities": sorted(pair),
        "academic_year": year,
        "how": how,
        "at": unit.now,
        "by": unit.actor.subject,
    }
    await known.write(Replace({"_id": identity}, document, upsert=True))
    return True


async def separate_pairs(database: Database, year: AcademicYear) -> set[frozenset[ActivityId]]:
    """Read the pairs of an academic year that are not the same."""
    found = await database.collection(SEPARATE_ACTIVITIES).find(
        {"academic_year": year}, fields=["activities"]
    )
    return {frozenset(document["activities"]) for document in found}


def _identity(pair: tuple[ActivityId, ActivityId]) -> str:
    return ":".join(sorted(pair))
