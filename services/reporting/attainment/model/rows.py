"""One school's row: where it stands on a day, what moved, and how far its plan has come."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.vocabulary import academic_year_of
from services.reporting.attainment.model.aggregate import row_figures
from services.reporting.attainment.model.movement import school_movement
from services.reporting.attainment.model.position import (
    Audience,
    Json,
    Position,
    School,
    position_alone,
    position_on,
)
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.terms import a_year_before, snapshot_before, window_on


def rows_of(schools: Sequence[School], question: Question, audience: Audience | None) -> list[Json]:
    """Show every school's row to an audience; without one as the schools themselves see theirs."""
    days = (question.on, snapshot_before(question.on), a_year_before(question.on))
    windows = [window_on(day, question.counting) for day in days]
    rows = []
    for school in schools:
        now, was, a_year_ago = (
            position_on(school, window, None)
            if audience is None
            else position_alone(school, window, audience)
            for window in windows
        )
        rows.append(_row(now, was, a_year_ago, question))
    return rows


def _row(now: Position, was: Position, a_year_ago: Position, question: Question) -> Json:
    found = now.evaluation
    return {
        "urn": now.school.urn,
        "name": now.school.name,
        **now.school.groups,
        "status": now.status,
        "last_completed_on": None if now.last_completed_on is None else now.last_completed_on.isoformat(),
        "evaluation": None
        if found is None
        else {
            "completed_on": found.completed_on.isoformat(),
            "framework": found.framework,
            "superseded": found.superseded,
            **row_figures(found),
        },
        "movement": {
            "since_last_snapshot": school_movement(was.evaluation, found),
            "since_last_year": school_movement(a_year_ago.evaluation, found),
        },
        "plan": now.school.plans.get(academic_year_of(question.on)),
    }
