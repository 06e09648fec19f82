"""The read model of attainment: a document a school, with every evaluation told and its plan's counts.

Which evaluation is the school's position depends on the day that is asked for, so all are kept. State:
`evaluations`, each with the day that it was completed, its place among those told, its scores as shared now
and with whom; `criteria` by evaluation, apart, because most pages need none; `plans` by academic year, counts
of actions by status. An evaluation's criteria are one line of text, such as `gb1.1=achieved gb1.2=unscored`:
they are most of what is told, and a document of some thousand small fields is slow to read for every page.
"""

from __future__ import annotations

from typing import Any, Final

from contracts.audit import (
    HUB_READERS,
    EvaluationCompleted,
    EvaluationShared,
    EvaluationSuperseded,
    EvaluationUnshared,
    PlanProgressed,
)
from contracts.topics import AUDIT
from services.runtime.projection import Projection, State


def on_evaluation_completed(state: State, event: EvaluationCompleted) -> None:
    """Keep it; one that is told again is the same evaluation, told last."""
    evaluations: list[State] = state.setdefault("evaluations", [])
    evaluations[:] = [found for found in evaluations if found["evaluation_id"] != event.evaluation_id]
    state.get("criteria", {}).pop(event.evaluation_id, None)
    state["told"] = state.get("told", 0) + 1
    evaluations.append(
        {
            "evaluation_id": event.evaluation_id,
            "completed_on": event.completed_on.isoformat(),
            "place": state["told"],
            "framework": event.framework,
            "setting": event.setting,
            "superseded": False,
            "scores": None,
            "shared_with": [],
        }
    )
    if event.scores is not None:
        _share(state, evaluations[-1], event, list(event.shared_with or HUB_READERS))


def on_evaluation_superseded(state: State, event: EvaluationSuperseded) -> None:
    """Another stands instead; on the days before it was completed, this one still does."""
    for found in _told_of(state, event.evaluation_id):
        found["superseded"] = True


def on_evaluation_shared(state: State, event: EvaluationShared) -> None:
    """The scores are the Hub's to show, to these readers from now on."""
    for found in _told_of(state, event.evaluation_id):
        _share(state, found, event, list(event.shared_with))


def on_evaluation_unshared(state: State, event: EvaluationUnshared) -> None:
    """The scores are withdrawn."""
    for found in _told_of(state, event.evaluation_id):
        found.update(scores=None, shared_with=[])
        state.get("criteria", {}).pop(event.evaluation_id, None)


def on_plan_progressed(state: State, event: PlanProgressed) -> None:
    """The last word on an academic year's actions holds."""
    state.setdefault("plans", {})[event.academic_year] = dict(event.actions)


ATTAINMENT: Final = Projection(
    name="attainment",
    version=1,
    topics=(AUDIT,),
    on={
        EvaluationCompleted: on_evaluation_completed,
        EvaluationSuperseded: on_evaluation_superseded,
        EvaluationShared: on_evaluation_shared,
        EvaluationUnshared: on_evaluation_unshared,
        PlanProgressed: on_plan_progressed,
    },
)


def _share(
    state: State, found: State, event: EvaluationCompleted | EvaluationShared, readers: list[str]
) -> None:
    scores = event.scores or ()
    found.update(scores={score.benchmark: score.score_percent for score in scores}, shared_with=readers)
    criteria = state.setdefault("criteria", {})
    criteria[event.evaluation_id] = " ".join(f"{one.criterion}={one.state}" for one in event.criteria)


def _told_of(state: State, identity: str) -> list[dict[str, Any]]:
    return [found for found in state.get("evaluations", ()) if found["evaluation_id"] == identity]
