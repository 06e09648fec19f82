"""Takes requests to put something right, and answers them."""

from __future__ import annotations

import datetime as dt
from typing import Final

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.model.conversation import ConversationId, Reader
from services.pupils.model.destination import DestinationId
from services.pupils.model.interest import InterestId
from services.pupils.model.pupil import Pupil
from services.pupils.model.rectification import (
    About,
    Answer,
    Asked,
    Outcome,
    Rectification,
    RectificationId,
    answer_by,
)
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import rights_rules
from services.pupils.store import ACTIVITIES
from services.pupils.store.conversations import find_conversation
from services.pupils.store.destinations import find_intended, find_spell
from services.pupils.store.interests import find_interest
from services.pupils.store.reads import the_pupil
from services.pupils.store.rectifications import find_rectification, keep_rectification
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

RECTIFICATION_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""
LONGEST_AGO: Final = dt.timedelta(days=366)
"""A request from longer ago is a slip of the keyboard."""


async def ask_for_rectification(
    unit: UnitOfWork, context: ServiceContext, reader: Reader, ref: PupilRef, asked: Asked
) -> Document:
    """Take a request; the same one again changes nothing. A restricted record can be asked about too."""
    today = LookingUp(unit, context).today
    pupil = await the_pupil(unit, ref, Use.RIGHTS)
    await _check(unit, reader, pupil, asked, today)
    digest = context.sealer.digest(unit.urn, f"rectification:{asked.fingerprint(ref)}")
    identity = RectificationId(digest[:RECTIFICATION_ID_LENGTH])
    known = await find_rectification(unit, identity)
    if known is not None:
        return _receipt("unchanged", known)
    due_on = answer_by(asked.received_on, rights_rules().requests.answer_within_months)
    request = Rectification(identity, ref, asked, due_on, mark_of(unit))
    await keep_rectification(unit, request)
    unit.log_access("rectification.asked", _resource(request))
    return _receipt("recorded", request)


async def answer_rectification(
    unit: UnitOfWork, identity: RectificationId, outcome: Outcome, text: str
) -> Document:
    """Say that it was put right, or why not; the same answer again changes nothing."""
    known = await find_rectification(unit, identity)
    if known is None:
        raise NotFoundError("There is no such request at this school.")
    await the_pupil(unit, known.pupil, Use.RIGHTS)
    after = known.answered(Answer(outcome, text, mark_of(unit)))
    if after is None:
        return _receipt("unchanged", known)
    await keep_rectification(unit, after)
    unit.log_access("rectification.answered", _resource(after))
    return _receipt("answered", after)


async def _check(unit: UnitOfWork, reader: Reader, pupil: Pupil, asked: Asked, today: dt.date) -> None:
    """Raise InvalidError for a request that makes no sense, or names what is not of this pupil's record."""
    problems = []
    if asked.received_on > today:
        problems.append(FieldProblem("received_on", "is in the future"))
    elif asked.received_on < today - LONGEST_AGO:
        problems.append(FieldProblem("received_on", "is more than a year ago"))
    unnamed = asked.about.problem()
    if unnamed is not None:
        problems.append(unnamed)
    elif not await _is_in_record(unit, reader, pupil, asked.about):
        problems.append(FieldProblem("about.id", f"is no {asked.about.kind} of this pupil's record"))
    if problems:
        raise InvalidError("The request makes no sense.", tuple(problems))


async def _is_in_record(unit: UnitOfWork, reader: Reader, pupil: Pupil, about: About) -> bool:
    identity = about.identity
    if identity is None:
        return True
    if about.kind == "activity":
        document = await unit.collection(ACTIVITIES).get(identity)
        return document is not None and pupil.ref.encode() in document["attendance"]
    if about.kind == "conversation":
        talk = await find_conversation(unit, ConversationId(identity))
        return talk is not None and talk.pupil == pupil.ref and talk.may_be_read_by(reader)
    found = (
        await find_interest(unit, InterestId(identity))
        if about.kind == "interest"
        else await find_intended(unit, DestinationId(identity))
        if about.kind == "intention"
        else await find_spell(unit, DestinationId(identity))
    )
    return found is not None and found.pupil == pupil.ref


def _resource(request: Rectification) -> str:
    return f"pupils/{request.pupil}/rectifications/{request.id}"


def _receipt(outcome: str, request: Rectification) -> Document:
    return {
        "outcome": outcome,
        "rectification_id": request.id,
        "state": request.state,
        "due_on": request.due_on.isoformat(),
    }
