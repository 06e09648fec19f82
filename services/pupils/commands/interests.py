"""Records what pupils say of themselves, and retracts what they did not."""

from __future__ import annotations

from typing import Final

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.commands.summaries import tell_sectors
from services.pupils.model.conversation import Reader
from services.pupils.model.interest import Interest, InterestId, Statement, statement_problems
from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.rules import industries, occupations
from services.pupils.store.interests import find_interest, keep_interest
from services.pupils.store.reads import the_pupil
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

INTEREST_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""


async def record_interest(
    unit: UnitOfWork, context: ServiceContext, pupil: PupilRef, statement: Statement
) -> Document:
    """Record what a pupil has said; the same on the same day again changes nothing."""
    looking_up = LookingUp(unit, context)
    problems = statement_problems(statement, occupations(), industries(), looking_up.today)
    if problems:
        raise InvalidError("This cannot have been said.", problems)
    await the_pupil(unit, pupil, Use.RECORDED)
    digest = context.sealer.digest(unit.urn, f"interest:{statement.identity(pupil)}")
    identity = InterestId(digest[:INTEREST_ID_LENGTH])
    known = await find_interest(unit, identity)
    if known is not None and known.retracted is None:
        _refuse_other_tags(known.statement, statement)
        return {"outcome": "unchanged", "interest_id": identity}
    await keep_interest(unit, Interest(identity, pupil, statement, mark_of(unit)))
    if statement.sic:
        await tell_sectors(unit, pupil)
    unit.log_access("interest.recorded", f"interests/{identity}")
    return {"outcome": "recorded", "interest_id": identity}


async def retract_interest(unit: UnitOfWork, reader: Reader, identity: InterestId) -> Document:
    """Take back what was entered by mistake; a second time changes nothing."""
    known = await find_interest(unit, identity)
    if known is None:
        raise NotFoundError("There is no such interest at this school.")
    await the_pupil(unit, known.pupil, reader.taking_back)
    if known.retracted is not None:
        return {"outcome": "unchanged", "interest_id": identity}
    await keep_interest(unit, known.retract(mark_of(unit)))
    if known.statement.sic:
        await tell_sectors(unit, known.pupil)
    unit.log_access("interest.retracted", f"interests/{identity}")
    return {"outcome": "retracted", "interest_id": identity}


def _refuse_other_tags(known: Statement, told: Statement) -> None:
    if (known.soc, known.sic) != (told.soc, told.sic):
        raise ConflictError(
            "This pupil has said so on that day, tagged with other codes. Retract it first to tag it anew."
        )
