"""Where interests are kept: `interests`, one document each."""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.pupils.model.interest import Interest, InterestId, Statement
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    mark_document,
    read_mark,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

INTERESTS: Final = "interests"
INTEREST_INDEXES: Final = {INTERESTS: (Index((("pupil", 1), ("said_on", -1))),)}


async def find_interest(database: Database, identity: InterestId) -> Interest | None:
    """Read one interest, or None."""
    document = await database.collection(INTERESTS).get(identity)
    return None if document is None else _read(document)


async def interests_of(database: Database, pupil: PupilRef) -> list[Interest]:
    """Read what a pupil has said, newest first, without what was retracted."""
    found = await database.collection(INTERESTS).find(
        {"pupil": pupil, "retracted": None}, sort=[("said_on", -1), ("_id", 1)]
    )
    return [_read(document) for document in found]


async def keep_interest(unit: UnitOfWork, interest: Interest) -> None:
    """Write an interest, new or changed."""
    await unit.collection(INTERESTS).write(Replace({"_id": interest.id}, _document(interest), upsert=True))


def _document(interest: Interest) -> Document:
    said = interest.statement
    return {
        "_id": interest.id,
        "pupil": interest.pupil,
        "kind": said.kind,
        "text": said.text,
        "said_on": said.said_on.isoformat(),
        "soc": list(said.soc),
        "sic": list(said.sic),
        "recorded": mark_document(interest.recorded),
        "retracted": None if interest.retracted is None else mark_document(interest.retracted),
    }


def _read(document: Document) -> Interest:
    retracted = document["retracted"]
    return Interest(
        id=document["_id"],
        pupil=document["pupil"],
        statement=Statement(
            kind=document["kind"],
            text=document["text"],
            said_on=dt.date.fromisoformat(document["said_on"]),
            soc=tuple(document["soc"]),
            sic=tuple(document["sic"]),
        ),
        recorded=read_mark(document["recorded"]),
        retracted=None if retracted is None else read_mark(retracted),
    )
