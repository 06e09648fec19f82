"""Merges two activities that are the same encounter, separates them again, and remembers which are not."""

from __future__ import annotations

from contracts.vocabulary import ActivityId
from services.pupils.commands.activities import the_activity
from services.pupils.commands.keeping import keep, merged_receipt, separated_receipt, unchanged_receipt
from services.pupils.commands.looking_up import LookingUp
from services.pupils.model.merging import merge, refuse_pair, separate
from services.pupils.model.recording import refuse_stale
from services.pupils.store.reads import find_activities
from services.pupils.store.separate_activities import keep_separate
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def merge_activity(
    unit: UnitOfWork, context: ServiceContext, identity: ActivityId, into: ActivityId, version: int
) -> Document:
    """Have an activity count through another; merging it into the same one again changes nothing."""
    activity = await the_activity(unit, identity)
    if activity.status == "merged" and activity.merged_into == into:
        return unchanged_receipt(activity.known)
    found = await find_activities(unit, [into])
    if into not in found:
        raise InvalidError(
            "There is nothing to merge it into.", (FieldProblem("into", "is no activity here"),)
        )
    refuse_stale(activity, version)
    looking_up = LookingUp(unit, context)
    desk = looking_up.desk(await looking_up.sheets_of({activity.academic_year}))
    survivor, merged = merge(desk, activity, found[into])
    await keep(unit, desk, [survivor, merged])
    return merged_receipt(merged.after, survivor)


async def separate_activity(unit: UnitOfWork, context: ServiceContext, identity: ActivityId) -> Document:
    """Have a merged activity count on its own again; one that does already stays as it is."""
    activity = await the_activity(unit, identity)
    if activity.status == "retracted":
        raise ConflictError("This activity was retracted, so there is nothing to separate it from.")
    if activity.merged_into is None:
        return unchanged_receipt(activity.known)
    survivor = await the_activity(unit, activity.merged_into)
    staying = await find_activities(unit, set(survivor.merged) - {identity})
    looking_up = LookingUp(unit, context)
    desk = looking_up.desk(await looking_up.sheets_of({activity.academic_year}))
    entered, kept = separate(desk, activity, survivor, list(staying.values()))
    await keep(unit, desk, [entered, kept])
    await keep_separate(unit, (identity, survivor.id), activity.academic_year, "separated")
    return separated_receipt(entered, kept)


async def dismiss_duplicate(unit: UnitOfWork, pair: tuple[ActivityId, ActivityId]) -> Document:
    """Remember that two activities are not the same encounter; a second time changes nothing."""
    found = await find_activities(unit, set(pair))
    missing = [place for place, identity in enumerate(pair) if identity not in found]
    if missing:
        raise InvalidError(
            "There is no such pair.",
            tuple(FieldProblem(f"activities[{place}]", "is no activity here") for place in missing),
        )
    first, second = (found[identity] for identity in pair)
    refuse_pair(first, second)
    new = await keep_separate(unit, pair, first.academic_year, "dismissed")
    if new:
        for identity in pair:
            unit.log_access("activity.duplicate_dismissed", f"activities/{identity}")
    return {"outcome": "dismissed" if new else "unchanged", "activities": list(pair)}
