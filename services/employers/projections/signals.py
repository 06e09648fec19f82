"""The read model `signals`: what a school's own events say that it might need.

State of a `pupils` stream, by academic year: `on_roll` by year group, `reached` by benchmark and year group,
`sectors` wanted. State of an `audit` stream: the completed evaluations whose scores are shared, by id.
Everything is told as it is after the event, so the last word counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.audit import (
    EvaluationCompleted,
    EvaluationShared,
    EvaluationSuperseded,
    EvaluationUnshared,
)
from contracts.pupils import (
    ActivityCorrected,
    ActivityRecorded,
    ActivityRetracted,
    CoverageCell,
    RollChanged,
    SectorsWanted,
)
from contracts.vocabulary import AcademicYear
from services.runtime.projection import State


def on_roll_changed(state: State, event: RollChanged) -> None:
    """The year's roll is what was told last, and so is the coverage that it moved."""
    year = _year(state, event.academic_year)
    year["on_roll"] = {str(group.year_group): group.on_roll for group in event.year_groups}
    _cover(year, event.coverage)


def on_coverage_told(state: State, event: ActivityRecorded | ActivityCorrected | ActivityRetracted) -> None:
    """Keep the coverage as it is after an activity was recorded, corrected or retracted."""
    _cover(_year(state, event.academic_year), event.coverage)


def on_sectors_wanted(state: State, event: SectorsWanted) -> None:
    """Keep the sectors as they were told last."""
    year = _year(state, event.academic_year)
    year["sectors"] = {sector.sic_section: sector.at_least for sector in event.sectors}


def on_evaluation_told(state: State, event: EvaluationCompleted | EvaluationShared) -> None:
    """Keep what the school shares of an evaluation: its weak benchmarks, with their scores."""
    if event.scores is None:
        return
    scores = {score.benchmark: score.score_percent for score in event.scores}
    state[event.evaluation_id] = {
        "completed_on": event.completed_on.isoformat(),
        "weak": {benchmark: scores[benchmark] for benchmark in event.weak_benchmarks if benchmark in scores},
    }


def on_evaluation_gone(state: State, event: EvaluationSuperseded | EvaluationUnshared) -> None:
    """Forget an evaluation that no longer stands, or is no longer shared."""
    state.pop(event.evaluation_id, None)


def _year(state: State, year: AcademicYear) -> dict[str, Any]:
    found: dict[str, Any] = state.setdefault(year, {"on_roll": {}, "reached": {}, "sectors": {}})
    return found


def _cover(year: dict[str, Any], cells: Sequence[CoverageCell]) -> None:
    for cell in cells:
        year["reached"].setdefault(cell.benchmark, {})[str(cell.year_group)] = cell.reached
