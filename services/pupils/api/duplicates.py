"""Routes of the same encounter told twice: the pairs that may be, merging two, and separating them again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query

from contracts.vocabulary import ActivityId
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.activities import Id, IfMatch, version_seen
from services.pupils.api.bodies import DismissalBody, MergingBody
from services.pupils.commands.merging import dismiss_duplicate, merge_activity, separate_activity
from services.pupils.views.duplicates import duplicates
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_PAIRS: Final = 100
"""Pairs shown at once; once they are merged or dismissed, the next ones are."""


@router.get("/activities/duplicates", Permission.READ_ACTIVITIES)
async def get_duplicates(
    caller: AdmittedToSchool,
    academic_year: AcademicYearQuery = None,
    limit: Annotated[int, Query(ge=1, le=MOST_PAIRS)] = MOST_PAIRS,
) -> dict[str, Any]:
    """List the activities of a year that may be the same encounter; `total` counts all of the pairs."""
    year = academic_year_asked(academic_year, caller.context)
    return await duplicates(caller.context, caller.urn, year, limit)


@router.post("/activities/duplicates/dismissal", Permission.CORRECT_ACTIVITY)
async def post_dismissal(caller: AdmittedToSchool, body: DismissalBody) -> dict[str, Any]:
    """Say that two activities are not the same encounter, so that the list leaves them out."""
    first, second = map(ActivityId, body.activities)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await dismiss_duplicate(unit, (first, second))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/activities/{identity}/merging", Permission.CORRECT_ACTIVITY)
async def post_merging(
    caller: AdmittedToSchool, identity: Id, body: MergingBody, if_match: IfMatch = None
) -> dict[str, Any]:
    """Have an activity count through another that is the same encounter; a second time changes nothing."""
    version = version_seen(if_match, body.version)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        into = ActivityId(body.into)
        return await merge_activity(unit, caller.context, ActivityId(identity), into, version)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/activities/{identity}/separation", Permission.CORRECT_ACTIVITY)
async def post_separation(caller: AdmittedToSchool, identity: Id) -> dict[str, Any]:
    """Have a merged activity count on its own again; the pair is not suggested any more."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await separate_activity(unit, caller.context, ActivityId(identity))

    return await caller.context.in_school(caller.actor, caller.urn, work)
