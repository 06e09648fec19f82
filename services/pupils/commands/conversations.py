"""Records careers conversations, corrects them, and finishes what was agreed in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.model.conversation import (
    FIRST_VERSION,
    Conversation,
    ConversationId,
    Reader,
    Report,
    Talk,
    correct,
    finish,
    refuse_stale,
    talk_problems,
)
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import absence_reason
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.store.conversations import find_conversation, keep_conversation
from services.pupils.store.reads import the_pupil
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

CONVERSATION_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""
NO_SUCH_CONVERSATION: Final = "There is no such conversation at this school."


@dataclass(frozen=True, slots=True)
class Asked:
    """Which conversation a correction means, and the version that the caller has seen."""

    identity: ConversationId
    version: int


async def record_conversation(
    unit: UnitOfWork, context: ServiceContext, pupil: PupilRef, talk: Talk
) -> Document:
    """Record a conversation; the same one again changes nothing."""
    looking_up = LookingUp(unit, context)
    _check(talk, looking_up.today)
    found = await the_pupil(unit, pupil, Use.RECORDED)
    reason = absence_reason(found, talk.held_on)
    if reason is not None:
        raise InvalidError("The conversation cannot be recorded.", (FieldProblem("held_on", reason),))
    digest = context.sealer.digest(unit.urn, f"conversation:{talk.fingerprint(pupil)}")
    identity = ConversationId(digest[:CONVERSATION_ID_LENGTH])
    known = await find_conversation(unit, identity)
    if known is not None:
        return _receipt("unchanged", known)
    conversation = Conversation(identity, FIRST_VERSION, pupil, talk, mark_of(unit))
    await keep_conversation(unit, conversation)
    unit.log_access("conversation.recorded", _resource(conversation))
    return _receipt("recorded", conversation)


async def correct_conversation(
    unit: UnitOfWork, context: ServiceContext, reader: Reader, asked: Asked, talk: Talk
) -> Document:
    """Tell a conversation anew; only who may read it may. Telling it as it is changes nothing."""
    before = await _readable(unit, asked.identity, reader)
    await the_pupil(unit, before.pupil, reader.correcting)
    talk = replace(talk, held_by=before.talk.held_by)
    _check(talk, LookingUp(unit, context).today)
    if talk.fingerprint(before.pupil) == before.talk.fingerprint(before.pupil):
        return _receipt("unchanged", before)
    refuse_stale(before, asked.version)
    after = correct(before, talk, mark_of(unit))
    await keep_conversation(unit, after, before)
    unit.log_access("conversation.corrected", _resource(after))
    return _receipt("corrected", after)


async def finish_action(
    unit: UnitOfWork, reader: Reader, identity: ConversationId, report: Report
) -> Document:
    """Note that something agreed is done; the same report again changes nothing."""
    before = await _readable(unit, identity, reader)
    await the_pupil(unit, before.pupil, Use.RECORDED)
    after = finish(before, report, today_in_england(unit.now), mark_of(unit))
    if after is None:
        return _receipt("unchanged", before)
    await keep_conversation(unit, after, before)
    unit.log_access("conversation.action_done", _resource(after))
    return _receipt("done", after)


async def _readable(unit: UnitOfWork, identity: ConversationId, reader: Reader) -> Conversation:
    found = await find_conversation(unit, identity)
    if found is None or not found.may_be_read_by(reader):
        raise NotFoundError(NO_SUCH_CONVERSATION)
    return found


def _check(talk: Talk, today: dt.date) -> None:
    problems = talk_problems(talk, today)
    if problems:
        raise InvalidError("The conversation does not make sense.", problems)


def _resource(conversation: Conversation) -> str:
    return f"conversations/{conversation.id}"


def _receipt(outcome: str, conversation: Conversation) -> Document:
    due_on = conversation.next_due_on
    return {
        "outcome": outcome,
        "conversation_id": conversation.id,
        "version": conversation.version,
        "pupil": conversation.pupil,
        "next_due_on": None if due_on is None else due_on.isoformat(),
    }
