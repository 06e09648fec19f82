"""Routes of plans: plan, change, cancel, see who is invited, take answers, and record what took place."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from fastapi import Body, Path, Query, Response, status
from pydantic import Field

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.plan_bodies import AnswerBody, CancellationBody, PlanBody, PlanChangeBody, ReportBody
from services.pupils.commands.plan_recording import record_plan
from services.pupils.commands.plan_responses import answer_plan
from services.pupils.commands.plans import PlanMeant, Scope, cancel_plan, change_plan, plan_activity
from services.pupils.model.attendance import MOST_ATTENDEES
from services.pupils.model.facts import today_in_england
from services.pupils.model.plan import PlanId, PlanStatus
from services.pupils.store.plans import PlansAsked
from services.pupils.views import plans as views
from services.runtime.bodies import (
    Body as RequestPart,
)
from services.runtime.bodies import (
    Day,
)
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

LARGEST_PAGE: Final = 500

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
After = Annotated[str | None, Query(max_length=80)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Answers = Annotated[list[AnswerBody], Body(min_length=1, max_length=MOST_ATTENDEES)]


class PlansQuery(RequestPart):
    """Which plans: between two days, of a status, and which page of them."""

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    status: PlanStatus | None = None
    after: Annotated[str | None, Field(max_length=80)] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100

    def plans(self) -> PlansAsked:
        """Return the query; raises InvalidError for days in the wrong order and for no page."""
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InvalidError("No day is between these.", (FieldProblem("to", "is before from"),))
        return PlansAsked(self.first, self.last, self.status, _after(self.after), self.limit)


@router.post("/plans", Permission.RECORD_ACTIVITY, status_code=status.HTTP_201_CREATED)
async def post_plan(response: Response, caller: AdmittedToSchool, body: PlanBody) -> dict[str, Any]:
    """Plan an activity: 201, or 200 if it was planned before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await plan_activity(unit, caller.context, body.draft())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/plans", Permission.READ_ACTIVITIES)
async def get_plans(caller: AdmittedToSchool, asked: Annotated[PlansQuery, Query()]) -> dict[str, Any]:
    """List plans by day, `from` and `to` included; `next` of one page is `after` of the following."""
    return await views.plans_page(caller.context, caller.urn, asked.plans())


@router.get("/plans/due", Permission.READ_ACTIVITIES)
async def get_plans_due(caller: AdmittedToSchool, after: After = None, limit: Limit = 100) -> dict[str, Any]:
    """List the plans whose day has passed and of which nobody has said what happened, the oldest first."""
    yesterday = today_in_england(caller.context.clock()) - dt.timedelta(days=1)
    asked = PlansAsked(None, yesterday, "planned", _after(after), limit)
    return await views.plans_page(caller.context, caller.urn, asked)


@router.get("/plans/{plan_id}", Permission.READ_ACTIVITIES)
async def get_plan(caller: AdmittedToSchool, plan_id: Id) -> dict[str, Any]:
    """Show a plan; those invited by name, as ids, only to those who may read pupils."""
    with_pupils = Permission.READ_PUPILS in caller.granted
    if with_pupils:
        await caller.context.read_logged(caller.actor, caller.urn, "plan.read", f"plans/{plan_id}")
    return await views.plan(caller.context, caller.urn, PlanId(plan_id), with_pupils=with_pupils)


@router.put("/plans/{plan_id}", Permission.RECORD_ACTIVITY)
async def put_plan(
    caller: AdmittedToSchool, plan_id: Id, body: PlanChangeBody, scope: Scope = "this"
) -> dict[str, Any]:
    """Change a plan, or with `scope=later` also those of its series after it."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        meant = PlanMeant(PlanId(plan_id), body.version, scope)
        return await change_plan(unit, caller.context, meant, body.draft())

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/plans/{plan_id}/cancellation", Permission.RECORD_ACTIVITY)
async def post_cancellation(
    caller: AdmittedToSchool, plan_id: Id, body: CancellationBody, scope: Scope = "this"
) -> dict[str, Any]:
    """Cancel a plan, or with `scope=later` also those of its series after it; again changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await cancel_plan(unit, PlanId(plan_id), body.cancellation(), scope)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/plans/{plan_id}/recording", Permission.RECORD_ACTIVITY, status_code=status.HTTP_201_CREATED)
async def post_recording(
    response: Response, caller: AdmittedToSchool, plan_id: Id, body: ReportBody
) -> dict[str, Any]:
    """Record what took place of a plan: 201, or 200 if that was recorded before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await record_plan(unit, caller.context, PlanId(plan_id), body.report())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/plans/{plan_id}/invited", Permission.READ_PUPILS)
async def get_invited(
    caller: AdmittedToSchool,
    plan_id: Id,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """List who is invited, by name, with tutor groups, answers and places."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", f"plans/{plan_id}/invited")
    return await views.invited(caller.context, caller.urn, PlanId(plan_id), offset, limit)


@router.put("/plans/{plan_id}/responses", Permission.RECORD_ACTIVITY)
async def put_responses(caller: AdmittedToSchool, plan_id: Id, body: Answers) -> dict[str, Any]:
    """Write down what these pupils answered, in their order; what others answered stays."""
    told = [(answer.mention(), answer.response) for answer in body]

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await answer_plan(unit, caller.context, PlanId(plan_id), told)

    return await caller.context.in_school(caller.actor, caller.urn, work)


def _after(after: str | None) -> tuple[str, str] | None:
    if after is None:
        return None
    planned_on, _, identity = after.partition(".")
    if not identity:
        problem = FieldProblem("after", "is not the `next` of an earlier page")
        raise InvalidError("There is no such page.", (problem,))
    return planned_on, identity
