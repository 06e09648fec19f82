"""What the school reads back of its careers conversations."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from services.pupils.model.conversation import AgreedAction, Conversation, ConversationId, Reader
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import PupilRef
from services.pupils.store.conversations import (
    conversations_due,
    find_conversation,
    pupils_spoken_with,
)
from services.pupils.store.conversations import (
    conversations_with as stored_with,
)
from services.pupils.store.reads import find_named, the_pupil
from services.pupils.views.pages import PupilsAsked, View, page_of, pupils_on_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class FollowUpsAsked:
    """Which agreed actions: due before a day, and whose; None for everybody's."""

    before: dt.date
    owner: str | None


async def conversation(context: ServiceContext, urn: str, identity: ConversationId, reader: Reader) -> View:
    """Show one conversation; raises NotFoundError if there is none or the reader may not read it."""
    database = context.school(urn)
    found = await find_conversation(database, identity)
    if found is None or not found.may_be_read_by(reader):
        raise NotFoundError("There is no such conversation at this school.")
    await the_pupil(database, found.pupil, reader.shown)
    return conversation_view(found)


async def conversations_with(context: ServiceContext, urn: str, pupil: PupilRef, reader: Reader) -> View:
    """Show a pupil's conversations, newest first; `withheld` counts those that are not for this reader."""
    database = context.school(urn)
    await the_pupil(database, pupil, reader.shown)
    found = await stored_with(database, pupil)
    readable = [conversation for conversation in found if conversation.may_be_read_by(reader)]
    return {
        "pupil": pupil,
        "conversations": [conversation_view(conversation) for conversation in readable],
        "withheld": len(found) - len(readable),
    }


async def follow_ups(context: ServiceContext, urn: str, asked: FollowUpsAsked, reader: Reader) -> View:
    """List the actions that were due before a day and are not done, the longest overdue first.

    Those with pupils whose record is restricted are counted.
    """
    database = context.school(urn)
    due = [
        (number, action, conversation)
        for conversation in await conversations_due(database, asked.before)
        if conversation.may_be_read_by(reader)
        for number, action in enumerate(conversation.talk.actions, start=1)
        if action.is_overdue(asked.before) and asked.owner in {None, action.owner}
    ]
    due.sort(key=lambda found: (found[1].due_on, found[2].id, found[0]))
    everybody = await find_named(database, {conversation.pupil for _, _, conversation in due})
    pupils = {ref: pupil for ref, pupil in everybody.items() if pupil.restriction is None}
    return {
        "due_before": asked.before.isoformat(),
        "follow_ups": [
            {
                "conversation_id": conversation.id,
                "action": number,
                **_name(pupils[conversation.pupil]),
                "held_on": conversation.talk.held_on.isoformat(),
                "held_by": conversation.talk.held_by,
                "text": action.text,
                "owner": action.owner,
                "due_on": action.due_on.isoformat(),
            }
            for number, action, conversation in due
            if conversation.pupil in pupils
        ],
        "restricted": sum(conversation.pupil not in pupils for _, _, conversation in due),
    }


async def pupils_without_conversation(context: ServiceContext, urn: str, asked: PupilsAsked) -> View:
    """List the pupils on roll of an academic year who had no conversation in it, and count the others."""
    database = context.school(urn)
    on_roll = await pupils_on_roll(database, asked.year, asked.year_group)
    spoken_with = await pupils_spoken_with(database, asked.year)
    missing = [pupil for pupil in on_roll if pupil.ref not in spoken_with]
    return {"on_roll": len(on_roll), **page_of(missing, asked)}


def conversation_view(conversation: Conversation) -> View:
    """Show a conversation."""
    talk, changed = conversation.talk, conversation.changed
    return {
        "conversation_id": conversation.id,
        "version": conversation.version,
        "pupil": conversation.pupil,
        "held_on": talk.held_on.isoformat(),
        "held_by": talk.held_by,
        "said": talk.said,
        "interests": list(talk.interests),
        "actions": [_action_view(action) for action in talk.actions],
        "visibility": talk.visibility,
        "safeguarding_referral": talk.safeguarding_referral,
        "recorded_at": conversation.recorded.at.isoformat(),
        "changed_at": None if changed is None else changed.at.isoformat(),
    }


def _action_view(action: AgreedAction) -> View:
    done: dict[str, Any] | None = None
    if action.done is not None:
        done = {"on": action.done.on.isoformat(), "by": action.done.mark.by, "outcome": action.done.outcome}
    return {"text": action.text, "owner": action.owner, "due_on": action.due_on.isoformat(), "done": done}


def _name(pupil: Pupil) -> View:
    return {"pupil": pupil.ref, "surname": pupil.surname, "forename": pupil.forename}
