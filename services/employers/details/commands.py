"""Puts an employer's details in place of those that were there."""

from __future__ import annotations

from contracts.vocabulary import EmployerId
from services.employers.details.store import EMPLOYER_DETAILS, read_details, replacing
from services.employers.listed import require_listed
from services.employers.model.details import Details, KeptDetails, Mark, change, details_problems, refuse
from services.employers.rules import land
from services.employers.terms import employer_standards
from services.runtime.uow import UnitOfWork


async def change_details(unit: UnitOfWork, employer: EmployerId, seen: int, details: Details) -> KeptDetails:
    """Change an employer's details from the version that the caller has seen; the same again changes nothing.

    Raises NotFoundError for no employer of ours, InvalidError for what makes no sense, ConflictError if they
    were changed meanwhile.
    """
    refuse(details_problems(details, employer_standards().ids, land(), unit.now.date()))
    await require_listed(unit, employer)
    kept = await read_details(unit, employer)
    after = change(kept, seen, details, Mark(unit.actor.subject, unit.now))
    if after is None:
        return kept
    await unit.collection(EMPLOYER_DETAILS).write(replacing(after))
    return after
