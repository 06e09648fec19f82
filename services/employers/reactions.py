"""What `employers` does because a school recorded what it had a match for.

An activity that names a match completes it, until it is retracted, counts through another, or names it no
longer. `pupils` lets a school name confirmed matches of its own only, so an event that names any other cannot
be right: it is parked, and no match is touched.
"""

from __future__ import annotations

from contracts.pupils import ActivityCorrected, ActivityFigures, ActivityRecorded, ActivityRetracted
from contracts.vocabulary import ActivityId, Urn
from services.employers.commands.changes import store_change
from services.employers.model.match import Match, with_activity, without_activity
from services.employers.store.rounds import MATCHES
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept, Telling


async def on_activity_recorded(unit: UnitOfWork, event: ActivityRecorded) -> None:
    """Complete the match that an activity names."""
    await _complete(unit, event.urn, event.activity_id, event.activity)


async def on_activity_corrected(unit: UnitOfWork, event: ActivityCorrected) -> None:
    """Complete the match that an activity names now; one that it no longer names is as it was without it."""
    if event.before.match_id != event.after.match_id:
        await _take_back(unit, event.urn, event.activity_id, event.before)
    await _complete(unit, event.urn, event.activity_id, event.after)


async def on_activity_retracted(unit: UnitOfWork, event: ActivityRetracted) -> None:
    """Have a match as it was without an activity."""
    await _take_back(unit, event.urn, event.activity_id, event.before)


async def _complete(unit: UnitOfWork, urn: Urn, activity: ActivityId, figures: ActivityFigures) -> None:
    if figures.match_id is not None:
        before = await _the_match(unit, urn, figures.match_id)
        await _keep(unit, before, with_activity(before.content, activity))


async def _take_back(unit: UnitOfWork, urn: Urn, activity: ActivityId, figures: ActivityFigures) -> None:
    if figures.match_id is not None:
        before = await _the_match(unit, urn, figures.match_id)
        await _keep(unit, before, without_activity(before.content, activity))


async def _keep(unit: UnitOfWork, before: Kept[Match], match: Match) -> None:
    """Store what became of a match, and tell of it if it stands otherwise."""
    after = await store_change(unit, MATCHES, before, Telling(before.id, before.version, match))
    if after is not None and after.content.state != before.content.state:
        unit.tell(after.content.told(after.id))


async def _the_match(unit: UnitOfWork, urn: Urn, match_id: str) -> Kept[Match]:
    """Read a match of a school; raises ValueError if there is none."""
    found = await find_kept(unit, MATCHES, match_id)
    if found is None or found.content.urn != urn:
        message = "an activity names a match that the school does not have"
        raise ValueError(message)
    return found
