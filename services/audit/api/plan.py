"""Routes of the action plan: actions and reports on them, suggestions, three years, reminders, reviews."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import Field

from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.fields import (
    LONGEST_SUBJECT,
    AcademicYearQuery,
    Criterion,
    Id,
    Line,
    Link,
    Pence,
    Subject,
    Text,
    academic_year_asked,
)
from services.audit.commands import plan as commands
from services.audit.model.plan import Effect, Goal, Report, Reporter, Status, VulnerableGroup
from services.audit.views import plan as views
from services.runtime.bodies import (
    Body,
    Day,
    Flag,
    SeenVersion,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_CRITERIA: Final = 10
"""An action for more is a programme."""
MOST_GROUPS: Final = 5
MOST_LINKS: Final = 20
MOST_NOTES: Final = 200
MOST_CRITERIA_ASKED: Final = 50
LARGEST_VALUE: Final = 1_000_000

Value = Annotated[float, Field(strict=True, ge=0, le=LARGEST_VALUE, allow_inf_nan=False)]
ActionId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class GoalBody(Body):
    """A SMART goal: every field that makes it one is required."""

    specific: Line
    measure: Line
    unit: Annotated[Line, Field(max_length=40)]
    baseline_value: Value | None = None
    target_value: Value
    owner: Subject
    resource: Line
    cost_pence: Pence
    starts_on: Day
    due_on: Day
    criteria: Annotated[list[Criterion], Field(min_length=1, max_length=MOST_CRITERIA)]
    groups: Annotated[list[VulnerableGroup], Field(max_length=MOST_GROUPS)] = Field(default_factory=list)
    whole_school_priority: Flag = False
    suggestion: Annotated[str, Field(max_length=60)] | None = None

    def goal(self) -> Goal:
        """Return the model's value."""
        return Goal(
            specific=self.specific,
            measure=self.measure,
            unit=self.unit,
            baseline_value=self.baseline_value,
            target_value=self.target_value,
            owner=self.owner,
            resource=self.resource,
            cost_pence=self.cost_pence,
            starts_on=self.starts_on,
            due_on=self.due_on,
            criteria=tuple(sorted(self.criteria)),
            groups=tuple(sorted(set(self.groups))),
            whole_school_priority=self.whole_school_priority,
            suggestion=self.suggestion,
        )


class SupersedesBody(Body):
    """The action that a new one takes the place of."""

    action_id: ActionId
    version: SeenVersion


class ActionBody(GoalBody):
    """An action to put into the plan."""

    supersedes: SupersedesBody | None = None


class ActionChangeBody(GoalBody):
    """What an action's goal is to be."""

    version: SeenVersion


class EffectBody(Body):
    """Evidence of effect."""

    text: Text
    value_reached: Value | None = None
    links: Annotated[list[Link], Field(max_length=MOST_LINKS)] = Field(default_factory=list)


class ProgressBody(Body):
    """How an action stands; `effect` goes with done at the latest, `reason` with superseded."""

    version: SeenVersion
    status: Status
    effect: EffectBody | None = None
    reason: Line | None = None

    def report(self) -> Report:
        """Return the model's value."""
        told = self.effect
        effect = None if told is None else Effect(told.text, told.value_reached, tuple(told.links))
        return Report(self.status, effect, self.reason)


class ReviewBody(Body):
    """A review of the plan, with notes on some of its actions by their id."""

    held_on: Day
    note: Text
    actions: Annotated[dict[ActionId, Text], Field(max_length=MOST_NOTES)] = Field(default_factory=dict)


@router.post("/plan/actions", Permission.MANAGE_PLAN, status_code=HTTPStatus.CREATED)
async def post_action(response: Response, caller: AdmittedToSchool, body: ActionBody) -> dict[str, Any]:
    """Put an action into the plan: 201, or 200 if it is there."""
    place = body.supersedes
    superseding = None if place is None else commands.Superseding(place.action_id, place.version)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.plan_action(unit, caller.context, body.goal(), superseding)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = HTTPStatus.OK
    return receipt


