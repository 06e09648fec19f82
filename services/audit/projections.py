"""The read model `school_records`: what a school's own records say, by academic year, folded from its events.

State: by academic year, `on_roll` by year group; `reached` by benchmark and year group; `intended` by year
group, as (counted, known). Everything is told as it is after the event, so the last word counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.pupils import (
    ActivityCorrected,
    ActivityRecorded,
    ActivityRetracted,
    CoverageCell,
    DestinationsCounted,
    RollChanged,
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


def on_destinations_counted(state: State, event: DestinationsCounted) -> None:
    """Keep how many of a year group have said where they mean to go."""
    known = sum(number for category, number in event.intended.items() if category != "not_known")
    _year(state, event.academic_year)["intended"][str(event.year_group)] = [event.on_roll, known]


def _year(state: State, year: AcademicYear) -> dict[str, Any]:
    found: dict[str, Any] = state.setdefault(year, {"on_roll": {}, "reached": {}, "intended": {}})
    return found


def _cover(year: dict[str, Any], cells: Sequence[CoverageCell]) -> None:
    for cell in cells:
        year["reached"].setdefault(cell.benchmark, {})[str(cell.year_group)] = cell.reached
