"""Where merges and distinctions are kept, each with its history.

`employer_merges` has a document by the merged employer's id, `into` null when taken back;
`employer_distinctions` one for each pair that somebody said is not the same.
"""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.details.store import Database, mark_document
from services.employers.model.details import Mark
from services.employers.model.duplicates import Distinctions, Evidence, Pair
from services.employers.model.merging import Distinction, Merges
from services.runtime.mongo import Document, Update

EMPLOYER_MERGES: Final = "employer_merges"
EMPLOYER_DISTINCTIONS: Final = "employer_distinctions"


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


async def read_distinctions(database: Database) -> Distinctions:
    """Read all pairs that stand as two; a Hub has tens of them."""
    found = await database.collection(EMPLOYER_DISTINCTIONS).find({"stands": True}, fields=["pair", "seen"])
    return {one.pair: one.seen for one in map(_distinction, found)}


async def read_distinction(database: Database, pair: Pair) -> Distinction:
    """Read what was said of a pair; one that does not stand if nothing was."""
    found = await database.collection(EMPLOYER_DISTINCTIONS).get(_pair_id(pair))
    return Distinction(pair, frozenset(), stands=False) if found is None else _distinction(found)


async def read_distinction_history(database: Database) -> list[Document]:
    """Read every pair that was ever said to be two, in order, with who said so and took it back."""
    return await database.collection(EMPLOYER_DISTINCTIONS).find({}, sort=[("_id", 1)])


def keeping_distinction(distinction: Distinction, mark: Mark) -> Update:
    """Write that a pair is not the same, or is suggested again."""
    seen = sorted(distinction.seen, key=lambda each: (each.reason, each.value))
    state = {
        "pair": list(distinction.pair),
        "stands": distinction.stands,
        "seen": [{"reason": each.reason, "value": each.value} for each in seen],
    }
    step = {"stands": distinction.stands, **mark_document(mark)}
    return Update(
        {"_id": _pair_id(distinction.pair)}, {"$set": state, "$push": {"history": step}}, upsert=True
    )


def _pair_id(pair: Pair) -> str:
    return "+".join(pair)


def _distinction(document: Document) -> Distinction:
    one, other = document["pair"]
    seen = frozenset(Evidence(each["reason"], each["value"]) for each in document["seen"])
    # Who reads only those that stand does not ask for the field.
    return Distinction((EmployerId(one), EmployerId(other)), seen, stands=document.get("stands", True))
