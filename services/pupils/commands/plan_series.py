"""Plans a series: every occurrence is a plan of its own, with the series' id."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from services.pupils.commands.looking_up import LookingUp, mark_of
from services.pupils.commands.plans import PLAN_ID_LENGTH, outline_of, plan_id
from services.pupils.model.activity import digest_of
from services.pupils.model.plan import (
    Outline,
    Plan,
    PlanDraft,
    SeriesId,
    first_version,
    outline_problems,
    refuse_contradiction,
)
from services.pupils.model.recurrence import Rule, occurrences, rule_problems
from services.pupils.store.plans import find_plans, keep_plans
from services.runtime.context import ServiceContext
from services.runtime.errors import InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def plan_series(unit: UnitOfWork, context: ServiceContext, draft: PlanDraft, rule: Rule) -> Document:
    """Plan the occurrences of a series; those that are planned already change nothing.

    With a reference the series can be sent again with further days: each occurrence is known by the reference
    and its day. Who is invited is checked on the first day.
    """
    problems = rule_problems(rule)
    if problems:
        raise InvalidError("The series does not make sense.", problems)
    days = occurrences(rule)
    looking_up = LookingUp(unit, context)
    outline = await outline_of(looking_up, replace(draft, facts=replace(draft.facts, held_on=days[0])))
    series = _series_id(unit, context, outline, days)
    wanted = []
    for day in days:
        one = _occurrence(outline, day)
        problems = outline_problems(one, looking_up.today)
        if problems:
            raise InvalidError("The series does not make sense.", problems)
        name = f"series:{series}:{day}" if one.facts.reference is None else f"reference:{one.facts.reference}"
        wanted.append(first_version(plan_id(unit, context, name), one, mark_of(unit), series))
    known = await find_plans(unit, [plan.id for plan in wanted])
    for plan in wanted:
        if plan.id in known:
            refuse_contradiction(known[plan.id], plan.outline.fingerprint)
    fresh = [plan for plan in wanted if plan.id not in known]
    await keep_plans(unit, [(plan, None) for plan in fresh])
    for plan in fresh:
        unit.log_access("plan.planned", f"plans/{plan.id}")
    return _receipt(series, [known.get(plan.id, plan) for plan in wanted], len(fresh))


def _series_id(
    unit: UnitOfWork, context: ServiceContext, outline: Outline, days: tuple[dt.date, ...]
) -> SeriesId:
    reference = outline.facts.reference
    content = digest_of([outline.fingerprint, [day.isoformat() for day in days]])
    identity = f"content:{content}" if reference is None else f"reference:{reference}"
    return SeriesId(context.sealer.digest(unit.urn, f"series:{identity}")[:PLAN_ID_LENGTH])


def _occurrence(outline: Outline, day: dt.date) -> Outline:
    reference = outline.facts.reference
    return outline.moved(day - outline.planned_on, None if reference is None else f"{reference}:{day}")


def _receipt(series: SeriesId, plans: list[Plan], fresh: int) -> Document:
    return {
        "outcome": "planned" if fresh else "unchanged",
        "series_id": series,
        "planned": fresh,
        "unchanged": len(plans) - fresh,
        "plans": [
            {"plan_id": plan.id, "planned_on": plan.planned_on.isoformat(), "status": plan.status}
            for plan in plans
        ],
    }
