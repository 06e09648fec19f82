"""What the school reads back of its pupils' aspirations, interests, hobbies and skills."""

from __future__ import annotations

from services.pupils.model.classification import Classification
from services.pupils.model.conversation import Reader
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import industries, occupations
from services.pupils.store.conversations import conversations_with
from services.pupils.store.interests import interests_of as stored_of
from services.pupils.store.reads import the_pupil
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext


async def interests_of(context: ServiceContext, urn: str, pupil: PupilRef, reader: Reader) -> View:
    """Show what a pupil has said, newest first; `conversation_id` is set for what was said in one."""
    database = context.school(urn)
    await the_pupil(database, pupil, reader.shown)
    said = [
        {
            "interest_id": interest.id,
            "conversation_id": None,
            "kind": interest.statement.kind,
            "text": interest.statement.text,
            "said_on": interest.statement.said_on.isoformat(),
            "soc": _titled(interest.statement.soc, occupations()),
            "sic": _titled(interest.statement.sic, industries()),
        }
        for interest in await stored_of(database, pupil)
    ]
    said += [
        {
            "interest_id": None,
            "conversation_id": conversation.id,
            "kind": "interest",
            "text": text,
            "said_on": conversation.talk.held_on.isoformat(),
            "soc": [],
            "sic": [],
        }
        for conversation in await conversations_with(database, pupil)
        if conversation.may_be_read_by(reader)
        for text in conversation.talk.interests
    ]
    return {"pupil": pupil, "interests": sorted(said, key=lambda one: str(one["said_on"]), reverse=True)}


def found(classification: Classification, text: str, limit: int) -> View:
    """Show the groups that a search finds, the closest first."""
    return {
        "found": [
            {"code": entry.code, "level": entry.level, "title": entry.title, "part_of": entry.parent}
            for entry in classification.search(text, limit)
        ]
    }


def _titled(codes: tuple[str, ...], classification: Classification) -> list[View]:
    return [{"code": code, "title": classification.entries[code].title} for code in codes]
