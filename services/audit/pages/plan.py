"""The action plan in a browser: what is due, what each action is to bring, and what came of it.

Goals keep the API's rules (`api/plan.py`): a goal without a measure, a target, an owner and a day is refused,
and "done" asks for what came of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.audit.api.plan import ActionBody, ProgressBody
from services.audit.commands import plan as commands
from services.audit.facts import suggested_actions
from services.audit.frameworks import frameworks
from services.audit.model.days import today_in_england
from services.audit.model.plan import Reporter
from services.audit.pages.site import PREFIX, pages
from services.audit.views import plan as views
from services.runtime.errors import ConflictError, FieldProblem, ForbiddenError, HubError, InvalidError
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form, form_of
from services.web.routing import PageRouter, SchoolVisitor

PENCE: Final = 100
STATUSES: Final = {
    "not_started": "Not started",
    "in_progress": "In progress",
    "done": "Done",
    "superseded": "Superseded",
}
DONE: Final = {"planned": "The action is in the plan.", "reported": "How the action stands is kept."}
FIELDS: Final = {
    "specific": "What will be done",
    "measure": "How you will see that it worked",
    "unit": "Counted in",
    "baseline_value": "Where you are now",
    "target_value": "Where you want to be",
    "owner": "Who answers for it",
    "resource": "What it needs",
    "cost_pence": "What it costs",
    "starts_on": "Starts on",
    "due_on": "Due on",
    "criteria": "Which criteria it is for",
}
_ACTION: Final = r"^[0-9a-f]{32}$"

Problems = tuple[tuple[str, str], ...]
"""Where something is wrong in a form, and what."""

router = PageRouter("audit", f"{PREFIX}/plan", pages)

Id = Annotated[str, Path(pattern=_ACTION)]


@router.get("", Permission.READ_PLAN)
async def get_plan(caller: SchoolVisitor, done: str = "") -> Response:
    """Show what is overdue and due soon, all actions, and what the last evaluation suggests."""
    everything = views.ActionsAsked(status=None, owner=None, criterion=None, group=None)
    suggested = await views.suggestions_from_gaps(caller.context, caller.urn)
    values = {
        "base": _base(caller),
        "reminders": await views.reminders(caller.context, caller.urn, None),
        "actions": (await views.actions(caller.context, caller.urn, everything))["actions"],
        "suggested": suggested,
        "statuses": STATUSES,
        "may_plan": Permission.MANAGE_PLAN in caller.granted,
        "done": DONE.get(done, ""),
    }
    return pages().page(caller.visit, "audit/plan.html", values)


@router.get("/new", Permission.MANAGE_PLAN)
async def get_new_action(
    caller: SchoolVisitor,
    criterion: Annotated[str, Query(max_length=10)] = "",
    suggestion: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Show an empty goal, or one that was suggested."""
    today = today_in_england(caller.context.clock())
    chosen = next((one for one in suggested_actions().actions if one.id == suggestion), None)
    typed = {
        "criteria": criterion or ("" if chosen is None else chosen.criterion),
        "suggestion": suggestion,
        "specific": "" if chosen is None else chosen.specific,
        "measure": "" if chosen is None else chosen.measure,
        "unit": "" if chosen is None else chosen.unit,
        "owner": caller.actor.subject,
        "starts_on": today.isoformat(),
        "due_on": (today + dt.timedelta(weeks=12)).isoformat(),
    }
    return _goal_page(caller, typed)


@router.post("/new", Permission.MANAGE_PLAN)
async def post_action(caller: SchoolVisitor, request: Request) -> Response:
    """Put an action into the plan."""
    form = await form_of(request)
    try:
        body = ActionBody.model_validate(_goal_of(form))

        async def work(unit: UnitOfWork) -> dict[str, Any]:
            return await commands.plan_action(unit, caller.context, body.goal(), None)

        receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    except ValidationError as error:
        return _goal_page(caller, dict(form), _problems_of(error))
    except InvalidError as error:
        found = tuple((problem.where, _said(problem)) for problem in error.problems)
        return _goal_page(caller, dict(form), found or (("specific", error.detail),))
    return RedirectResponse(f"{_base(caller)}/{receipt['id']}?done=planned", HTTPStatus.SEE_OTHER)


@router.get("/{action_id}", Permission.READ_PLAN)
async def get_action(caller: SchoolVisitor, action_id: Id, done: str = "") -> Response:
    """Show one action and ask how it stands."""
    return await _action_page(caller, action_id, {}, done=DONE.get(done, ""))


