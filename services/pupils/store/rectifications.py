"""Where requests to put something right are kept: `rectifications`, one document each."""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.pupils.model.rectification import About, Answer, Asked, Rectification, RectificationId
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    mark_document,
    read_mark,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

RECTIFICATIONS: Final = "rectifications"
RECTIFICATION_INDEXES: Final = {RECTIFICATIONS: (Index((("pupil", 1),)), Index((("open_until", 1),)))}


async def find_rectification(database: Database, identity: RectificationId) -> Rectification | None:
    """Read one request, or None."""
    document = await database.collection(RECTIFICATIONS).get(identity)
    return None if document is None else _read(document)


async def rectifications_of(database: Database, pupil: PupilRef) -> list[Rectification]:
    """Read what was asked about a pupil, the oldest first."""
    found = await database.collection(RECTIFICATIONS).find({"pupil": pupil})
    return sorted(map(_read, found), key=lambda one: (one.asked.received_on, one.id))


async def open_rectifications(database: Database) -> list[Rectification]:
    """Read what waits for an answer at this school, what is due first first."""
    found = await database.collection(RECTIFICATIONS).find(
        {"open_until": {"$gt": ""}}, sort=[("open_until", 1), ("_id", 1)]
    )
    return [_read(document) for document in found]


async def keep_rectification(unit: UnitOfWork, rectification: Rectification) -> None:
    """Write a request, new or answered; `open_until` is set while it waits."""
    asked, answer = rectification.asked, rectification.answer
    document = {
        "_id": rectification.id,
        "pupil": rectification.pupil,
        "about": {"kind": asked.about.kind, "id": asked.about.identity},
        "asked_by": asked.asked_by,
        "text": asked.text,
        "received_on": asked.received_on.isoformat(),
        "due_on": rectification.due_on.isoformat(),
        "open_until": rectification.due_on.isoformat() if answer is None else None,
        "recorded": mark_document(rectification.recorded),
        "answer": None
        if answer is None
        else {"outcome": answer.outcome, "text": answer.text, **mark_document(answer.mark)},
    }
    await unit.collection(RECTIFICATIONS).write(Replace({"_id": rectification.id}, document, upsert=True))


def _read(document: Document) -> Rectification:
    answer = document["answer"]
    return Rectification(
        id=document["_id"],
        pupil=document["pupil"],
        asked=Asked(
            about=About(document["about"]["kind"], document["about"]["id"]),
            asked_by=document["asked_by"],
            text=document["text"],
            received_on=dt.date.fromisoformat(document["received_on"]),
        ),
        due_on=dt.date.fromisoformat(document["due_on"]),
        recorded=read_mark(document["recorded"]),
        answer=None if answer is None else Answer(answer["outcome"], answer["text"], read_mark(answer)),
    )
