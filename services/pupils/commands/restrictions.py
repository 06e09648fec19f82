"""Restricts a pupil's record, and lifts that."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace
from typing import Final

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.model.restriction import Restriction, RestrictionId, RestrictionReason, Use
from services.pupils.model.sheets import PupilRef
from services.pupils.store.reads import the_pupil
from services.pupils.store.restrictions import begin_restriction, end_restriction
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

RESTRICTION_ID_BYTES: Final = 16


async def restrict(
    unit: UnitOfWork,
    context: ServiceContext,
    ref: PupilRef,
    reason: RestrictionReason,
    review_on: dt.date | None,
) -> Document:
    """Keep a pupil's record and use it no more; said again in the same way, that changes nothing."""
    today = LookingUp(unit, context).today
    if review_on is not None and review_on < today:
        raise InvalidError("The restriction makes no sense.", (FieldProblem("review_on", "is in the past"),))
    pupil = await the_pupil(unit, ref, Use.RIGHTS)
    identity = RestrictionId(secrets.token_hex(RESTRICTION_ID_BYTES))
    wanted = Restriction(identity, reason, today, review_on)
    known = pupil.restriction
    if known is not None and replace(wanted, id=known.id, since=known.since) == known:
        return {"outcome": "unchanged"}
    await end_restriction(unit, pupil, None, mark_of(unit))
    await begin_restriction(unit, ref, wanted, mark_of(unit))
    unit.log_access("pupil.restricted", f"pupils/{ref}/restriction")
    return {"outcome": "restricted" if known is None else "changed"}


async def lift_restriction(
    unit: UnitOfWork, context: ServiceContext, ref: PupilRef, pupil_told_on: dt.date
) -> Document:
    """Use a pupil's record again, of which the pupil was told; a second time changes nothing."""
    if pupil_told_on > LookingUp(unit, context).today:
        problem = FieldProblem("pupil_told_on", "is in the future: tell the pupil first, then lift it")
        raise InvalidError("The restriction cannot be lifted yet.", (problem,))
    pupil = await the_pupil(unit, ref, Use.RIGHTS)
    if pupil.restriction is None:
        return {"outcome": "unchanged"}
    await end_restriction(unit, pupil, pupil_told_on, mark_of(unit))
    unit.log_access("pupil.restriction_lifted", f"pupils/{ref}/restriction")
    return {"outcome": "lifted"}
