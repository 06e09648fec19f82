"""Where conversations are kept: in `conversations` as they are, in `conversation_versions` as they were.

`next_due_on` of a document is the first day that something agreed is still due: the list of what is overdue
reads nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection as Names
from typing import Final

from contracts.vocabulary import AcademicYear
from services.pupils.model.conversation import AgreedAction, Conversation, ConversationId, Done, Talk
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    mark_document,
    read_mark,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

CONVERSATIONS: Final = "conversations"
CONVERSATION_VERSIONS: Final = "conversation_versions"
CONVERSATION_INDEXES: Final = {
    CONVERSATIONS: (
        Index((("pupil", 1), ("held_on", -1))),
        Index((("academic_year", 1), ("pupil", 1))),
        Index((("next_due_on", 1),)),
    ),
}


async def find_conversation(database: Database, identity: ConversationId) -> Conversation | None:
    """Read the current version of a conversation, or None."""
    document = await database.collection(CONVERSATIONS).get(identity)
    return None if document is None else _read(document)


async def conversations_with(database: Database, pupil: PupilRef) -> list[Conversation]:
    """Read every conversation with a pupil, newest first."""
    found = await database.collection(CONVERSATIONS).find(
        {"pupil": pupil}, sort=[("held_on", -1), ("_id", 1)]
    )
    return [_read(document) for document in found]


async def conversations_due(database: Database, before: dt.date) -> list[Conversation]:
    """Read the conversations with something agreed that was due before a day and is not done."""
    found = await database.collection(CONVERSATIONS).find(
        {"next_due_on": {"$gt": "", "$lt": before.isoformat()}}, sort=[("next_due_on", 1), ("_id", 1)]
    )
    return [_read(document) for document in found]


async def pupils_spoken_with(database: Database, year: AcademicYear) -> Names[PupilRef]:
    """Name the pupils who have had a conversation in an academic year."""
    found = await database.collection(CONVERSATIONS).find({"academic_year": year}, fields=["pupil"])
    return {document["pupil"] for document in found}


async def keep_conversation(
    unit: UnitOfWork, after: Conversation, before: Conversation | None = None
) -> None:
    """Write a conversation's version, and keep the one before."""
    conversations = unit.collection(CONVERSATIONS)
    if before is None:
        await conversations.insert(_document(after))
        return
    await conversations.write(Replace({"_id": after.id}, _document(after)))
    earlier = {**_document(before), "_id": f"{before.id}:{before.version}", "conversation": before.id}
    await unit.collection(CONVERSATION_VERSIONS).insert(earlier)


def _document(conversation: Conversation) -> Document:
    talk, due_on = conversation.talk, conversation.next_due_on
    return {
        "_id": conversation.id,
        "version": conversation.version,
        "pupil": conversation.pupil,
        "academic_year": conversation.academic_year,
        "held_on": talk.held_on.isoformat(),
        "held_by": talk.held_by,
        "said": talk.said,
        "interests": list(talk.interests),
        "actions": [_action_document(action) for action in talk.actions],
        "visibility": talk.visibility,
        "safeguarding_referral": talk.safeguarding_referral,
        "next_due_on": None if due_on is None else due_on.isoformat(),
        "recorded": mark_document(conversation.recorded),
        "changed": None if conversation.changed is None else mark_document(conversation.changed),
    }


def _action_document(action: AgreedAction) -> Document:
    document: Document = {"text": action.text, "owner": action.owner, "due_on": action.due_on.isoformat()}
    if action.done is not None:
        document["done"] = {
            "on": action.done.on.isoformat(),
            "outcome": action.done.outcome,
            **mark_document(action.done.mark),
        }
    return document


def _read(document: Document) -> Conversation:
    changed = document["changed"]
    return Conversation(
        id=document["_id"],
        version=document["version"],
        pupil=document["pupil"],
        talk=Talk(
            held_on=dt.date.fromisoformat(document["held_on"]),
            held_by=document["held_by"],
            said=document["said"],
            interests=tuple(document["interests"]),
            actions=tuple(map(_read_action, document["actions"])),
            visibility=document["visibility"],
            safeguarding_referral=document["safeguarding_referral"],
        ),
        recorded=read_mark(document["recorded"]),
        changed=None if changed is None else read_mark(changed),
    )


def _read_action(document: Document) -> AgreedAction:
    done = document.get("done")
    return AgreedAction(
        document["text"],
        document["owner"],
        dt.date.fromisoformat(document["due_on"]),
        None if done is None else Done(dt.date.fromisoformat(done["on"]), done["outcome"], read_mark(done)),
    )
