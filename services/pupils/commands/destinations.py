"""Records where pupils mean to go and where they went, and takes back what was entered by mistake."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Final

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.commands.summaries import tell_destinations
from services.pupils.model.conversation import Reader
from services.pupils.model.destination import (
    DestinationId,
    Intended,
    Intention,
    Spell,
    Tracked,
    intention_problems,
    spell_problems,
)
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import destination_rules
from services.pupils.store.destinations import find_intended, find_spell, keep_intended, keep_spell
from services.pupils.store.reads import the_pupil
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

DESTINATION_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""
_SENSELESS: Final = "The destination does not make sense."
_UNKNOWN: Final = "There is no such destination at this school."


async def record_intention(
    unit: UnitOfWork, context: ServiceContext, pupil: PupilRef, intention: Intention
) -> Document:
    """Record what a pupil means to do; the same on the same day again changes nothing."""
    looking_up = LookingUp(unit, context)
    _refuse(intention_problems(intention, destination_rules().statuses, looking_up.today))
    found = await the_pupil(unit, pupil, Use.RECORDED)
    parts = [pupil, intention.status, intention.words.casefold(), intention.said_on, intention.has_offer]
    identity = _identity(unit, context, "intention", parts)
    known = await find_intended(unit, identity)
    if known is not None and known.retracted is None:
        return _receipt("unchanged", identity)
    await keep_intended(unit, Intended(identity, pupil, intention, mark_of(unit)))
    await tell_destinations(unit, found)
    unit.log_access("destination.intended", f"destinations/{identity}")
    return _receipt("recorded", identity)


async def record_spell(unit: UnitOfWork, context: ServiceContext, pupil: PupilRef, spell: Spell) -> Document:
    """Record what somebody did after leaving; the same beginning again changes nothing."""
    looking_up = LookingUp(unit, context)
    _refuse(spell_problems(spell, destination_rules().categories, looking_up.today))
    found = await the_pupil(unit, pupil, Use.TRACKED)
    parts = [pupil, spell.status, spell.provider.casefold(), spell.starts_on]
    identity = _identity(unit, context, "spell", parts)
    known = await find_spell(unit, identity)
    if known is not None and known.retracted is None:
        return await _see(unit, found, known, (spell.seen_on, spell.ends_on))
    await keep_spell(unit, Tracked(identity, pupil, spell, mark_of(unit)))
    await tell_destinations(unit, found)
    unit.log_access("destination.recorded", f"destinations/{identity}")
    return _receipt("recorded", identity)


async def see_spell(
    unit: UnitOfWork, identity: DestinationId, seen_on: dt.date, ends_on: dt.date | None
) -> Document:
    """Note that a spell still lasted on a day, or when it ended; what is known changes nothing."""
    known = await find_spell(unit, identity)
    if known is None or known.retracted is not None:
        raise NotFoundError(_UNKNOWN)
    pupil = await the_pupil(unit, known.pupil, Use.TRACKED)
    today = today_in_england(unit.now)
    if seen_on > today:
        _refuse((FieldProblem("seen_on", "is in the future"),))
    if ends_on is not None and not known.spell.starts_on <= ends_on <= seen_on:
        _refuse((FieldProblem("ends_on", "is before it began, or after it was seen to have ended"),))
    return await _see(unit, pupil, known, (seen_on, ends_on))


async def retract_destination(unit: UnitOfWork, reader: Reader, identity: DestinationId) -> Document:
    """Take back an intention or a spell that was entered by mistake; a second time changes nothing."""
    intended = await find_intended(unit, identity)
    tracked = None if intended is not None else await find_spell(unit, identity)
    known = intended or tracked
    if known is None:
        raise NotFoundError(_UNKNOWN)
    pupil = await the_pupil(unit, known.pupil, reader.taking_back)
    if intended is not None and intended.retracted is None:
        await keep_intended(unit, intended.retract(mark_of(unit)))
        await tell_destinations(unit, pupil)
    elif tracked is not None and tracked.retracted is None:
        await keep_spell(unit, tracked.retract(mark_of(unit)))
        await tell_destinations(unit, pupil)
    else:
        return _receipt("unchanged", identity)
    unit.log_access("destination.retracted", f"destinations/{identity}")
    return _receipt("retracted", identity)


async def _see(
    unit: UnitOfWork, pupil: Pupil, known: Tracked, days: tuple[dt.date, dt.date | None]
) -> Document:
    """Note the day on which a spell was seen, and that on which it ended, if it has."""
    after = known.seen(*days, mark_of(unit))
    if after is None:
        return _receipt("unchanged", known.id)
    await keep_spell(unit, after)
    await tell_destinations(unit, pupil)
    unit.log_access("destination.seen", f"destinations/{known.id}")
    return _receipt("seen", known.id)


def _refuse(problems: tuple[FieldProblem, ...]) -> None:
    if problems:
        raise InvalidError(_SENSELESS, problems)


def _identity(unit: UnitOfWork, context: ServiceContext, kind: str, parts: list[object]) -> DestinationId:
    text = json.dumps([kind, *parts], separators=(",", ":"), default=str)
    plain = hashlib.sha256(text.encode()).hexdigest()
    return DestinationId(context.sealer.digest(unit.urn, f"destination:{plain}")[:DESTINATION_ID_LENGTH])


def _receipt(outcome: str, identity: DestinationId) -> Document:
    return {"outcome": outcome, "destination_id": identity}
