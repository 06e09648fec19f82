"""What the school reads back of its pupils: the list, and one with all activities."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP
from services.pupils.model.activity import Activity
from services.pupils.model.attendance import STATUSES
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import PupilRef
from services.pupils.model.upn import Upn, is_temporary
from services.pupils.store import ACTIVITIES, PUPILS
from services.pupils.store.documents import read_activity, read_pupil
from services.pupils.views.pages import PupilsAsked, View, page_of, pupils_on_roll
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase

YEAR_GROUP_KEYS: Final = range(FIRST_YEAR_GROUP, LAST_YEAR_GROUP + 1)


async def pupils_page(context: ServiceContext, urn: str, asked: PupilsAsked) -> View:
    """List the pupils on roll by name."""
    return page_of(await pupils_on_roll(context.school(urn), asked.year, asked.year_group), asked)


async def pupil(context: ServiceContext, urn: str, ref: str) -> View:
    """Show one pupil with the activities of every year, newest first."""
    database = context.school(urn)
    document = await database.collection(PUPILS).get(ref)
    if document is None:
        raise NotFoundError("There is no such pupil at this school.")
    found = read_pupil(document)
    upn = Upn(context.sealer.unseal(urn, found.upn_sealed))
    return {
        "pupil": found.ref,
        "upn": upn,
        "upn_is_temporary": is_temporary(upn),
        "surname": found.surname,
        "forename": found.forename,
        "years": [
            {
                "academic_year": year,
                "year_group": place.year_group,
                "tutor_group": place.tutor_group,
                "left_on": None if place.left_on is None else place.left_on.isoformat(),
            }
            for year, place in sorted(found.years.items())
        ],
        "activities": [_taken_part(activity, found) for activity in await _activities_of(database, found)],
    }


async def _activities_of(database: SchoolDatabase, pupil: Pupil) -> list[Activity]:
    """Find the activities that a pupil was concerned in; the year group is that of the activity's day."""
    found: list[Document] = []
    for year in pupil.years:
        activities = await database.collection(ACTIVITIES).find(
            {"academic_year": year, "status": "recorded", "$or": _anywhere(pupil.ref)}
        )
        found += activities
    return sorted(map(read_activity, found), key=lambda a: (a.facts.held_on, a.id), reverse=True)


def _anywhere(ref: PupilRef) -> list[Document]:
    return [
        {f"attendance.{year_group}.{status}": ref} for year_group in YEAR_GROUP_KEYS for status in STATUSES
    ]


def _taken_part(activity: Activity, pupil: Pupil) -> View:
    facts = activity.facts
    status = activity.attendance.status_of()[pupil.ref]
    counts_for = activity.grant.of(listed=pupil.ref in activity.attendance.listed)
    return {
        "activity_id": activity.id,
        "academic_year": activity.academic_year,
        "activity_type": facts.activity_type,
        "title": facts.title,
        "held_on": facts.held_on.isoformat(),
        "mode": facts.mode,
        "hours": facts.hours,
        "employer_id": facts.employer_id,
        "provider_type": facts.provider_type,
        "status": status,
        "counts_for": list(counts_for) if status == "attended" else [],
    }
