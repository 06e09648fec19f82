"""Routes of where a school stands: beside the time before and the country, at the snapshots, and shared."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import Path, Query

from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    OPAQUE_ID_PATTERN,
    AcademicYear,
    academic_year_days,
    academic_year_of,
)
from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.evaluation_bodies import SharingBody
from services.audit.commands.sharing import share_scores
from services.audit.model.days import today_in_england
from services.audit.views import positions as views
from services.audit.views.rescoring import rescored_evaluation
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter

router = SecuredRouter(SERVICE_NAME, PREFIX)


@router.get("/evaluations/{evaluation_id}/comparison", Permission.READ_EVALUATIONS)
async def get_comparison(
    caller: AdmittedToSchool, evaluation_id: Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
) -> dict[str, Any]:
    """Compare a completed evaluation with the one before, and what is achieved with the country."""
    return await views.comparison(caller.context, caller.urn, evaluation_id)


@router.get("/evaluations/{evaluation_id}/rescored", Permission.READ_EVALUATIONS)
async def get_rescored(
    caller: AdmittedToSchool, evaluation_id: Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
) -> dict[str, Any]:
    """Show how an evaluation of the older framework would score under the newer one: bounds, no score."""
    return await rescored_evaluation(caller.context, caller.urn, evaluation_id)


@router.get("/snapshots", Permission.READ_EVALUATIONS)
async def get_snapshots(
    caller: AdmittedToSchool,
    academic_year: Annotated[str | None, Query(pattern=ACADEMIC_YEAR_PATTERN)] = None,
    as_known_at: Annotated[dt.datetime | None, Query()] = None,
) -> dict[str, Any]:
    """Show the school's position on 31 December, 31 March and 31 July, now or as it was known once."""
    year = AcademicYear(academic_year or academic_year_of(today_in_england(caller.context.clock())))
    problems = []
    try:
        academic_year_days(year)
    except ValueError:
        problems.append(FieldProblem("academic_year", "is not an academic year; write it like 2025/26"))
    if as_known_at is not None and as_known_at.tzinfo is None:
        reason = "names no time zone; write it like 2026-01-15T09:00:00Z"
        problems.append(FieldProblem("as_known_at", reason))
    if problems:
        raise InvalidError("The snapshots that were asked for make no sense.", tuple(problems))
    return await views.snapshots_of(caller.context, caller.urn, year, as_known_at)


@router.get("/sharing", Permission.READ_EVALUATIONS)
async def get_sharing(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show with whom of the Hub the school shares its scores, and every decision before."""
    return await views.sharing(caller.context, caller.urn)


@router.put("/sharing", Permission.SHARE_EVALUATIONS)
async def put_sharing(caller: AdmittedToSchool, body: SharingBody) -> dict[str, Any]:
    """Share the scores with named roles of the Hub from now on, or withdraw them with an empty list."""
    await caller.context.in_school(
        caller.actor, caller.urn, lambda unit: share_scores(unit, body.shared_with)
    )
    return await views.sharing(caller.context, caller.urn)
