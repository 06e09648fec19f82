"""Records a decision about an employer."""

from __future__ import annotations

from contracts.vocabulary import EmployerId
from services.employers.listed import require_listed
from services.employers.model.details import Mark
from services.employers.model.vetting import Decision, Vetting, decide, decision_problems
from services.employers.terms import vetting_terms
from services.employers.vetting.store import EMPLOYER_VETTING, keeping_vetting, read_vetting
from services.runtime.errors import InvalidError
from services.runtime.uow import UnitOfWork


async def decide_vetting(unit: UnitOfWork, employer: EmployerId, seen: int, decision: Decision) -> Vetting:
    """Add a decision to those that the caller has seen; the last one again changes nothing.

    Raises NotFoundError for no employer of ours, InvalidError for what makes no sense, ConflictError for what
    cannot follow.
    """
    problems = decision_problems(decision, vetting_terms(), unit.now.date())
    if problems:
        raise InvalidError("The decision cannot be recorded.", problems)
    await require_listed(unit, employer)
    vetting = await read_vetting(unit, employer)
    after = decide(vetting, seen, decision, Mark(unit.actor.subject, unit.now))
    if after is None:
        return vetting
    await unit.collection(EMPLOYER_VETTING).write(keeping_vetting(employer, after))
    return after
