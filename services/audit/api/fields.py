"""The fields that callers send as JSON. Unknown ones are refused, and no number passes as text."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
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
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError

LONGEST_LINE: Final = 300
LONGEST_TEXT: Final = 2_000
"""Characters: half a page. What needs more is a document of the school's own, to link."""
LONGEST_SUBJECT: Final = 128
MOST_PENCE: Final = 100_000_000
"""A million pounds; a larger line is pounds taken for pence, or a slip of the keyboard."""
_DAY: Final = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_LINE_ENDS: Final = {"\n", "\r", "\t"}


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _read_day(value: object) -> object:
    if isinstance(value, str) and _DAY.match(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "is not a date; write it like 2026-03-14")


def printable(value: str) -> str:
    """Refuse characters that cannot be seen."""
    if not value.isprintable():
        raise PydanticCustomError("printable", "contains a control or invisible character")
    return value


def _readable(value: str) -> str:
    if not all(character.isprintable() or character in _LINE_ENDS for character in value):
        raise PydanticCustomError("printable", "contains a control or invisible character")
    return value


def _web_link(value: str) -> str:
    if not is_web_address(value):
        raise PydanticCustomError("link", NO_WEB_ADDRESS)
    return value


def _criterion(value: str) -> str:
    if not known_criterion(value):
        raise PydanticCustomError("criterion", "is not a criterion of the benchmarks; write it like gb1.4")
    return value


Day = Annotated[dt.date, BeforeValidator(_read_day)]
Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(printable)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_readable)]
Link = Annotated[str, Field(max_length=LONGEST_ADDRESS), AfterValidator(printable), AfterValidator(_web_link)]
Address = Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]
"""What is to be a web address; whether it is one, the model says."""
Subject = Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT), AfterValidator(printable)]
"""A member of staff, as their access token names them."""
Criterion = Annotated[str, Field(max_length=10), AfterValidator(_criterion)]
Pence = Annotated[int, Field(strict=True, ge=0, le=MOST_PENCE)]
YearGroup = Annotated[int, Field(strict=True, ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]
SeenVersion = Annotated[int, Field(strict=True, ge=0)]
"""The version that the caller has read; 0 for what is not there yet."""
Flag = Annotated[bool, Field(strict=True)]

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
