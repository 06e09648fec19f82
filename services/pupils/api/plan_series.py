"""Routes of series: a plan for many days. Declared before `plans.py`, whose ids `series` would look like."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response, status

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.plan_bodies import SeriesBody
from services.pupils.commands.plan_series import plan_series
from services.pupils.model.plan import SeriesId
from services.pupils.views import plans as views
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)


@router.post("/plans/series", Permission.RECORD_ACTIVITY, status_code=status.HTTP_201_CREATED)
async def post_series(response: Response, caller: AdmittedToSchool, body: SeriesBody) -> dict[str, Any]:
    """Plan a series, each occurrence a plan of its own: 201, or 200 if all was planned before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await plan_series(unit, caller.context, body.draft(), body.occurs())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/plans/series/{series_id}", Permission.READ_ACTIVITIES)
async def get_series(
    caller: AdmittedToSchool, series_id: Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
) -> dict[str, Any]:
    """List the plans of a series, by day."""
    return await views.series(caller.context, caller.urn, SeriesId(series_id))
