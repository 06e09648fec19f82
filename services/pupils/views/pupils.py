"""What the school reads back of its pupils: the list, and one with all activities."""

from __future__ import annotations

import datetime as dt

from services.pupils.model.activity import Activity
from services.pupils.model.conversation import Reader
from services.pupils.model.groups import needs_of
from services.pupils.model.pupil import Pupil
from services.pupils.model.restriction import Restriction
from services.pupils.model.upn import Upn, is_temporary
from services.pupils.store import ACTIVITIES
from services.pupils.store.activity_documents import (
    read_activity,
)
from services.pupils.store.reads import activities_concerning, the_pupil
from services.pupils.views.pages import PupilsAsked, View, page_of, pupils_on_roll
from services.runtime.context import ServiceContext
from services.runtime.tenancy import SchoolDatabase


async def pupils_page(context: ServiceContext, urn: str, asked: PupilsAsked) -> View:
    """List the pupils on roll by name."""
    return page_of(await pupils_on_roll(context.school(urn), asked.year, asked.year_group), asked)


async def pupil(context: ServiceContext, urn: str, ref: str, reader: Reader) -> View:
    """Show one pupil with the activities of every year, newest first."""
    database = context.school(urn)
    found = await the_pupil(database, ref, reader.shown)
    upn = Upn(context.sealer.unseal(urn, found.upn_sealed))
    return {
        "pupil": found.ref,
        "upn": upn,
        "upn_is_temporary": is_temporary(upn),
        "former_upns": len(found.former_digests),
        "surname": found.surname,
        "forename": found.forename,
        "restriction": None if found.restriction is None else restriction_view(found.restriction),
        "pseudonymised_on": _day(found.pseudonymised_on),
        "years": [
            {
                "academic_year": year,
                "year_group": place.year_group,
                "tutor_group": place.tutor_group,
                "admitted_on": _day(place.admitted_on),
                "left_on": _day(place.left_on),
                "enrolment": place.enrolment,
                "groups": list(found.groups.get(year, ())),
                "sen_needs": list(needs_of(found.groups.get(year, ()))),
            }
            for year, place in sorted(found.years.items())
        ],
        "activities": [_taken_part(activity, found) for activity in await _activities_of(database, found)],
    }


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def restriction_view(restriction: Restriction) -> View:
    """Show a restriction that is in force."""
    return {
        "reason": restriction.reason,
        "since": restriction.since.isoformat(),
        "review_on": _day(restriction.review_on),
    }


async def _activities_of(database: SchoolDatabase, pupil: Pupil) -> list[Activity]:
    """Find the activities that a pupil was concerned in; the year group is that of the activity's day."""
    found = await activities_concerning(database, ACTIVITIES, pupil.ref, pupil.years)
    activities = (read_activity(document) for document in found if document["status"] == "recorded")
    return sorted(activities, key=lambda a: (a.facts.held_on, a.id), reverse=True)


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
        "learning_areas": list(facts.learning_areas),
        "learning_outcomes": list(facts.learning_outcomes),
        "status": status,
        "counts_for": list(counts_for) if status == "attended" else [],
    }
