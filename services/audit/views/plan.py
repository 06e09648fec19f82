"""What a school reads of its action plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from contracts.vocabulary import AcademicYear, Urn, academic_year_of
from services.audit.facts import suggested_actions
from services.audit.frameworks import framework_versions
from services.audit.model.days import term_of, today_in_england
from services.audit.model.plan import Action, Status, VulnerableGroup, for_criterion
from services.audit.model.plan_calendar import (
    PlanAction,
    Review,
    plan_progress,
    reminders_of,
    years_of_plan,
)
from services.audit.model.suggestion import SuggestedActions
from services.audit.model.weak_criteria import weak_criteria
from services.audit.store.plan import ACTIONS, actions_of, reviews_of
from services.audit.views.evaluations import evaluations_of, standing_of
from services.audit.views.versions import View, history, kept_view
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept

ONLY_SCORES: Final = (
    "The evaluation came with scores alone: these are all criteria of the benchmarks that are not achieved."
)


@dataclass(frozen=True, slots=True)
class ActionsAsked:
    """Which actions; None for all."""

    status: Status | None
    owner: str | None
    criterion: str | None
    group: VulnerableGroup | None

    def includes(self, kept: PlanAction) -> bool:
        """Whether an action is one of them."""
        goal = kept.content.goal
        return (
            self.status in {None, kept.content.status}
            and self.owner in {None, goal.owner}
            and (self.criterion is None or self.criterion in goal.criteria)
            and (self.group is None or self.group in goal.groups)
        )


async def actions(context: ServiceContext, urn: Urn, asked: ActionsAsked) -> View:
    """List actions by the day that they are due."""
    found = [kept for kept in await actions_of(context.school(urn)) if asked.includes(kept)]
    return {"actions": [_action_view(kept) for kept in found]}


async def action(context: ServiceContext, urn: Urn, identity: str) -> View:
    """Show one action; raises NotFoundError if there is none."""
    found = await find_kept(context.school(urn), ACTIONS, identity)
    if found is None:
        raise NotFoundError("There is no such action in this school's plan.")
    return _action_view(found)


async def versions_of_action(context: ServiceContext, urn: Urn, identity: str) -> View:
    """Show every version of an action, the current one first."""
    return await history(context.school(urn), ACTIONS, identity)


async def suggestions(context: ServiceContext, urn: Urn, criteria: Sequence[str]) -> View:
    """Suggest actions for criteria, beside the number of actions that there are on each."""
    known = [kept.content for kept in await actions_of(context.school(urn))]
    offered = suggested_actions()
    return {
        "version": offered.version,
        "framework": offered.framework,
        "criteria": [_suggestions_view(criterion, offered, known) for criterion in dict.fromkeys(criteria)],
    }


async def suggestions_from_gaps(context: ServiceContext, urn: Urn) -> View:
    """Suggest actions for the weak criteria of the evaluation that was completed last and stands."""
    offered = suggested_actions()
    shown: View = {"version": offered.version, "framework": offered.framework, "evaluation": None}
    standing = standing_of(await evaluations_of(context, urn, None))
    if standing is None:
        return {**shown, "note": "No evaluation has been completed yet.", "criteria": []}
    shown["evaluation"] = {
        "evaluation_id": standing.id,
        "completed_on": standing.submission.completed_on.isoformat(),
        "framework": standing.submission.framework,
    }
    if standing.submission.framework != offered.framework:
        # The same ids mean something else there (domain rule 4).
        note = f"The evaluation is of another framework; the suggestions are for {offered.framework}."
        return {**shown, "note": note, "criteria": []}
    known = [kept.content for kept in await actions_of(context.school(urn))]
    framework = framework_versions()[standing.framework_version]
    titles = {one.id: one.title_in(standing.submission.setting) for one in framework.criteria}
    weak = weak_criteria(standing, framework)
    only_scores = weak and not standing.submission.criteria
    return {
        **shown,
        "note": ONLY_SCORES if only_scores else None,
        "criteria": [
            {
                **_suggestions_view(found.criterion, offered, known),
                "title": titles[found.criterion],
                "state": found.state,
                "benchmark_percent": found.benchmark_percent,
            }
            for found in weak
        ],
    }


async def years(context: ServiceContext, urn: Urn, first: AcademicYear) -> View:
    """Show three academic years by term: what runs, what is due, what it costs."""
    found = await actions_of(context.school(urn))
    return {
        "years": [asdict(year) for year in years_of_plan(found, first)],
        "actions": [_action_view(kept) for kept in found if kept.content.status != "superseded"],
    }


async def reminders(context: ServiceContext, urn: Urn, owner: str | None) -> View:
    """List what is overdue and what is due soon, of everybody or of one owner."""
    today = today_in_england(context.clock())
    asked = ActionsAsked(status=None, owner=owner, criterion=None, group=None)
    found = reminders_of([one for one in await actions_of(context.school(urn)) if asked.includes(one)], today)
    return {
        "today": today.isoformat(),
        "overdue": [
            {**_action_view(kept), "days_overdue": (today - kept.content.goal.due_on).days}
            for kept in found.overdue
        ],
        "due_soon": [_action_view(kept) for kept in found.due_soon],
    }


async def reviews(context: ServiceContext, urn: Urn) -> View:
    """List the reviews, the latest first."""
    return {"reviews": [_review_view(kept) for kept in await reviews_of(context.school(urn))]}


async def progress(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """Count an academic year's actions by status."""
    return asdict(plan_progress(year, await actions_of(context.school(urn))))


def _suggestions_view(criterion: str, offered: SuggestedActions, known: Sequence[Action]) -> View:
    return {
        "criterion": criterion,
        "actions_in_plan": for_criterion(known, criterion),
        "suggestions": [one.model_dump(mode="json") for one in offered.for_criteria({criterion})],
    }


def _action_view(kept: PlanAction) -> View:
    shown = kept_view(ACTIONS, kept)
    return {"action_id": kept.id, **shown.pop("goal"), **shown}


def _review_view(kept: Kept[Review]) -> View:
    review = kept.content
    return {
        "review_id": kept.id,
        "recorded_at": kept.recorded.at.isoformat(),
        "recorded_by": kept.recorded.by,
        "academic_year": academic_year_of(review.held_on),
        "term": term_of(review.held_on),
        "held_on": review.held_on.isoformat(),
        "note": review.note,
        "actions": [asdict(status) for status in review.actions],
    }
