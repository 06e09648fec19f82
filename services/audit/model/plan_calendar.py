"""The plan in time: three academic years by term, what is due, reviews, and how far a year has come.

An action belongs to the academic year that it is due in, and to every term that it runs in.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.audit import PlanProgressed
from contracts.vocabulary import AcademicYear, Urn, academic_year_of
from services.audit.model.days import TERMS, Term, term_days, years_on
from services.audit.model.plan import STATUSES, YEARS_AHEAD, Action, Status
from services.runtime.errors import FieldProblem
from services.runtime.versions import Kept

PlanAction = Kept[Action]

REMINDED_BEFORE: Final = dt.timedelta(days=28)
"""Four weeks: whoever has one free lesson a week gets four of them."""
REVIEWED_WITHIN: Final = dt.timedelta(days=28)
"""A review is noted with each action's status, which is known of these days and not of last term's."""


@dataclass(frozen=True, slots=True)
class TermOfPlan:
    """The actions that run in a term, and those of them that are due in it."""

    term: Term
    running: tuple[str, ...]
    due: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YearOfPlan:
    """An academic year's terms, and what the actions that are due in it cost."""

    academic_year: AcademicYear
    cost_pence: int
    terms: tuple[TermOfPlan, ...]


@dataclass(frozen=True, slots=True)
class Reminders:
    """What is not done: overdue, and due soon; the earliest day first."""

    overdue: tuple[PlanAction, ...]
    due_soon: tuple[PlanAction, ...]


@dataclass(frozen=True, slots=True)
class StatusThen:
    """How an action stood when a review was noted, with what was said of it."""

    action: str
    version: int
    status: Status
    note: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """A dated look at the whole plan."""

    held_on: dt.date
    note: str
    actions: tuple[StatusThen, ...]


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How far the actions that are due in an academic year have come: counts and criteria, no text."""

    academic_year: AcademicYear
    actions: Mapping[Status, int]
    criteria: tuple[str, ...]

    def told(self, urn: Urn) -> PlanProgressed:
        """Say what others may know of it."""
        return PlanProgressed(urn=urn, academic_year=self.academic_year, actions=dict(self.actions))


def years_of_plan(actions: Sequence[PlanAction], first: AcademicYear) -> tuple[YearOfPlan, ...]:
    """Lay the actions that are not superseded out over three academic years."""
    standing = _by_due_day(kept for kept in actions if kept.content.status != "superseded")
    return tuple(_year_of_plan(standing, years_on(first, count)) for count in range(YEARS_AHEAD))


def _year_of_plan(actions: Sequence[PlanAction], year: AcademicYear) -> YearOfPlan:
    terms = []
    for term in TERMS:
        first, last = term_days(year, term)
        running = [
            kept
            for kept in actions
            if kept.content.goal.starts_on <= last and kept.content.goal.due_on >= first
        ]
        due = tuple(kept.id for kept in running if kept.content.goal.due_on <= last)
        terms.append(TermOfPlan(term, tuple(kept.id for kept in running), due))
    cost = sum(kept.content.goal.cost_pence for kept in actions if _year_due(kept) == year)
    return YearOfPlan(year, cost, tuple(terms))


def reminders_of(actions: Sequence[PlanAction], today: dt.date) -> Reminders:
    """Name the open actions whose day has passed, and those due today or in the next 28 days."""
    still_open = _by_due_day(kept for kept in actions if kept.content.is_open)
    return Reminders(
        overdue=tuple(kept for kept in still_open if kept.content.goal.due_on < today),
        due_soon=tuple(
            kept for kept in still_open if today <= kept.content.goal.due_on <= today + REMINDED_BEFORE
        ),
    )


def review_problems(
    held_on: dt.date, notes: Mapping[str, str], actions: Sequence[PlanAction], today: dt.date
) -> tuple[FieldProblem, ...]:
    """List what makes no sense in a review."""
    problems = []
    if held_on > today:
        problems.append(FieldProblem("held_on", "is in the future; note a review once it was held"))
    elif held_on < today - REVIEWED_WITHIN:
        problems.append(
            FieldProblem(
                "held_on", f"is more than {REVIEWED_WITHIN.days} days ago; statuses are noted as they are now"
            )
        )
    if not notes.keys() <= {kept.id for kept in actions if kept.content.status != "superseded"}:
        problems.append(FieldProblem("actions", "names an action that is superseded or not in the plan"))
    return tuple(problems)


def statuses_now(actions: Sequence[PlanAction], notes: Mapping[str, str]) -> tuple[StatusThen, ...]:
    """Take down how the actions that are not superseded stand."""
    return tuple(
        StatusThen(kept.id, kept.version, kept.content.status, notes.get(kept.id))
        for kept in _by_due_day(actions)
        if kept.content.status != "superseded"
    )


def plan_progress(year: AcademicYear, actions: Sequence[PlanAction]) -> PlanProgress:
    """Count the actions due in an academic year by status, and name the criteria of those that stand."""
    due = [kept.content for kept in actions if _year_due(kept) == year]
    counted = Counter(action.status for action in due)
    criteria = {
        criterion for action in due if action.status != "superseded" for criterion in action.goal.criteria
    }
    return PlanProgress(year, {status: counted[status] for status in STATUSES}, tuple(sorted(criteria)))


def progress_to_tell(before: Sequence[PlanAction], after: Sequence[PlanAction]) -> tuple[PlanProgress, ...]:
    """Return the progress of every academic year whose counts are not what they were."""
    years = sorted({_year_due(kept) for kept in (*before, *after)})
    told = [(plan_progress(year, before), plan_progress(year, after)) for year in years]
    return tuple(now for was, now in told if now.actions != was.actions)


def _year_due(kept: PlanAction) -> AcademicYear:
    return academic_year_of(kept.content.goal.due_on)


def _by_due_day(actions: Iterable[PlanAction]) -> list[PlanAction]:
    return sorted(actions, key=lambda kept: (kept.content.goal.due_on, kept.id))
