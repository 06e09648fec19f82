"""Makes the activity out of a plan, through the same command as any other activity, and settles the plan.

The activity has the plan's reference, so a plan becomes one activity, whoever sends the report how often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.vocabulary import ActivityId
from services.pupils.commands.activities import record_activities
from services.pupils.commands.looking_up import LookingUp, mark_of, refuse_year_without_roll
from services.pupils.commands.plans import receipt_of
from services.pupils.model.draft import Draft, ListedPupil, name_pupils
from services.pupils.model.facts import Facts
from services.pupils.model.invitation import expected, members
from services.pupils.model.plan import Plan, PlanId, Recording, refuse_settled, settle
from services.pupils.model.pupil import Enrolled, absence_reason
from services.pupils.model.sheets import PupilRef
from services.pupils.store.plans import keep_plans, responses_to, the_plan
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, HubError, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What took place: how it differs from the plan, who did not do as invited, and the whole as text."""

    differing: Mapping[str, Any]
    exceptions: Sequence[ListedPupil]
    text: str


async def record_plan(
    unit: UnitOfWork, context: ServiceContext, identity: PlanId, report: PlanReport
) -> Document:
    """Record what was planned; the same report again changes nothing."""
    plan = await the_plan(unit, identity)
    # Keyed, because a UPN may be in the report and a plain digest of a UPN can be guessed.
    digest = context.sealer.digest(unit.urn, f"plan report:{identity}:{report.text}")
    if plan.recording is not None and plan.recording.digest == digest:
        return {**receipt_of("unchanged", plan), "activity_id": plan.recording.activity}
    refuse_settled(plan)
    draft, left_out = await _draft(unit, context, plan, report)
    (outcome,) = await record_activities(unit, context, [draft])
    if isinstance(outcome, HubError):
        raise outcome
    recording = Recording(ActivityId(outcome["activity_id"]), digest)
    settled = settle(plan, recording, mark_of(unit))
    await keep_plans(unit, [(settled, plan)])
    unit.log_access("plan.recorded", f"plans/{plan.id}")
    return {
        **receipt_of("recorded", settled),
        "activity_id": recording.activity,
        "activity": outcome,
        "left_out": left_out,
    }


async def _draft(
    unit: UnitOfWork, context: ServiceContext, plan: Plan, report: PlanReport
) -> tuple[Draft, int]:
    """Say what took place as a post would; returns how many were invited by name and are off the roll."""
    looking_up = LookingUp(unit, context)
    facts = replace(plan.outline.facts, **report.differing, reference=plan.activity_reference)
    facts = looking_up.checked(facts)
    sheets = await looking_up.sheets_of({facts.academic_year})
    refuse_year_without_roll(facts, {sheet.academic_year for sheet in sheets})
    invited = plan.outline.invited
    by_name = [ListedPupil(ref, None, "attended") for ref in invited.listed]
    names = await looking_up.naming_listed([*by_name, *report.exceptions])
    exceptions = name_pupils("exceptions", report.exceptions, facts.held_on, names)
    able = tuple(ref for ref in invited.listed if _can_attend(names.pupils.by_ref, ref, facts))
    groups, listed = expected(
        replace(invited, listed=able),
        members(invited.groups, sheets),
        (await responses_to(unit, plan.id)).values(),
        plan.outline.arrangements.capacity,
    )
    listed |= exceptions
    if not groups and not listed:
        reason = "names nobody, and nobody who was invited has a place; list who took part"
        raise InvalidError("Nobody is left who took part.", (FieldProblem("exceptions", reason),))
    mentions = [ListedPupil(ref, None, status) for ref, status in sorted(listed.items())]
    return Draft(facts, groups, mentions), len(invited.listed) - len(able)


def _can_attend(pupils: Mapping[str, Enrolled], ref: PupilRef, facts: Facts) -> bool:
    """Whether somebody invited by name was still on roll on the day."""
    return ref in pupils and absence_reason(pupils[ref], facts.held_on) is None
