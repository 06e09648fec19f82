"""Makes surveys and their links, changes them while they can be changed, and notes what came of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from services.audit.commands.versions import identity_of, refuse, store_change
from services.audit.model.days import today_in_england
from services.audit.model.survey import (
    MOST_SURVEYS,
    Survey,
    day_problems,
    noted,
    refuse_closed,
    with_batch,
    without_batch,
)
from services.audit.store.surveys import SURVEYS, add_links, new_secrets
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import NOT_YET, Kept, Telling

NO_SUCH_SURVEY: Final = "There is no such survey at this school."


@dataclass(frozen=True, slots=True)
class TitleAndDays:
    """What can be changed of a survey until it is closed."""

    title: str
    opens_on: dt.date
    closes_on: dt.date


async def plan_survey(unit: UnitOfWork, context: ServiceContext, survey: Survey) -> Document:
    """Plan a survey; one of the same audience, title and first day is the same survey."""
    text = f"survey:{survey.audience}:{survey.opens_on}:{survey.title.casefold()}"
    identity = identity_of(context, unit.urn, text)
    known = await find_kept(unit, SURVEYS, identity)
    if known is None:
        refuse("The survey makes no sense.", day_problems(survey, today_in_england(unit.now)))
        if await unit.collection(SURVEYS.name).count({}) >= MOST_SURVEYS:
            raise ConflictError(f"A school can have {MOST_SURVEYS} surveys.")
    else:
        # What it was made with, and its links, stay; only what the caller can say is compared.
        content = known.content
        survey = replace(
            survey,
            title=content.title,
            question_set=content.question_set,
            batches=content.batches,
            what_changed=content.what_changed,
        )
    telling = Telling(identity, NOT_YET, survey)
    return await store_change(unit, SURVEYS, known, telling, _resource(identity))


async def change_survey(unit: UnitOfWork, identity: str, seen: int, told: TitleAndDays) -> Document:
    """Change a survey's title and days; raises ConflictError once it is closed."""
    today = today_in_england(unit.now)
    known = await _the_survey(unit, identity)
    refuse_closed(known.content, today)
    survey = replace(known.content, title=told.title, opens_on=told.opens_on, closes_on=told.closes_on)
    refuse("The survey makes no sense.", day_problems(survey, today))
    return await store_change(unit, SURVEYS, known, Telling(identity, seen, survey), _resource(identity))


async def make_links(unit: UnitOfWork, identity: str, seen: int, count: int) -> Document:
    """Make a batch of links; the receipt has their secrets, which nobody can read again.

    A caller who lost the receipt is refused when they try again (they have not seen the new version), and
    withdraws the batch that was lost.
    """
    known = await _the_survey(unit, identity)
    refuse_closed(known.content, today_in_england(unit.now))
    survey = with_batch(known.content, count)
    receipt = await store_change(unit, SURVEYS, known, Telling(identity, seen, survey), _resource(identity))
    batch, fresh = len(survey.batches), new_secrets(count)
    await add_links(unit, identity, batch, fresh)
    return {**receipt, "batch": batch, "secrets": fresh}


async def withdraw_links(unit: UnitOfWork, identity: str, seen: int, batch: int) -> Document:
    """Withdraw a batch of links; a second time changes nothing."""
    return await _change(unit, identity, seen, lambda survey: without_batch(survey, batch))


async def note_what_changed(unit: UnitOfWork, identity: str, seen: int, what_changed: str) -> Document:
    """Note what changed as a result of a closed survey."""
    today = today_in_england(unit.now)
    return await _change(unit, identity, seen, lambda survey: noted(survey, what_changed, today))


async def _change(unit: UnitOfWork, identity: str, seen: int, change: Callable[[Survey], Survey]) -> Document:
    known = await _the_survey(unit, identity)
    telling = Telling(identity, seen, change(known.content))
    return await store_change(unit, SURVEYS, known, telling, _resource(identity))


async def _the_survey(unit: UnitOfWork, identity: str) -> Kept[Survey]:
    found = await find_kept(unit, SURVEYS, identity)
    if found is None:
        raise NotFoundError(NO_SUCH_SURVEY)
    return found


def _resource(identity: str) -> str:
    return f"surveys/{identity}"
