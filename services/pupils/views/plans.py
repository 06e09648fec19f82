"""What the school reads back of its plans: what is to come, what is due, and who is invited."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from services.pupils.model.invitation import PupilResponse, Response, members, standing
from services.pupils.model.plan import Plan, PlanId, SeriesId
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import PupilRef
from services.pupils.store.plans import (
    PlansAsked,
    plans_between,
    plans_naming,
    plans_of_series,
    responses_by,
    responses_to,
    the_plan,
)
from services.pupils.store.reads import find_named, sheets_of_years
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


async def plans_page(context: ServiceContext, urn: str, asked: PlansAsked) -> View:
    """List plans by day; `next` of one page is `after` of the following."""
    one_more = PlansAsked(asked.first, asked.last, asked.status, asked.after, asked.limit + 1)
    found = await plans_between(context.school(urn), one_more)
    page = found[: asked.limit]
    more = len(found) > asked.limit
    return {
        "plans": [_summary(plan) for plan in page],
        "next": f"{page[-1].planned_on}.{page[-1].id}" if more else None,
    }


async def series(context: ServiceContext, urn: str, identity: SeriesId) -> View:
    """List the plans of a series, by day."""
    found = await plans_of_series(context.school(urn), identity)
    if not found:
        raise NotFoundError("There is no such series at this school.")
    return {"series_id": identity, "plans": [_summary(plan) for plan in found]}


async def plan(context: ServiceContext, urn: str, identity: PlanId, *, with_pupils: bool) -> View:
    """Show one plan; who is invited by name, as ids, only to those who may read pupils."""
    found = await the_plan(context.school(urn), identity)
    facts, arrangements = found.outline.facts, found.outline.arrangements
    cancellation = found.cancellation
    shown = _summary(found) | {
        "hours": facts.hours,
        "tests_met": list(facts.tests_met),
        "in_school_day": facts.in_school_day,
        "learning_outcomes": list(facts.learning_outcomes),
        "preparation": facts.preparation,
        "reflection": facts.reflection,
        "notes": arrangements.notes,
        "planned_by": found.planned.by,
        "changed_by": None if found.changed is None else found.changed.by,
        "cancellation": None
        if cancellation is None
        else {"reason": cancellation.reason, "note": cancellation.note},
    }
    if with_pupils:
        shown["invited"] = {**shown["invited"], "pupils": list(found.outline.invited.listed)}
    return shown


async def invited(context: ServiceContext, urn: str, identity: PlanId, offset: int, limit: int) -> View:
    """List who is invited, by name, with their answers and places.

    Members of the groups are those on roll now; `roll_imported` says whether the plan's year has a roll yet.
    Pupils with a restricted record are counted and not named.
    """
    database = context.school(urn)
    found = await the_plan(database, identity)
    by_name = set(found.outline.invited.listed)
    sheets = await sheets_of_years(database, {found.academic_year})
    pupils = await find_named(database, by_name | members(found.outline.invited.groups, sheets))
    responses = await responses_to(database, identity)
    asked = [response for ref, response in responses.items() if ref in pupils]
    stands = standing(asked, found.outline.arrangements.capacity)
    counts = Counter(stands.values())
    named = [pupil for pupil in pupils.values() if pupil.restriction is None]
    ordered = sorted(named, key=lambda one: (one.surname.casefold(), one.forename.casefold(), one.ref))
    end = offset + limit
    return {
        "plan_id": identity,
        "planned_on": found.planned_on.isoformat(),
        "roll_imported": any(sheet.pupils for sheet in sheets),
        "capacity": found.outline.arrangements.capacity,
        "total": len(ordered),
        "restricted": len(pupils) - len(ordered),
        "counts": {**counts, "unanswered": len(pupils) - counts.total()},
        "pupils": [
            _invited(pupil, found, stands, responses) | {"by_name": pupil.ref in by_name}
            for pupil in ordered[offset:end]
        ],
        "waiting": [
            ref for ref, stand in stands.items() if stand == "waiting" and not pupils[ref].restriction
        ],
        "next_offset": end if end < len(ordered) else None,
    }


async def plans_with(context: ServiceContext, urn: str, pupil: PupilRef) -> list[View]:
    """Show the plans to which a pupil is invited by name or has answered, and all that they answered."""
    database = context.school(urn)
    answered = {response.plan: response for response in await responses_by(database, pupil)}
    return [
        {
            "plan_id": found.id,
            "activity_type": found.outline.facts.activity_type,
            "title": found.outline.facts.title,
            "planned_on": found.planned_on.isoformat(),
            "place": found.outline.arrangements.place,
            "status": found.status,
            "invited_by_name": pupil in found.outline.invited.listed,
            "responses": _answers(answered.get(found.id)),
        }
        for found in await plans_naming(database, pupil)
    ]


def _answers(response: PupilResponse | None) -> list[View]:
    if response is None:
        return []
    return [
        {"response": answer.response, "at": answer.mark.at.isoformat(), "by": answer.mark.by}
        for answer in response.answers
    ]


def _invited(
    pupil: Pupil,
    found: Plan,
    stands: Mapping[PupilRef, Response],
    responses: Mapping[PupilRef, PupilResponse],
) -> View:
    place = pupil.years.get(found.academic_year)
    return {
        "pupil": pupil.ref,
        "surname": pupil.surname,
        "forename": pupil.forename,
        "year_group": None if place is None else place.year_group,
        "tutor_group": None if place is None else place.tutor_group,
        "response": responses[pupil.ref].response if pupil.ref in responses else None,
        "stands": stands.get(pupil.ref),
    }


def _summary(found: Plan) -> View:
    facts, arrangements, groups = (
        found.outline.facts,
        found.outline.arrangements,
        found.outline.invited.groups,
    )
    return {
        "plan_id": found.id,
        "version": found.version,
        "status": found.status,
        "series_id": found.series,
        "planned_on": found.planned_on.isoformat(),
        "starts_at": _time(arrangements.starts_at),
        "ends_at": _time(arrangements.ends_at),
        "place": arrangements.place,
        "reference": facts.reference,
        "activity_type": facts.activity_type,
        "title": facts.title,
        "mode": facts.mode,
        "employer_id": facts.employer_id,
        "provider_type": facts.provider_type,
        "learning_areas": list(facts.learning_areas),
        "invited": {
            "year_groups": list(groups.year_groups),
            "tutor_groups": list(groups.tutor_groups),
            "by_name": len(found.outline.invited.listed),
        },
        "capacity": arrangements.capacity,
        "responsible": arrangements.responsible,
        "activity_id": None if found.recording is None else found.recording.activity,
    }


def _time(time: dt.time | None) -> str | None:
    return None if time is None else time.strftime("%H:%M")
