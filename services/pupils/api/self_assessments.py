"""Routes of self-assessments: what is asked, what a pupil answered, and what changed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response, status
from pydantic import Field

from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.commands.self_assessments import Answered, record_self_assessment
from services.pupils.model.self_assessment import Moment
from services.pupils.model.sheets import PupilRef
from services.pupils.views import self_assessments as views
from services.runtime.bodies import (
    Body,
    Day,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_ANSWERS = 100

KeyStage = Annotated[str, Path(pattern=r"^[a-z0-9]{1,10}$")]
StatementId = Annotated[str, Field(min_length=1, max_length=40)]


class AnswersBody(Body):
    """A pupil's answers: statement and number."""

    moment: Moment
    taken_on: Day
    answers: Annotated[
        dict[StatementId, Annotated[int, Field(strict=True)]], Field(min_length=1, max_length=MOST_ANSWERS)
    ]


@router.get("/self-assessments/{key_stage}/statements", Permission.READ_ROLL)
async def get_statements(caller: AdmittedToSchool, key_stage: KeyStage) -> dict[str, Any]:  # noqa: ARG001 - admitted is enough
    """Show what the pupils of a key stage are asked."""
    return views.statements(key_stage)


@router.get("/self-assessments/{key_stage}/change", Permission.READ_COVERAGE)
async def get_change(
    caller: AdmittedToSchool, key_stage: KeyStage, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Compare a key stage's answers before and after, in one academic year."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.change(caller.context, caller.urn, year, key_stage)


@router.post(
    "/pupils/{ref}/self-assessments", Permission.RECORD_CONVERSATION, status_code=status.HTTP_201_CREATED
)
async def post_self_assessment(
    response: Response, caller: AdmittedToSchool, ref: Ref, body: AnswersBody
) -> dict[str, Any]:
    """Record a pupil's answers: 201, or 200 if they were known or replace others."""
    answered = Answered(body.moment, body.taken_on, body.answers)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await record_self_assessment(unit, caller.context, PupilRef(ref), answered)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] != "recorded":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/pupils/{ref}/self-assessments", Permission.READ_CONVERSATIONS)
async def get_self_assessments(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show all that a pupil has answered."""
    shown = await views.self_assessments_with(caller.context, caller.urn, PupilRef(ref), reader_of(caller))
    await caller.context.read_logged(
        caller.actor, caller.urn, "self_assessments.listed", f"pupils/{ref}/self-assessments"
    )
    return shown
