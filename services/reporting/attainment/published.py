"""The figures of attainment that somebody of the Hub is shown now, by name; to be set beside a recount.

Only what an audience may see at this moment is in it, whatever was published when it was counted again.
"""

from __future__ import annotations

from collections.abc import Iterable

from contracts.vocabulary import AcademicYear
from services.reporting.attainment.figures import (
    Figures,
    hub_subject,
    movement_figures_of,
    prefix_of,
    question_of,
    row_figures_of,
    together_figures_of,
)
from services.reporting.attainment.model.position import Audience, School, position_alone
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.rows import rows_of
from services.reporting.attainment.model.terms import window_on
from services.reporting.attainment.model.together import together_of
from services.reporting.attainment.snapshot_views import frozen_figures
from services.reporting.attainment.views import movement_of, schools_now
from services.runtime.context import ServiceContext


async def published_figures(
    context: ServiceContext, year: AcademicYear, audience: Audience, subject: str, names: Iterable[str]
) -> Figures:
    """Read what an audience is shown of a school (its URN) or of the Hub, on the days that names are of."""
    wanted = list(names)
    questions = {prefix_of(found): found for name in wanted if (found := question_of(name)) is not None}
    figures: Figures = {}
    if any(question_of(name) is None for name in wanted):
        figures |= await frozen_figures(context, year, audience, subject)
    if questions and not audience.is_everyone:
        schools = await schools_now(context)
        for question in questions.values():
            figures |= _of_day(schools, question, audience, subject)
    return figures


def _of_day(schools: list[School], question: Question, audience: Audience, subject: str) -> Figures:
    if subject == hub_subject(audience.name):
        window = window_on(question.on, question.counting)
        positions = [position_alone(school, window, audience) for school in schools]
        together = together_figures_of(together_of(positions, shown=True), prefix_of(question))
        movement = movement_of(schools, question, audience)
        return together | movement_figures_of(movement, prefix_of(question))
    of_subject = [school for school in schools if school.urn == subject]
    rows = [row for row in rows_of(of_subject, question, audience) if row["evaluation"] is not None]
    return row_figures_of(rows[0], question) if rows else {}
