"""What a selection of schools comes to together, its groups beside each other, and its plans."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from contracts.vocabulary import academic_year_of
from services.reporting.attainment.model.aggregate import aggregate, tallies, withheld_aggregate
from services.reporting.attainment.model.position import Json, Position, School
from services.reporting.attainment.model.question import Question
from services.reporting.attainment.model.selection import (
    fits,
    may_be_shown,
    reporting_by,
    shown_values,
    values_of,
)
from services.reporting.model.suppression import CONFIDENTIAL, FEWEST_SCHOOLS, NOT_AVAILABLE


def together_of(positions: Sequence[Position], *, shown: bool) -> list[Json]:
    """Put schools together, framework by framework."""
    found = tallies(p.evaluation for p in positions if p.evaluation is not None)
    return [
        aggregate(tally) if shown else withheld_aggregate(tally.framework, tally.schools) for tally in found
    ]


def groups_of(schools: Sequence[School], everywhere: Sequence[Position], question: Question) -> Json | None:
    """Set the groups of a dimension beside each other; `everywhere` are all schools' positions."""
    dimension = question.group_by
    if dimension is None:
        return None
    shown = shown_values(reporting_by(everywhere, dimension, question.filters))
    outside = may_be_shown(everywhere, question.filters)
    groups = []
    for value in values_of(schools, dimension):
        among = {**question.filters, dimension: value}
        positions = [found for found in everywhere if fits(found.school, among)]
        together = together_of(positions, shown=outside and value in shown)
        groups.append({"value": value, "schools": len(positions), "together": together})
    return {"by": dimension, "groups": groups}


def plans_of(schools: Sequence[School], on: dt.date, *, shown: bool) -> Json:
    """Add up the plans of an academic year, as they were told last: a plan's past is not told."""
    year = academic_year_of(on)
    told = [school.plans[year] for school in schools if year in school.plans]
    added: Counter[str] = Counter()
    for plan in told:
        added.update(plan)
    enough = shown and len(told) >= FEWEST_SCHOOLS
    return {
        "academic_year": year,
        "schools": len(told),
        "actions": dict(added) if enough else CONFIDENTIAL if told else NOT_AVAILABLE,
    }
