"""Where merges are kept: `employer_merges`, by the merged employer's id, `into` null when taken back."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.details.store import Database, mark_document
from services.employers.model.details import Mark
from services.employers.model.merging import Merges
from services.runtime.mongo import Document, Update

EMPLOYER_MERGES: Final = "employer_merges"


async def read_merges(database: Database) -> Merges:
    """Read all merges that stand; a Hub has tens of them."""
    found = await database.collection(EMPLOYER_MERGES).find({}, fields=["into"])
    return {EmployerId(one["_id"]): EmployerId(one["into"]) for one in found if one["into"] is not None}


async def read_merge_history(database: Database) -> list[Document]:
    """Read every employer that was ever merged, by id, with who did and undid it."""
    return await database.collection(EMPLOYER_MERGES).find({}, sort=[("_id", 1)])


def keeping_merge(merged: EmployerId, into: EmployerId | None, mark: Mark) -> Update:
    """Write that an employer is merged, or is not any more."""
    step = {"into": into, **mark_document(mark)}
    return Update({"_id": merged}, {"$set": {"into": into}, "$push": {"history": step}}, upsert=True)
