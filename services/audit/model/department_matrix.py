"""What can be seen from all departments' returns together: subject by year group, and where the gaps are.

Source: gb4.1, every year and in every subject (domain §1b, §1c). What the matrix says is shown beside the
answer that the Careers Leader declares in an evaluation, never instead of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.audit.model.department import NOT_TAUGHT, DepartmentFacts, Return, YearGroupAnswer

CellState = Literal["covered", "gap", "not_taught", "missing"]
"""Enough lessons; too few; the subject is not taught there; nobody has answered."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One subject in one year group."""

    year_group: int
    state: CellState
    band: str | None
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One year group across all subjects: how many of each state, and learning areas that nobody covers."""

    year_group: int
    states: Mapping[CellState, int]
    areas_missing: tuple[str, ...]


def cells_of(returned: Return | None, year_groups: Sequence[int], facts: DepartmentFacts) -> tuple[Cell, ...]:
    """Lay one department's return out over the year groups asked for."""
    answers = {answer.year_group: answer for answer in ([] if returned is None else returned.year_groups)}
    return tuple(_cell(year_group, answers.get(year_group), facts) for year_group in year_groups)


def _cell(year_group: int, answer: YearGroupAnswer | None, facts: DepartmentFacts) -> Cell:
    if answer is None:
        return Cell(year_group, "missing", None, ())
    if answer.band == NOT_TAUGHT:
        return Cell(year_group, "not_taught", None, ())
    state: CellState = "gap" if facts.is_gap(answer.band) else "covered"
    return Cell(year_group, state, answer.band, answer.areas)


def columns_of(
    rows: Collection[Sequence[Cell]], year_groups: Sequence[int], facts: DepartmentFacts
) -> tuple[Column, ...]:
    """Sum the matrix up by year group."""
    columns = []
    for place, year_group in enumerate(year_groups):
        cells = [row[place] for row in rows]
        states: dict[CellState, int] = {"covered": 0, "gap": 0, "not_taught": 0, "missing": 0}
        for cell in cells:
            states[cell.state] += 1
        touched = {area for cell in cells for area in cell.areas}
        missing = tuple(area for area in facts.area_ids if area not in touched)
        columns.append(Column(year_group, states, missing))
    return tuple(columns)


def weakest_band(rows: Collection[Sequence[Cell]], facts: DepartmentFacts) -> str | None:
    """Name the lowest band of the matrix, which is what can be said of every subject in every year.

    None while a department is missing or there is nothing to answer for: then nothing is known of all.
    """
    cells = [cell for row in rows for cell in row if cell.state != "not_taught"]
    if not cells or any(cell.band is None for cell in cells):
        return None
    lowest = min(facts.band_ids.index(cell.band) for cell in cells if cell.band is not None)
    return facts.band_ids[lowest]


def days_overdue(due_on: dt.date, today: dt.date) -> int:
    """Count the days since the day on which something was due; 0 until it has passed."""
    return max(0, (today - due_on).days)
