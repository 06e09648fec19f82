"""The service's JSON and CSV routes, below `/pupils/v1/schools/{urn}`.

`roll.py`: import, rollover and counts, with `roll_upload.py`, which reads what was sent; `roll_columns.py`: a
school's own headers, and the preview of an import; `pupils.py`: pupils and their activities, every read in
the access log; `activities.py`: record, correct, retract, read, coverage; `duplicates.py`: the same encounter
told twice; `matches.py`: what was agreed with employers and waits to be recorded; `participations.py`: one
row a pupil and activity; `learning.py`: which CDI learning areas a year group meets; `plans.py`: plan,
invite, record; `plan_series.py`: weekly and fortnightly plans; `activity_evaluations.py`: what was thought of
activities; `criteria.py`: who is missing what; `conversations.py`: had, followed up, missing; `interests.py`;
`destinations.py`: intended, actual, sustained, and the local authority's table; `self_assessments.py`;
`rights.py`: the whole record, links to it, erasure and retention; `requests.py`: rectification and
restriction.
`bodies.py`, `plan_bodies.py` and `cells.py` turn what callers send into the model's values, and refuse what
cannot be.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of
from services.pupils.model.facts import today_in_england
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError

SERVICE_NAME: Final = "pupils"
PREFIX: Final = "/pupils/v1/schools/{urn}"

AcademicYearQuery = Annotated[str | None, Query(max_length=10)]
"""An academic year such as 2025/26; without it, the current one."""


def academic_year_asked(text: str | None, context: ServiceContext) -> AcademicYear:
    """Read the academic year of a query; raises InvalidError unless it is one."""
    if text is None:
        return academic_year_of(today_in_england(context.clock()))
    year = AcademicYear(text)
    try:
        academic_year_days(year)
    except ValueError:
        problem = FieldProblem("academic_year", "is not an academic year; write it like 2025/26")
        raise InvalidError("The academic year makes no sense.", (problem,)) from None
    return year
