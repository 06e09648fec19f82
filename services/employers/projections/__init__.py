"""The read models of `employers`, each a fold over the schools' streams.

`engagement`: what each employer did with one school, by academic year.

The fold is of plain counts, so a correction takes the figures before out and puts those after in. An employer
whose activities were all retracted leaves no trace: the state equals a recount of the activities that stand.
"""

from __future__ import annotations

from typing import Final

from contracts.pupils import (
    ActivityCorrected,
    ActivityFigures,
    ActivityRecorded,
    ActivityRetracted,
)
from contracts.vocabulary import AcademicYear
from services.runtime.projection import State

ENTER: Final = 1
LEAVE: Final = -1


def count_recorded(state: State, event: ActivityRecorded) -> None:
    """Count an activity for its employer, if it names one."""
    _count(state, event.academic_year, event.activity, ENTER)


def count_corrected(state: State, event: ActivityCorrected) -> None:
    """Count an activity as it was corrected; the employer may be another one now."""
    _count(state, event.academic_year, event.before, LEAVE)
    _count(state, event.academic_year, event.after, ENTER)


def count_retracted(state: State, event: ActivityRetracted) -> None:
    """Take an activity out of its employer's counts."""
    _count(state, event.academic_year, event.before, LEAVE)


def _count(state: State, year: AcademicYear, figures: ActivityFigures, sign: int) -> None:
    """Add figures to their employer's counts; raises ValueError if more would leave than ever entered."""
    if figures.employer_id is None:
        return
    employers = state.setdefault(year, {})
    counts = employers.setdefault(figures.employer_id, {"activities": 0, "attended": 0, "encounters": 0})
    counts["activities"] += sign
    counts["attended"] += sign * sum(group.attended for group in figures.year_groups)
    counts["encounters"] += sign * sum(group.encounters for group in figures.year_groups)
    if min(counts.values()) < 0 or (counts["activities"] == 0 and any(counts.values())):
        message = f"what leaves the counts of {figures.employer_id} in {year} is not what entered them"
        raise ValueError(message)
    if counts["activities"] == 0:
        del employers[figures.employer_id]
    if not employers:
        del state[year]
