"""Where the actions of the plan and its reviews are kept, with the actions' earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from services.audit.model.plan import Action
from services.audit.model.plan_calendar import Review
from services.runtime.mongo import Index
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

ACTIONS: Final = Kind("plan_actions", TypeAdapter(Action))
REVIEWS: Final = Kind("plan_reviews", TypeAdapter(Review))

PLAN_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {**ACTIONS.indexes}


async def actions_of(database: Database) -> list[Kept[Action]]:
    """Read a school's actions by the day that they are due."""
    return await find_all(database, ACTIONS, sort=(("content.goal.due_on", 1), ("_id", 1)))


async def reviews_of(database: Database) -> list[Kept[Review]]:
    """Read a school's reviews, the latest first."""
    return await find_all(database, REVIEWS, sort=(("content.held_on", -1), ("_id", 1)))
