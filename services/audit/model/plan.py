"""The action plan: what is to be better by when, who sees to it, and what came of it.

An action is one SMART goal (specific, measured, with a target, an owner and a day) for one criterion or more.
It is not started, in progress, done or superseded. Done needs evidence of effect, superseded a reason; what
is superseded stays as it is, and nothing is deleted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from contracts.audit import PlanStatus
from services.audit.model.suggestion import SuggestedActions
from services.runtime.errors import ConflictError, FieldProblem, ForbiddenError, InvalidError

Status = PlanStatus
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
VulnerableGroup = Literal["in_care", "young_carers", "send", "disadvantaged", "eal"]
"""Groups that the plan puts first: in care, young carers, special educational needs and disabilities,
disadvantaged, English as an additional language (domain §0 S1, S4)."""

YEARS_AHEAD: Final = 3
LONGEST_ACTION: Final = dt.timedelta(days=YEARS_AHEAD * 366)
"""A plan looks three years ahead; what takes longer is two actions."""
MOST_ACTIONS: Final = 1_000
"""Of a school, superseded ones included: fifty a year for twenty years."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached: `target_value` of `measure`, in `unit`, by `due_on`. Money is in pence."""

    specific: str
    measure: str
    unit: str
    baseline_value: float | None
    target_value: float
    owner: str
    resource: str
    cost_pence: int
    starts_on: dt.date
    due_on: dt.date
    criteria: tuple[str, ...]
    groups: tuple[VulnerableGroup, ...]
    whole_school_priority: bool
    suggestion: str | None

    @property
    def identity(self) -> str:
        """What makes two goals one, in one line: an action sent twice is one action."""
        return f"{self.starts_on}:{self.due_on}:{','.join(self.criteria)}:{self.owner}:{self.specific}"


@dataclass(frozen=True, slots=True)
class Effect:
    """Evidence that something has changed: in words, as a value of the measure, by links."""

    text: str
    value_reached: float | None
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A goal and how it stands."""

    goal: Goal
    status: Status = "not_started"
    effect: Effect | None = None
    reason: str | None = None
    superseded_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.status in {"not_started", "in_progress"}


@dataclass(frozen=True, slots=True)
class Report:
    """How an action stands now, as its owner or the Careers Leader says."""

    status: Status
    effect: Effect | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports: by which subject, and whether on every action."""

    subject: str
    on_all: bool


def goal_problems(goal: Goal, suggestions: SuggestedActions) -> tuple[FieldProblem, ...]:
    """List what keeps a goal from being SMART."""
    problems = []
    if goal.due_on < goal.starts_on:
        problems.append(FieldProblem("due_on", "is before starts_on"))
    elif goal.due_on - goal.starts_on > LONGEST_ACTION:
        problems.append(
            FieldProblem(
                "due_on", f"is more than {YEARS_AHEAD} years after starts_on; make two actions of it"
            )
        )
    if goal.baseline_value == goal.target_value:
        problems.append(FieldProblem("target_value", "is the baseline already; say what is to change"))
    if len(set(goal.criteria)) != len(goal.criteria):
        problems.append(FieldProblem("criteria", "names a criterion twice"))
    if goal.suggestion is not None and goal.suggestion not in {one.id for one in suggestions.actions}:
        problems.append(FieldProblem("suggestion", "is not one of the suggested actions"))
    return tuple(problems)


def reported(action: Action, report: Report, reporter: Reporter) -> Action:
    """Return the action as it is reported.

    Raises ForbiddenError for somebody else's action, ConflictError for one that is superseded, InvalidError
    for done without effect or superseded without reason.
    """
    if not reporter.on_all and (reporter.subject != action.goal.owner or report.status == "superseded"):
        raise ForbiddenError("You report on your own actions, and only the Careers Leader supersedes one.")
    _refuse_superseded(action)
    problems = []
    if report.status == "done" and report.effect is None:
        problems.append(FieldProblem("effect", "is missing; say what came of what was done"))
    if report.status == "superseded" and report.reason is None:
        problems.append(FieldProblem("reason", "is missing; say why it is no longer pursued"))
    if report.status != "superseded" and report.reason is not None:
        problems.append(FieldProblem("reason", "goes with superseded only"))
    if problems:
        raise InvalidError("The report makes no sense.", tuple(problems))
    effect = action.effect if report.effect is None else report.effect
    return replace(action, status=report.status, effect=effect, reason=report.reason)


def with_goal(action: Action, goal: Goal) -> Action:
    """Tell an action's goal anew; raises ConflictError if it is superseded."""
    if goal != action.goal:
        _refuse_superseded(action)
    return replace(action, goal=goal)


def replaced(action: Action, by: str) -> Action:
    """Supersede an action by another one."""
    _refuse_superseded(action)
    return replace(action, status="superseded", reason="replaced", superseded_by=by)


def for_criterion(actions: Collection[Action], criterion: str) -> int:
    """Count the actions on a criterion that are not superseded."""
    return sum(action.status != "superseded" and criterion in action.goal.criteria for action in actions)


def _refuse_superseded(action: Action) -> None:
    if action.status == "superseded":
        raise ConflictError("This action is superseded, and stays as it is. Make a new one.")
