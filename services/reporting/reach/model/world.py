"""All that the tables of one academic year are made of: the schools, the directory of employers, the days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from services.reporting.reach.model.school import SchoolReach

Cell = int | str
Part = int | Literal["all"]
"""A year group, or all of them."""
Row = dict[str, Cell]
HUB: Final = "hub"
"""Stands for the URN in a row that is of all schools together."""
ALL_SCHOOLS: Final = "All schools"
ALL: Final = "all"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Employers:
    """The directory, by id: section, size band, and what each was merged into."""

    listed: Mapping[str, Mapping[str, Any]]

    def resolve(self, employer_id: str) -> str:
        """Follow merges to the employer that an id means now."""
        seen = {employer_id}
        while (into := self.listed.get(employer_id, {}).get("merged_into")) is not None and into not in seen:
            seen.add(into)
            employer_id = into
        return employer_id

    def section(self, employer_id: str) -> str:
        """Name an employer's SIC section, or `unknown`."""
        return self.listed.get(employer_id, {}).get("sic_section") or UNKNOWN

    def size_band(self, employer_id: str) -> str:
        """Name an employer's size band, or `unknown`."""
        return self.listed.get(employer_id, {}).get("size_band") or UNKNOWN

    def met_by(self, school: SchoolReach) -> dict[str, int]:
        """Count a school's activities by employer, those of merged ones together."""
        met: dict[str, int] = {}
        for employer_id, activities in school.employers.items():
            resolved = self.resolve(employer_id)
            met[resolved] = met.get(resolved, 0) + activities
        return met


@dataclass(frozen=True, slots=True)
class World:
    """One academic year of the Hub, or of one school; `last` is the year's last day, or today."""

    schools: tuple[SchoolReach, ...]
    employers: Employers
    first: dt.date
    last: dt.date
    whole: bool
    """Whether this is for a school's own eyes: exact, and without rows of the Hub."""


def parts_of(year_groups: Iterable[int]) -> list[Part]:
    """Name the parts that a school is shown in: all year groups, then each."""
    return [ALL, *year_groups]


def named(school: SchoolReach | None) -> Row:
    """Begin a row: of a school, or of all of them."""
    if school is None:
        return {"school": HUB, "name": ALL_SCHOOLS}
    return {"school": school.urn, "name": school.name}


def percent(part: int, of: int) -> Cell:
    """A floored percentage of institutions or activities; `z` of none."""
    return 100 * part // of if of else "z"
