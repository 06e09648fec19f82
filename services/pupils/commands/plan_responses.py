"""Takes what invited pupils answered to a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.model.draft import ListedPupil, name_pupils
from services.pupils.model.invitation import Response, members, respond, standing
from services.pupils.model.plan import PlanId, refuse_settled
from services.pupils.store.plans import keep_responses, responses_to, the_plan
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def answer_plan(
    unit: UnitOfWork,
    context: ServiceContext,
    identity: PlanId,
    told: Sequence[tuple[ListedPupil, Response]],
) -> Document:
    """Take the answers of some pupils, in their order; the others' stay. The same again changes nothing."""
    plan = await the_plan(unit, identity)
    refuse_settled(plan)
    looking_up = LookingUp(unit, context)
    mentions = [mention for mention, _ in told]
    named = name_pupils("responses", mentions, None, await looking_up.naming_listed(mentions))
    invited = plan.outline.invited
    sheets = await looking_up.sheets_of({plan.academic_year})
    everybody = {*invited.listed, *members(invited.groups, sheets)}
    strangers = tuple(
        FieldProblem(f"responses[{place}]", "this pupil is not invited; change the plan to invite them")
        for place, ref in enumerate(named)
        if ref not in everybody
    )
    if strangers:
        raise InvalidError("Some of the pupils are not invited.", strangers)
    known = await responses_to(unit, identity)
    answers = {ref: response for ref, (_, response) in zip(named, told, strict=True)}
    changed = respond(identity, known, answers, mark_of(unit))
    await keep_responses(unit, changed)
    if changed:
        unit.log_access("plan.answered", f"plans/{identity}/responses")
    now = {**known, **{one.pupil: one for one in changed}}
    asked = [one for one in now.values() if one.pupil in everybody]
    stands = standing(asked, plan.outline.arrangements.capacity)
    return {
        "outcome": "changed" if changed else "unchanged",
        "plan_id": identity,
        "counts": dict(Counter(stands.values())),
        "stands": {ref: stands[ref] for ref in named},
    }
