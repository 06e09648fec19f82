"""The fields that callers send as JSON. Unknown ones are refused, and no number passes as text."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    FIRST_YEAR_GROUP,
    LAST_YEAR_GROUP,
    OPAQUE_ID_PATTERN,
    AcademicYear,
    academic_year_days,
    academic_year_of,
)
from services.audit.frameworks import known_criterion
from services.audit.model.days import today_in_england
from services.audit.model.web_address import LONGEST_ADDRESS, NO_WEB_ADDRESS, is_web_address
from services.runtime.bodies import printable, readable
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError

LONGEST_LINE: Final = 300
LONGEST_TEXT: Final = 2_000
"""Characters: half a page. What needs more is a document of the school's own, to link."""
LONGEST_SUBJECT: Final = 128
MOST_PENCE: Final = 100_000_000
"""A million pounds; a larger line is pounds taken for pence, or a slip of the keyboard."""


def _web_link(value: str) -> str:
    if not is_web_address(value):
        raise PydanticCustomError("link", NO_WEB_ADDRESS)
    return value


def _criterion(value: str) -> str:
    if not known_criterion(value):
        raise PydanticCustomError("criterion", "is not a criterion of the benchmarks; write it like gb1.4")
    return value


Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(printable)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(readable)]
Link = Annotated[str, Field(max_length=LONGEST_ADDRESS), AfterValidator(printable), AfterValidator(_web_link)]
Address = Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]
"""What is to be a web address; whether it is one, the model says."""
Subject = Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT), AfterValidator(printable)]
"""A member of staff, as their access token names them."""
Criterion = Annotated[str, Field(max_length=10), AfterValidator(_criterion)]
Pence = Annotated[int, Field(strict=True, ge=0, le=MOST_PENCE)]
YearGroup = Annotated[int, Field(strict=True, ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]
AcademicYearQuery = Annotated[str | None, Query(max_length=10)]
"""An academic year such as 2025/26; without it, the current one."""


def academic_year_asked(text: str | None, context: ServiceContext) -> AcademicYear:
    """Read the academic year of a query; raises InvalidError unless it is one."""
    if text is None:
        return academic_year_of(today_in_england(context.clock()))
    year = AcademicYear(text)
    if not _is_academic_year(year):
        problem = FieldProblem("academic_year", "is not an academic year; write it like 2025/26")
        raise InvalidError("The academic year makes no sense.", (problem,))
    return year


def _is_academic_year(year: AcademicYear) -> bool:
    try:
        academic_year_days(year)
    except ValueError:
        return False
    return re.match(ACADEMIC_YEAR_PATTERN, year) is not None
