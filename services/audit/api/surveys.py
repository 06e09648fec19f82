"""Routes of stakeholder voice: surveys, their links, results, and who was heard.

Who answers has no access token but a link; see `pages/survey.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response, status
from pydantic import Field

from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.fields import (
    AcademicYearQuery,
    Id,
    Line,
    Text,
    academic_year_asked,
)
from services.audit.commands import surveys as commands
from services.audit.model.question_set import Audience
from services.audit.model.survey import MOST_LINKS, MOST_LINKS_A_BATCH, Survey
from services.audit.surveys import question_sets
from services.audit.views import surveys as views
from services.runtime.bodies import (
    Body,
    Day,
    SeenVersion,
)
from services.runtime.linked_routes import LINK_PATH
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

Batch = Annotated[int, Path(ge=1, le=MOST_LINKS)]


class SurveyBody(Body):
    """A survey of one group of stakeholders, with the current question set."""

    title: Line
    audience: Audience
    opens_on: Day
    closes_on: Day

    def survey(self) -> Survey:
        """Return the model's value."""
        asked = question_sets()[self.audience]
        return Survey(self.title, self.audience, asked, self.opens_on, self.closes_on)


class SurveyChangeBody(Body):
    """What a survey that is not closed is to be; its audience stays."""

    version: SeenVersion
    title: Line
    opens_on: Day
    closes_on: Day


class LinksBody(Body):
    """How many links to make."""

    version: SeenVersion
    links: Annotated[int, Field(strict=True, ge=1, le=MOST_LINKS_A_BATCH)]


class WithdrawBody(Body):
    """That a batch is withdrawn."""

    version: SeenVersion


class WhatChangedBody(Body):
    """What changed as a result of a survey."""

    version: SeenVersion
    what_changed: Text


@router.get("/voice/question-sets", Permission.READ_SURVEYS)
async def get_question_sets(caller: AdmittedToSchool) -> dict[str, Any]:  # noqa: ARG001 - admitted is enough
    """Show what each group is asked."""
    return views.questions()


@router.get("/voice/summary", Permission.READ_SURVEYS)
async def get_summary(caller: AdmittedToSchool) -> dict[str, Any]:
    """Say which groups were heard in the last twelve months, and what changed."""
    return await views.summary(caller.context, caller.urn)


@router.post("/surveys", Permission.MANAGE_SURVEYS, status_code=status.HTTP_201_CREATED)
async def post_survey(response: Response, caller: AdmittedToSchool, body: SurveyBody) -> dict[str, Any]:
    """Plan a survey: 201, or 200 if it is planned just so."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.plan_survey(unit, caller.context, body.survey())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/surveys", Permission.READ_SURVEYS)
async def get_surveys(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """List the surveys that close in an academic year, with their response rates."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.surveys(caller.context, caller.urn, year)


@router.get("/surveys/{survey_id}", Permission.READ_SURVEYS)
async def get_survey(caller: AdmittedToSchool, survey_id: Id) -> dict[str, Any]:
    """Show one survey with its questions."""
    return await views.survey(caller.context, caller.urn, survey_id)


@router.put("/surveys/{survey_id}", Permission.MANAGE_SURVEYS)
async def put_survey(caller: AdmittedToSchool, survey_id: Id, body: SurveyChangeBody) -> dict[str, Any]:
    """Change a survey's title and days, until it is closed."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        days = commands.TitleAndDays(body.title, body.opens_on, body.closes_on)
        return await commands.change_survey(unit, survey_id, body.version, days)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/surveys/{survey_id}/links", Permission.MANAGE_SURVEYS, status_code=status.HTTP_201_CREATED)
async def post_links(caller: AdmittedToSchool, survey_id: Id, body: LinksBody) -> dict[str, Any]:
    """Make a batch of single-use links; their secrets and paths are shown here and never again."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.make_links(unit, survey_id, body.version, body.links)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    paths = [LINK_PATH.format(urn=caller.asked, secret=secret) for secret in receipt["secrets"]]
    return {**receipt, "paths": [f"/{SERVICE_NAME}{path}" for path in paths]}


@router.post("/surveys/{survey_id}/links/{number}/withdraw", Permission.MANAGE_SURVEYS)
async def post_withdraw(
    caller: AdmittedToSchool, survey_id: Id, number: Batch, body: WithdrawBody
) -> dict[str, Any]:
    """Withdraw a batch of links: those not used yet open nothing any more."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.withdraw_links(unit, survey_id, body.version, number)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/surveys/{survey_id}/results", Permission.READ_SURVEYS)
async def get_results(caller: AdmittedToSchool, survey_id: Id) -> dict[str, Any]:
    """Show what a closed survey says."""
    await caller.context.read_logged(caller.actor, caller.urn, "survey.read", f"surveys/{survey_id}/results")
    return await views.results(caller.context, caller.urn, survey_id)


@router.put("/surveys/{survey_id}/what-changed", Permission.MANAGE_SURVEYS)
async def put_what_changed(caller: AdmittedToSchool, survey_id: Id, body: WhatChangedBody) -> dict[str, Any]:
    """Note what changed as a result of a closed survey."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.note_what_changed(unit, survey_id, body.version, body.what_changed)

    return await caller.context.in_school(caller.actor, caller.urn, work)
