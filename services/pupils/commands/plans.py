"""Plans activities, changes plans and cancels them: one, or one of a series and those after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from services.pupils.commands.looking_up import LookingUp, mark_of, refuse_unknown_employer
from services.pupils.model.draft import name_pupils
from services.pupils.model.invitation import group_problems
from services.pupils.model.plan import (
    Cancellation,
    Invited,
    Outline,
    Plan,
    PlanDraft,
    PlanId,
    cancel,
    change,
    first_version,
    outline_problems,
    refuse_contradiction,
    refuse_settled,
    refuse_stale,
)
from services.pupils.store.plans import find_plans, keep_plans, plans_of_series, the_plan
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

PLAN_ID_LENGTH: Final = 32
"""Hex digits kept of the keyed digest: 128 bits."""
Scope = Literal["this", "later"]
"""Whether a change is for one plan alone, or also for those of its series after it."""


@dataclass(frozen=True, slots=True)
class PlanMeant:
    """Which plan a change means, the version that the caller has seen, and whether later ones change too."""

    identity: PlanId
    version: int
    scope: Scope


async def plan_activity(unit: UnitOfWork, context: ServiceContext, draft: PlanDraft) -> Document:
    """Plan an activity; the same plan again changes nothing."""
    outline = await outline_of(LookingUp(unit, context), draft)
    reference = outline.facts.reference
    identity = plan_id(
        unit, context, f"content:{outline.fingerprint}" if reference is None else f"reference:{reference}"
    )
    known = (await find_plans(unit, [identity])).get(identity)
    if known is not None:
        refuse_contradiction(known, outline.fingerprint)
        return receipt_of("unchanged", known)
    plan = first_version(identity, outline, mark_of(unit))
    await keep_plans(unit, [(plan, None)])
    unit.log_access("plan.planned", f"plans/{plan.id}")
    return receipt_of("planned", plan)


async def change_plan(
    unit: UnitOfWork, context: ServiceContext, meant: PlanMeant, draft: PlanDraft
) -> Document:
    """Plan something anew; the caller must have seen the current version.

    Later ones of the series become the same and move by as many days, each under its own reference; those
    that were recorded or cancelled stay. Saying what is planned already changes nothing.
    """
    before = await the_plan(unit, meant.identity)
    refuse_settled(before)
    reference = before.outline.facts.reference
    if draft.facts.reference not in {None, reference}:
        problem = FieldProblem("reference", "differs from the one that the plan is known by")
        raise InvalidError("A change cannot change the reference.", (problem,))
    looking_up = LookingUp(unit, context)
    outline = await outline_of(looking_up, replace(draft, facts=replace(draft.facts, reference=reference)))
    changes = []
    for plan in await _meant(unit, before, meant.scope):
        days = plan.planned_on - before.planned_on
        wanted = outline.moved(days, plan.outline.facts.reference)
        if wanted.fingerprint != plan.fingerprints[-1]:
            _refuse(outline_problems(wanted, looking_up.today))
            changes.append((change(plan, wanted, mark_of(unit)), plan))
    if changes:
        refuse_stale(before, meant.version)
    return await _keep(unit, before, changes, "changed")


async def cancel_plan(
    unit: UnitOfWork, identity: PlanId, cancellation: Cancellation, scope: Scope
) -> Document:
    """Say that a plan does not take place; a second time changes nothing."""
    before = await the_plan(unit, identity)
    if before.status == "recorded":
        refuse_settled(before)
    meant = await _meant(unit, before, scope)
    changes = [(cancel(plan, cancellation, mark_of(unit)), plan) for plan in meant]
    return await _keep(unit, before, changes, "cancelled")


async def outline_of(looking_up: LookingUp, draft: PlanDraft) -> Outline:
    """Check a plan and name whom it invites; raises InvalidError.

    A year whose roll has not been imported can be planned: then its groups are not known yet, and pupils who
    are invited by name need only be the school's.
    """
    day = draft.facts.held_on
    facts = looking_up.checked(draft.facts, by=day)
    sheets = await looking_up.sheets_of({facts.academic_year})
    has_roll = any(sheet.pupils for sheet in sheets)
    names = await looking_up.naming_listed(draft.listed)
    listed = name_pupils("invited.pupils", draft.listed, day if has_roll else None, names)
    outline = Outline(facts, Invited(draft.groups, tuple(sorted(listed))), draft.arrangements)
    problems = outline_problems(outline, looking_up.today)
    _refuse(problems + (group_problems(draft.groups, sheets) if has_roll else ()))
    refuse_unknown_employer(facts, await looking_up.employers([facts]))
    return outline


def plan_id(unit: UnitOfWork, context: ServiceContext, identity: str) -> PlanId:
    """Name a plan by what identifies it; keyed, so that no id can be traced to a reference."""
    return PlanId(context.sealer.digest(unit.urn, f"plan:{identity}")[:PLAN_ID_LENGTH])


def receipt_of(outcome: str, plan: Plan) -> Document:
    """Say what became of a plan."""
    return {
        "outcome": outcome,
        "plan_id": plan.id,
        "version": plan.version,
        "status": plan.status,
        "planned_on": plan.planned_on.isoformat(),
        "series_id": plan.series,
    }


async def _meant(unit: UnitOfWork, plan: Plan, scope: Scope) -> list[Plan]:
    """Find the plans that are open among those meant."""
    meant = [plan]
    if scope == "later":
        if plan.series is None:
            problem = FieldProblem("scope", "is 'later', but this plan is of no series")
            raise InvalidError("There are no later plans to change.", (problem,))
        found = await plans_of_series(unit, plan.series)
        meant = [one for one in found if one.planned_on >= plan.planned_on]
    return [one for one in meant if one.status == "planned"]


async def _keep(
    unit: UnitOfWork, before: Plan, changes: Sequence[tuple[Plan, Plan]], outcome: str
) -> Document:
    await keep_plans(unit, changes)
    for after, _ in changes:
        unit.log_access(f"plan.{outcome}", f"plans/{after.id}")
    now = next((after for after, earlier in changes if earlier.id == before.id), before)
    return {
        **receipt_of(outcome if changes else "unchanged", now),
        "plans": [{"plan_id": after.id, "version": after.version} for after, _ in changes],
    }


def _refuse(problems: tuple[FieldProblem, ...]) -> None:
    if problems:
        raise InvalidError("The plan does not make sense.", problems)
