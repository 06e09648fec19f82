"""Departments, their Careers Champions, and what their heads return in an academic year.

A return says for each year group which share of the lessons or schemes has a careers link (gb4.1: every year,
in every subject) and what staff did for their own development (gb4.2). A subject that a year group is not
taught leaves the reckoning; a year group that nobody has answered for does not count as `none`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import AcademicYear, academic_year_days
from services.audit.model.stated import Stated, refuse_unsourced
from services.runtime.errors import FieldProblem

NOT_TAUGHT: Final = "not_taught"
"""What a return says of a year group that the subject is not taught in; no band, so it is never a gap."""
MOST_DEPARTMENTS: Final = 100
"""A large college has some 60; the matrix shows all of them."""


class Band(Stated):
    """An answer band: a share of lessons or schemes, in whole per cent."""

    id: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    title: str
    lowest_percent: Annotated[int, Field(ge=0, le=100)]
    highest_percent: Annotated[int, Field(ge=0, le=100)]


class Area(Stated):
    """A learning area of the CDI framework."""

    id: Annotated[str, Field(pattern=r"^cdi\.[a-z]+$")]
    title: str


class CoveredFrom(Stated):
    """The band from which on a year group counts as covered."""

    band: str
    note: str


class DepartmentFacts(BaseModel):
    """The bands, from the lowest up, and the learning areas."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    about: str
    bands: Annotated[tuple[Band, ...], Field(min_length=2)]
    covered_from: CoveredFrom
    areas: Annotated[tuple[Area, ...], Field(min_length=1)]
    sources: dict[str, str]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        ends = [(band.lowest_percent, band.highest_percent) for band in self.bands]
        expected = 0
        for lowest, highest in ends:
            if lowest != expected or highest < lowest:
                message = (
                    f"bands: one that begins at {expected} per cent is missing, or they are out of order"
                )
                raise ValueError(message)
            expected = highest + 1
        if ends[-1][1] != 100:  # noqa: PLR2004 - per cent
            message = "bands: the last one ends below 100 per cent"
            raise ValueError(message)
        if len(set(self.band_ids)) != len(self.bands) or len(set(self.area_ids)) != len(self.areas):
            message = "an id is there twice"
            raise ValueError(message)
        if self.covered_from.band not in self.band_ids:
            message = "covered_from: there is no such band"
            raise ValueError(message)
        refuse_unsourced((*self.bands, *self.areas, self.covered_from), self.sources)
        return self

    @property
    def band_ids(self) -> tuple[str, ...]:
        """The bands' ids, from the lowest up."""
        return tuple(band.id for band in self.bands)

    @property
    def area_ids(self) -> tuple[str, ...]:
        """The learning areas' ids."""
        return tuple(area.id for area in self.areas)

    def is_gap(self, band: str) -> bool:
        """Whether a year group with this band is not covered."""
        return self.band_ids.index(band) < self.band_ids.index(self.covered_from.band)


@dataclass(frozen=True, slots=True)
class Champion:
    """A department's Careers Champion: by name, and by token subject if they sign in."""

    name: str
    subject: str | None


@dataclass(frozen=True, slots=True)
class Department:
    """A department: the subject it teaches, the token subject of its head, whether it still exists."""

    title: str
    head: str
    champion: Champion | None
    active: bool


@dataclass(frozen=True, slots=True)
class AuditRound:
    """A department audit of one academic year: when returns are due, and for which year groups."""

    due_on: dt.date
    year_groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class YearGroupAnswer:
    """The band (or NOT_TAUGHT) and the learning areas of one year group."""

    year_group: int
    band: str
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurriculumLink:
    """Something on the web that shows a careers link of one year group."""

    title: str
    url: str
    year_group: int


@dataclass(frozen=True, slots=True)
class Development:
    """Careers-related professional development that the department's staff did."""

    title: str
    held_on: dt.date
    staff: int


@dataclass(frozen=True, slots=True)
class Return:
    """What a head of department answers for one academic year."""

    department: str
    academic_year: AcademicYear
    year_groups: tuple[YearGroupAnswer, ...]
    links: tuple[CurriculumLink, ...]
    development: tuple[Development, ...]

    @property
    def id(self) -> str:
        """A department has one return an academic year."""
        return return_id(self.academic_year, self.department)


def return_id(year: AcademicYear, department: str) -> str:
    """Name a department's return of an academic year."""
    return f"{year}:{department}"


def round_problems(told: AuditRound, year: AcademicYear) -> tuple[FieldProblem, ...]:
    """List what makes no sense in a round."""
    first, last = academic_year_days(year)
    problems = []
    if not first <= told.due_on <= last:
        problems.append(FieldProblem("due_on", f"is not in the academic year {year}"))
    if len(set(told.year_groups)) != len(told.year_groups):
        problems.append(FieldProblem("year_groups", "names a year group twice"))
    return tuple(problems)


def return_problems(told: Return, facts: DepartmentFacts, today: dt.date) -> tuple[FieldProblem, ...]:
    """List what makes no sense in a return; unknown words are answered with the known ones."""
    problems = []
    answered: set[int] = set()
    bands = (*facts.band_ids, NOT_TAUGHT)
    for place, answer in enumerate(told.year_groups):
        where = f"year_groups[{place}]"
        if answer.year_group in answered:
            problems.append(FieldProblem(f"{where}.year_group", "is answered for twice"))
        answered.add(answer.year_group)
        if answer.band not in bands:
            problems.append(FieldProblem(f"{where}.band", f"is not one of {', '.join(bands)}"))
        if not set(answer.areas) <= set(facts.area_ids):
            problems.append(
                FieldProblem(f"{where}.areas", f"has one that is not among {', '.join(facts.area_ids)}")
            )
        if answer.band == NOT_TAUGHT and answer.areas:
            problems.append(FieldProblem(f"{where}.areas", "must be empty for what is not taught"))
    problems += [
        FieldProblem(f"links[{place}].year_group", "is not one of the year groups of this return")
        for place, link in enumerate(told.links)
        if link.year_group not in answered
    ]
    first, _ = academic_year_days(told.academic_year)
    if first > today:
        problems.append(FieldProblem("academic_year", "has not begun; return it once it has"))
    problems += [
        FieldProblem(f"development[{place}].held_on", "is not in the academic year, or in the future")
        for place, one in enumerate(told.development)
        if not _happened(one.held_on, told.academic_year, today)
    ]
    return tuple(problems)


def _happened(day: dt.date, year: AcademicYear, today: dt.date) -> bool:
    first, last = academic_year_days(year)
    return first <= day <= min(last, today)
