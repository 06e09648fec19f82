"""The read model of the Hub report: one document a school and source, folded from its events.

State of a `pupils` stream, by academic year: `on_roll` by year group, `activities`, and `groups` by year
group with `attended`, `absent`, `excused`, `encounters`, `credits` and `reached` by benchmark. State of an
`audit` stream, by academic year: the completed evaluations, in the order told, with the scores that are
shared now and with whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from contracts.audit import (
    HUB_READERS,
    BenchmarkScore,
    EvaluationCompleted,
    EvaluationShared,
    EvaluationUnshared,
)
from contracts.pupils import (
    ActivityCorrected,
    ActivityFigures,
    ActivityRecorded,
    ActivityRetracted,
    CoverageCell,
    RollChanged,
)
from contracts.topics import AUDIT, PUPILS
from services.runtime.projection import Projection, State

COUNTED: Final = ("attended", "absent", "excused", "encounters")


def on_roll_changed(state: State, event: RollChanged) -> None:
    """The year's roll is what was told last, and so is the coverage that it moved."""
    year = _year(state, event.academic_year)
    year["on_roll"] = {str(group.year_group): group.on_roll for group in event.year_groups}
    _cover(year, event.coverage)


def on_activity_recorded(state: State, event: ActivityRecorded) -> None:
    """One more activity, with its figures."""
    year = _year(state, event.academic_year)
    year["activities"] += 1
    _enter(year, event.activity, +1)
    _cover(year, event.coverage)


def on_activity_corrected(state: State, event: ActivityCorrected) -> None:
    """The figures before leave, those after enter."""
    year = _year(state, event.academic_year)
    _enter(year, event.before, -1)
    _enter(year, event.after, +1)
    _cover(year, event.coverage)


def on_activity_retracted(state: State, event: ActivityRetracted) -> None:
    """One activity less."""
    year = _year(state, event.academic_year)
    year["activities"] -= 1
    _enter(year, event.before, -1)
    _cover(year, event.coverage)


def on_evaluation_completed(state: State, event: EvaluationCompleted) -> None:
    """Keep every completed evaluation: which one is the school's position depends on the date asked for."""
    evaluations = state.setdefault("years", {}).setdefault(event.academic_year, [])
    evaluations.append(
        {
            "evaluation_id": event.evaluation_id,
            "completed_on": event.completed_on.isoformat(),
            "place": len(evaluations),
            "framework": event.framework,
            "scores": None if event.scores is None else _percents(event.scores),
            "shared_with": [] if event.scores is None else list(event.shared_with or HUB_READERS),
        }
    )


def on_evaluation_shared(state: State, event: EvaluationShared) -> None:
    """The scores of an evaluation are the Hub's to show, to these readers from now on."""
    for evaluation in _told_of(state, event):
        evaluation["scores"] = _percents(event.scores)
        evaluation["shared_with"] = list(event.shared_with)


def on_evaluation_unshared(state: State, event: EvaluationUnshared) -> None:
    """The scores of an evaluation are withdrawn."""
    for evaluation in _told_of(state, event):
        evaluation["scores"] = None
        evaluation["shared_with"] = []


HUB_REPORT: Final = Projection(
    name="hub_report",
    version=2,
    topics=(PUPILS, AUDIT),
    on={
        RollChanged: on_roll_changed,
        ActivityRecorded: on_activity_recorded,
        ActivityCorrected: on_activity_corrected,
        ActivityRetracted: on_activity_retracted,
        EvaluationCompleted: on_evaluation_completed,
        EvaluationShared: on_evaluation_shared,
        EvaluationUnshared: on_evaluation_unshared,
    },
)


def _percents(scores: Sequence[BenchmarkScore]) -> dict[str, int]:
    return {score.benchmark: score.score_percent for score in scores}


def _told_of(state: State, event: EvaluationShared | EvaluationUnshared) -> list[dict[str, Any]]:
    """Find an evaluation; it was told twice if its sharing changed before there were events for that."""
    evaluations = state.get("years", {}).get(event.academic_year, [])
    return [found for found in evaluations if found["evaluation_id"] == event.evaluation_id]


def _year(state: State, year: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"on_roll": {}, "activities": 0, "groups": {}}
    found: dict[str, Any] = state.setdefault("years", {}).setdefault(year, empty)
    return found


def _group(year: dict[str, Any], year_group: int) -> dict[str, Any]:
    empty: dict[str, Any] = {**dict.fromkeys(COUNTED, 0), "credits": {}, "reached": {}}
    found: dict[str, Any] = year["groups"].setdefault(str(year_group), empty)
    return found


def _enter(year: dict[str, Any], activity: ActivityFigures, sign: int) -> None:
    for figures in activity.year_groups:
        group = _group(year, figures.year_group)
        for name in COUNTED:
            group[name] += sign * getattr(figures, name)
        for benchmark, credited in figures.credits.items():
            group["credits"][benchmark] = group["credits"].get(benchmark, 0) + sign * credited


def _cover(year: dict[str, Any], cells: Sequence[CoverageCell]) -> None:
    """Coverage is told as it is after the event, so the last word counts."""
    for cell in cells:
        _group(year, cell.year_group)["reached"][cell.benchmark] = cell.reached
