"""Writes what was decided about activities and the roll, tells it, and makes the receipts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted, RollChanged
from contracts.vocabulary import ActivityId
from services.pupils.model.activity import Activity, Known
from services.pupils.model.recording import Change, Desk
from services.pupils.model.roll_change import RollChange
from services.pupils.store.writes import write_activities, write_sheets
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

OUTCOMES: Final = {
    ActivityRecorded: "recorded",
    ActivityCorrected: "corrected",
    ActivityRetracted: "retracted",
}


async def keep(unit: UnitOfWork, desk: Desk, changes: Sequence[Change]) -> None:
    """Write the last version of each activity, keep those before it, and write the sheets that changed."""
    stored: dict[ActivityId, bool] = {}
    latest: dict[ActivityId, Activity] = {}
    for change in changes:
        stored.setdefault(change.after.id, change.before is not None)
        latest[change.after.id] = change.after
    await write_activities(
        unit,
        inserted=[activity for identity, activity in latest.items() if not stored[identity]],
        replaced=[activity for identity, activity in latest.items() if stored[identity]],
        versions=[change.before for change in changes if change.before is not None],
    )
    await write_sheets(unit, desk.register.changed())
    for change in changes:
        unit.tell(change.told)
        unit.log_access(f"activity.{OUTCOMES[type(change.told)]}", f"activities/{change.after.id}")


def tell_roll(unit: UnitOfWork, change: RollChange) -> None:
    """Tell of a changed roll, if any figure shows the change."""
    if change.figures_changed:
        unit.tell(
            RollChanged(
                urn=unit.urn,
                academic_year=change.year,
                year_groups=change.rolls,
                coverage=change.coverage,
            )
        )


def receipt_of(change: Change) -> Document:
    """Say what was done: the activity's figures by year group, and the coverage that it leads to."""
    activity, told = change.after, change.told
    return {
        "outcome": OUTCOMES[type(told)],
        "activity_id": activity.id,
        "version": activity.version,
        "academic_year": activity.academic_year,
        "year_groups": [figures.model_dump() for figures in activity.figures.year_groups],
        "coverage": [cell.model_dump() for cell in told.coverage],
    }


def unchanged_receipt(known: Known) -> Document:
    """Say that what was sent is recorded already."""
    return {
        "outcome": "unchanged",
        "activity_id": known.id,
        "version": known.version,
        "status": known.status,
    }
