"""Plans actions, tells them anew, takes reports on them, and notes reviews. Nothing is deleted.

What moves the counts of an academic year is told in the same unit of work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.audit.commands.versions import identity_of, mark_of, receipt, refuse, store_change
from services.audit.facts import suggested_actions
from services.audit.model.days import today_in_england
from services.audit.model.plan import (
    MOST_ACTIONS,
    Action,
    Goal,
    Report,
    Reporter,
    goal_problems,
    replaced,
    reported,
    with_goal,
)
from services.audit.model.plan_calendar import Review, progress_to_tell, review_problems, statuses_now
from services.audit.store.plan import ACTIONS, REVIEWS, actions_of
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept, keep
from services.runtime.versions import FIRST_VERSION, NOT_YET, Kept, Telling

NO_SUCH_ACTION: Final = "There is no such action in this school's plan."


@dataclass(frozen=True, slots=True)
class Superseding:
    """Which action a new one takes the place of, and the version of it that the caller has seen."""

    identity: str
    seen: int


@dataclass(frozen=True, slots=True)
class Told:
    """A review as it is told: its day, a note on the whole, and notes on some actions."""

    held_on: dt.date
    note: str
    on_actions: Mapping[str, str]


async def plan_action(
    unit: UnitOfWork, context: ServiceContext, goal: Goal, superseding: Superseding | None
) -> Document:
    """Put an action into the plan, in the place of another one or beside the others.

    The same goal again changes nothing, however far its action has come.
    """
    refuse("The action is not SMART yet.", goal_problems(goal, suggested_actions()))
    identity = identity_of(context, unit.urn, f"action:{goal.identity}")
    known = await find_kept(unit, ACTIONS, identity)
    if known is not None and known.content.goal == goal:
        return receipt("unchanged", identity, known.version)
    if await unit.collection(ACTIONS.name).count({}) >= MOST_ACTIONS:
        raise ConflictError(f"A school's plan can have {MOST_ACTIONS} actions, superseded ones included.")
    telling = Telling(identity, NOT_YET, Action(goal))
    planned = await store_change(unit, ACTIONS, known, telling, _resource(identity))
    was: dict[str, Kept[Action] | None] = {identity: known}
    if superseding is not None:
        before = await _the_action(unit, superseding.identity)
        after = Telling(before.id, superseding.seen, replaced(before.content, by=identity))
        await store_change(unit, ACTIONS, before, after, _resource(before.id))
        was[before.id] = before
    await _tell_progress(unit, was)
    return planned


async def change_action(unit: UnitOfWork, identity: str, seen: int, goal: Goal) -> Document:
    """Tell an action's goal anew; how it stands remains."""
    refuse("The action is not SMART yet.", goal_problems(goal, suggested_actions()))
    before = await _the_action(unit, identity)
    return await _change(unit, before, Telling(identity, seen, with_goal(before.content, goal)))


async def report_progress(
    unit: UnitOfWork, identity: str, seen: int, report: Report, reporter: Reporter
) -> Document:
    """Say how an action stands: its owner, or the Careers Leader."""
    before = await _the_action(unit, identity)
    return await _change(unit, before, Telling(identity, seen, reported(before.content, report, reporter)))


async def note_review(unit: UnitOfWork, context: ServiceContext, told: Told) -> Document:
    """Note a review with the status of every action; the same one again changes nothing."""
    text = f"review:{told.held_on}:{told.note}:{sorted(told.on_actions.items())}"
    identity = identity_of(context, unit.urn, text)
    if await find_kept(unit, REVIEWS, identity) is not None:
        return receipt("unchanged", identity, FIRST_VERSION)
    actions = await actions_of(unit)
    problems = review_problems(told.held_on, told.on_actions, actions, today_in_england(unit.now))
    refuse("The review makes no sense.", problems)
    review = Review(told.held_on, told.note, statuses_now(actions, told.on_actions))
    await keep(unit, REVIEWS, Kept(identity, FIRST_VERSION, review, mark_of(unit)), None)
    unit.log_access("plan_review.recorded", f"plan-reviews/{identity}")
    return receipt("recorded", identity, FIRST_VERSION)


async def _change(unit: UnitOfWork, before: Kept[Action], telling: Telling[Action]) -> Document:
    told = await store_change(unit, ACTIONS, before, telling, _resource(before.id))
    if told["outcome"] != "unchanged":
        await _tell_progress(unit, {before.id: before})
    return told


async def _tell_progress(unit: UnitOfWork, was: Mapping[str, Kept[Action] | None]) -> None:
    """Tell of each year whose progress has moved; `was` has the changed actions, None for a new one."""
    after = await actions_of(unit)
    before = [one for kept in after if (one := was.get(kept.id, kept)) is not None]
    for progress in progress_to_tell(before, after):
        unit.tell(progress.told(unit.urn))


async def _the_action(unit: UnitOfWork, identity: str) -> Kept[Action]:
    found = await find_kept(unit, ACTIONS, identity)
    if found is None:
        raise NotFoundError(NO_SUCH_ACTION)
    return found


def _resource(identity: str) -> str:
    return f"plan-actions/{identity}"