@router.get("/plan/actions", Permission.READ_PLAN)
async def get_actions(
    caller: AdmittedToSchool,
    status: Annotated[Status | None, Query()] = None,
    owner: Annotated[str | None, Query(max_length=LONGEST_SUBJECT)] = None,
    criterion: Annotated[Criterion | None, Query()] = None,
    group: Annotated[VulnerableGroup | None, Query()] = None,
) -> dict[str, Any]:
    """List actions, superseded ones too unless a status is asked for."""
    asked = views.ActionsAsked(status, owner, criterion, group)
    return await views.actions(caller.context, caller.urn, asked)


@router.get("/plan/actions/{action_id}", Permission.READ_PLAN)
async def get_action(caller: AdmittedToSchool, action_id: Id) -> dict[str, Any]:
    """Show one action."""
    return await views.action(caller.context, caller.urn, action_id)


@router.get("/plan/actions/{action_id}/versions", Permission.READ_PLAN)
async def get_action_versions(caller: AdmittedToSchool, action_id: Id) -> dict[str, Any]:
    """Show every version of an action."""
    return await views.versions_of_action(caller.context, caller.urn, action_id)


@router.put("/plan/actions/{action_id}", Permission.MANAGE_PLAN)
async def put_action(caller: AdmittedToSchool, action_id: Id, body: ActionChangeBody) -> dict[str, Any]:
    """Tell an action's goal anew; the version before is kept."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.change_action(unit, action_id, body.version, body.goal())

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/plan/actions/{action_id}/progress", Permission.REPORT_ON_PLAN)
async def post_progress(caller: AdmittedToSchool, action_id: Id, body: ProgressBody) -> dict[str, Any]:
    """Say how an action stands: its owner, or the Careers Leader."""
    reporter = Reporter(caller.actor.subject, on_all=Permission.MANAGE_PLAN in caller.granted)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.report_progress(unit, action_id, body.version, body.report(), reporter)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/plan/suggestions", Permission.READ_PLAN)
async def get_suggestions(
    caller: AdmittedToSchool,
    criterion: Annotated[list[Criterion] | None, Query(min_length=1, max_length=MOST_CRITERIA_ASKED)] = None,
) -> dict[str, Any]:
    """Suggest actions for some criteria, or else for the weak ones of the evaluation that stands."""
    if criterion is None:
        return await views.suggestions_from_gaps(caller.context, caller.urn)
    return await views.suggestions(caller.context, caller.urn, criterion)


@router.get("/plan/years", Permission.READ_PLAN)
async def get_years(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show three academic years, from this one or another."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.years(caller.context, caller.urn, year)


@router.get("/plan/reminders", Permission.READ_PLAN)
async def get_reminders(
    caller: AdmittedToSchool, owner: Annotated[str | None, Query(max_length=LONGEST_SUBJECT)] = None
) -> dict[str, Any]:
    """List what is overdue, and due in the next 28 days."""
    return await views.reminders(caller.context, caller.urn, owner)


@router.get("/plan/progress", Permission.READ_PLAN)
async def get_progress(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Count the actions that are due in an academic year by status."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.progress(caller.context, caller.urn, year)


@router.post("/plan/reviews", Permission.MANAGE_PLAN, status_code=HTTPStatus.CREATED)
async def post_review(response: Response, caller: AdmittedToSchool, body: ReviewBody) -> dict[str, Any]:
    """Note a review: 201, or 200 if it was noted before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        told = commands.Told(body.held_on, body.note, body.actions)
        return await commands.note_review(unit, caller.context, told)

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = HTTPStatus.OK
    return receipt


@router.get("/plan/reviews", Permission.READ_PLAN)
async def get_reviews(caller: AdmittedToSchool) -> dict[str, Any]:
    """List the reviews."""
    return await views.reviews(caller.context, caller.urn)
