"""Writes what was decided about activities and the roll, tells what moves a count, and makes the receipts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted, RollChanged
from contracts.vocabulary import ActivityId
from services.pupils.model.activity import Activity, Known
from services.pupils.model.facts import today_in_england
from services.pupils.model.merging import Absorbed, TakenIn, taken_over
from services.pupils.model.recording import Change, Decided, Desk
from services.pupils.model.roll_change import RollChange
from services.pupils.store.writes import write_activities, write_sheets
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork

OUTCOMES: Final = {
    ActivityRecorded: "recorded",
    ActivityCorrected: "corrected",
    ActivityRetracted: "retracted",
}
MOST_SUSPECTS_TOLD: Final = 10
"""Possible duplicates that a receipt names of one activity; the list of duplicates has them all."""


async def keep(unit: UnitOfWork, desk: Desk, changes: Sequence[Decided]) -> None:
    """Write the last state of each activity, the versions before it, and the sheets that changed."""
    stored: dict[ActivityId, bool] = {}
    latest: dict[ActivityId, Activity] = {}
    for change in changes:
        stored.setdefault(change.after.id, change.before is not None)
        latest[change.after.id] = change.after
    await write_activities(
        unit,
        inserted=[activity for identity, activity in latest.items() if not stored[identity]],
        replaced=[activity for identity, activity in latest.items() if stored[identity]],
        versions=[
            change.before
            for change in changes
            if change.before is not None and change.before.version != change.after.version
        ],
    )
    await write_sheets(unit, desk.register.changed())
    for change in changes:
        if isinstance(change, Change):
            unit.tell(change.told)
        unit.log_access(f"activity.{_outcome(change)}", f"activities/{change.after.id}")


def tell_roll(unit: UnitOfWork, change: RollChange) -> None:
    """Tell of a changed roll, if any figure shows the change."""
    if change.figures_changed:
        unit.tell(
            RollChanged(
                urn=unit.urn,
                academic_year=change.year,
                year_groups=change.rolls,
                coverage=change.coverage,
                changed_on=today_in_england(unit.now),
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


def fresh_receipt(taken: TakenIn) -> Document:
    """Say what a fresh post became: an activity of its own, or one that was merged into another at once."""
    if isinstance(taken, Absorbed):
        return merged_receipt(taken.merged.after, taken.survivor)
    receipt = receipt_of(taken.change)
    if taken.suspects:
        receipt["possible_duplicates"] = list(taken.suspects[:MOST_SUSPECTS_TOLD])
    return receipt


def merged_receipt(activity: Activity, survivor: Decided) -> Document:
    """Say what an activity was merged into, and what that one has from it."""
    before, after = survivor.before, survivor.after
    return {
        "outcome": "merged",
        "activity_id": activity.id,
        "version": activity.version,
        "status": activity.status,
        "academic_year": activity.academic_year,
        **_survivor_part(survivor),
        "taken_over": [] if before is None else taken_over(before, after),
    }


def separated_receipt(entered: Change, survivor: Decided) -> Document:
    """Say that an activity counts on its own again, and what became of the one that it was merged into."""
    return {
        **receipt_of(entered),
        "outcome": "separated",
        "separated_from": survivor.after.id,
        "survivor_version": survivor.after.version,
    }


def _survivor_part(survivor: Decided) -> Document:
    after = survivor.after
    return {
        "merged_into": after.id,
        "survivor_version": after.version,
        "year_groups": [figures.model_dump() for figures in after.figures.year_groups],
        "coverage": [cell.model_dump() for cell in survivor.told.coverage]
        if isinstance(survivor, Change)
        else [],
    }


def _outcome(change: Decided) -> str:
    """Name what was done, for the access log: what leaves a count because it is merged was not retracted."""
    if not isinstance(change, Change):
        return change.outcome
    if change.after.status == "merged":
        return "merged"
    if change.before is not None and change.before.status == "merged":
        return "separated"
    return OUTCOMES[type(change.told)]


def unchanged_receipt(known: Known) -> Document:
    """Say that what was sent is recorded already."""
    receipt: Document = {
        "outcome": "unchanged",
        "activity_id": known.id,
        "version": known.version,
        "status": known.status,
    }
    if known.status == "merged":
        receipt["merged_into"] = known.merged_into
    return receipt
