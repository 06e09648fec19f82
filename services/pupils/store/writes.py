"""What commands write, one round trip a collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.pupils.model.activity import Activity
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import Sheet
from services.pupils.store import ACTIVITIES, ACTIVITY_VERSIONS, PUPILS, ROLL_INDEX, YEAR_GROUPS
from services.pupils.store.activity_documents import (
    activity_document,
    version_document,
)
from services.pupils.store.documents import (
    pupil_document,
    sheet_document,
)
from services.pupils.store.roll_index import ROLL_INDEX_ID, roll_index_document
from services.runtime.mongo import Insert, Replace, Write
from services.runtime.uow import UnitOfWork


async def write_activities(
    unit: UnitOfWork,
    *,
    inserted: Sequence[Activity],
    replaced: Sequence[Activity],
    versions: Sequence[Activity],
) -> None:
    """Insert new activities, write new versions over old ones, and keep the old versions."""
    activities = unit.collection(ACTIVITIES)
    await activities.insert(*map(activity_document, inserted))
    await activities.write(
        *(Replace({"_id": activity.id}, activity_document(activity)) for activity in replaced)
    )
    await unit.collection(ACTIVITY_VERSIONS).insert(*map(version_document, versions))


async def write_sheets(unit: UnitOfWork, sheets: Iterable[Sheet]) -> None:
    """Write sheets over what was there."""
    await unit.collection(YEAR_GROUPS).write(
        *(Replace({"_id": sheet.id}, sheet_document(sheet), upsert=True) for sheet in sheets)
    )


async def write_pupils(
    unit: UnitOfWork, known: Mapping[str, Pupil], added: Sequence[Pupil], updated: Sequence[Pupil]
) -> None:
    """Insert and replace pupils, and write the roll index anew; `known` are all of the school, by digest.

    A pupil's digest may have changed, the id never does.
    """
    if not added and not updated:
        return
    writes: list[Write] = [Insert(pupil_document(pupil)) for pupil in added]
    writes += [Replace({"_id": pupil.ref}, pupil_document(pupil)) for pupil in updated]
    await unit.collection(PUPILS).write(*writes)
    everybody = {pupil.ref: pupil for pupil in (*known.values(), *added, *updated)}
    await _write_roll_index(unit, everybody.values())


async def remove_pupil(unit: UnitOfWork, known: Mapping[str, Pupil], pupil: Pupil) -> None:
    """Delete a pupil, and write the roll index anew; `known` are all of the school, by digest."""
    await unit.collection(PUPILS).delete({"_id": pupil.ref})
    await _write_roll_index(unit, [other for other in known.values() if other.ref != pupil.ref])


async def _write_roll_index(unit: UnitOfWork, everybody: Iterable[Pupil]) -> None:
    index = roll_index_document(everybody)
    await unit.collection(ROLL_INDEX).write(Replace({"_id": ROLL_INDEX_ID}, index, upsert=True))
