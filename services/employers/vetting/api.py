"""The routes of vetting."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from contracts.vocabulary import EmployerId
from services.employers.fields import (
    PREFIX,
    SERVICE_NAME,
    Body,
    EmployerInPath,
    Seen,
)
from services.employers.listed import require_listed
from services.employers.model.vetting import Decided, Decision, Vetting
from services.employers.terms import vetting_terms
from services.employers.vetting.commands import decide_vetting
from services.employers.vetting.store import read_vetting
from services.runtime.bodies import (
    Day,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter
from services.runtime.uow import UnitOfWork

MOST_CHECKS: Final = 50
"""More than the terms name; which there are is theirs to say."""

router = SecuredRouter(SERVICE_NAME, PREFIX)

Code = Annotated[str, Field(min_length=1, max_length=60)]


class DecisionBody(Body):
    """A decision; `decisions` is how many the caller has seen. Reasons are codes: nobody is written about."""

    decisions: Seen
    state: Decided
    decided_on: Day
    checked: Annotated[list[Code], Field(max_length=MOST_CHECKS)] = Field(default_factory=list)
    reason: Code | None = None


@router.get("/employers/{employer_id}/vetting", Permission.VET_EMPLOYERS)
async def get_vetting(caller: AdmittedToHub, employer_id: EmployerInPath) -> dict[str, Any]:
    """Show where an employer stands and every decision, the latest last; and what may be checked."""
    database = caller.context.database()
    await require_listed(database, employer_id)
    return _shown(employer_id, await read_vetting(database, employer_id))


@router.post("/employers/{employer_id}/vetting", Permission.VET_EMPLOYERS)
async def post_decision(
    caller: AdmittedToHub, employer_id: EmployerInPath, body: DecisionBody
) -> dict[str, Any]:
    """Decide about an employer; the same decision again changes nothing."""
    decision = Decision(body.state, body.decided_on, tuple(sorted(set(body.checked))), body.reason)

    async def work(unit: UnitOfWork) -> Vetting:
        return await decide_vetting(unit, employer_id, body.decisions, decision)

    vetting = await caller.context.in_hub(caller.actor, f"employers/{employer_id}", work)
    return _shown(employer_id, vetting)


def _shown(employer: EmployerId, vetting: Vetting) -> dict[str, Any]:
    terms = vetting_terms()
    return {
        "employer_id": employer,
        "state": vetting.state,
        "decisions": [
            {
                "state": marked.decision.state,
                "decided_on": marked.decision.decided_on,
                "checked": marked.decision.checked,
                "reason": marked.decision.reason,
                "by": marked.mark.by,
                "at": marked.mark.at,
            }
            for marked in vetting.decisions
        ],
        "possible": {"checks": terms.checks, "reasons": terms.reasons},
    }