@router.post("/{action_id}", Permission.REPORT_ON_PLAN)
async def post_progress(caller: SchoolVisitor, request: Request, action_id: Id) -> Response:
    """Say how an action stands."""
    form = await form_of(request)
    reporter = Reporter(caller.actor.subject, on_all=Permission.MANAGE_PLAN in caller.granted)
    try:
        body = ProgressBody.model_validate(_progress_of(form))

        async def work(unit: UnitOfWork) -> dict[str, Any]:
            return await commands.report_progress(unit, action_id, body.version, body.report(), reporter)

        await caller.context.in_school(caller.actor, caller.urn, work)
    except ValidationError as error:
        return await _action_page(caller, action_id, dict(form), problems=_problems_of(error))
    except (InvalidError, ConflictError, ForbiddenError) as error:
        return await _action_page(caller, action_id, dict(form), problems=_refused(error))
    return RedirectResponse(f"{_base(caller)}/{action_id}?done=reported", HTTPStatus.SEE_OTHER)


def _refused(error: HubError) -> Problems:
    return tuple((problem.where, _said(problem)) for problem in error.problems) or (("status", error.detail),)


def _goal_page(caller: SchoolVisitor, typed: Mapping[str, str], problems: Problems = ()) -> Response:
    values = {
        "base": _base(caller),
        "typed": typed,
        "problems": problems,
        "wrong": dict(reversed(problems)),
        "fields": FIELDS,
        "criteria": frameworks()[suggested_actions().framework].criteria,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return pages().page(caller.visit, "audit/plan_new.html", values, status)


async def _action_page(
    caller: SchoolVisitor,
    action_id: str,
    typed: Mapping[str, str],
    *,
    problems: Problems = (),
    done: str = "",
) -> Response:
    action = await views.action(caller.context, caller.urn, action_id)
    may_report = Permission.MANAGE_PLAN in caller.granted or (
        Permission.REPORT_ON_PLAN in caller.granted and action["owner"] == caller.actor.subject
    )
    values = {
        "base": _base(caller),
        "action": action,
        "pounds": f"£{action['cost_pence'] / PENCE:,.2f}",
        "statuses": STATUSES,
        "may_report": may_report,
        "typed": typed,
        "problems": problems,
        "done": done,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return pages().page(caller.visit, "audit/plan_action.html", values, status)


def _goal_of(form: Form) -> dict[str, Any]:
    """Make the API's body of what was typed; what is no number stays a text, and is refused as one."""
    typed: dict[str, Any] = {
        name: form.text(name)
        for name in ("specific", "measure", "unit", "owner", "resource", "starts_on", "due_on")
    }
    typed["baseline_value"] = _number(form.text("baseline_value")) if form.text("baseline_value") else None
    typed["target_value"] = _number(form.text("target_value"))
    typed["cost_pence"] = _pence(form.text("cost_pence"))
    typed["criteria"] = form.text("criteria").replace(",", " ").lower().split()
    typed["suggestion"] = form.text("suggestion") or None
    return typed


def _progress_of(form: Form) -> dict[str, Any]:
    text, reason = form.text("effect"), form.text("reason")
    value = form.text("value_reached")
    effect = {"text": text, "value_reached": _number(value) if value else None} if text else None
    version = form.text("version")
    return {
        "version": int(version) if version.isdecimal() else version,
        "status": form.text("status"),
        "effect": effect,
        "reason": reason or None,
    }


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return text


def _pence(text: str) -> int | str:
    """Read pounds, such as 120 or £1,250.50, as pence."""
    number = _number(text.removeprefix("£") or "0")
    return number if isinstance(number, str) else round(number * PENCE)


def _problems_of(error: ValidationError) -> Problems:
    return tuple(
        (str(found["loc"][0]), f"{FIELDS.get(str(found['loc'][0]), 'This')}: {_words(found)}")
        for found in error.errors(include_url=False, include_input=False)
    )


def _words(found: Mapping[str, Any]) -> str:
    kind = str(found["type"])
    if kind.endswith(("_too_short", "missing")):
        return "fill this in"
    if kind.startswith(("float", "int")):
        return "write a number, such as 12"
    return str(found["msg"])


def _said(problem: FieldProblem) -> str:
    return f"{FIELDS.get(problem.where, problem.where)}: {problem.reason}"


def _base(caller: SchoolVisitor) -> str:
    return f"{PREFIX.format(urn=caller.asked)}/plan"
