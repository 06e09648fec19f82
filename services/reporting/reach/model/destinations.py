"""Destinations: where a year group means to go, is, and has stayed, by category (domain §8.5, rule 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from contracts.pupils import DestinationCategory, SustainedCategory
from services.reporting.model.category_suppression import add_up, protect_rows
from services.reporting.model.suppression import CONFIDENTIAL, shown, shown_sum
from services.reporting.reach.model.school import Json, SchoolReach
from services.reporting.reach.model.world import Cell, Row, World, named

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "intended": get_args(DestinationCategory),
    "actual": get_args(DestinationCategory),
    "sustained": get_args(SustainedCategory),
}
"""Three things that are never mixed; NEET has not known beside it."""


def destination_rows(world: World) -> list[Row]:
    """By year group and kind, every category; a year group and kind of which nothing was told has no row."""
    rows: list[Row] = []
    groups = sorted({int(group) for school in world.schools for group in _told(school)})
    for year_group in groups:
        for kind, categories in KINDS.items():
            counted = {
                school.urn: {category: numbers.get(category, 0) for category in categories}
                for school in world.schools
                if (numbers := _told(school).get(str(year_group), {}).get(kind))
            }
            rows += _rows(world, year_group, kind, counted)
    return rows


def _rows(world: World, year_group: int, kind: str, counted: Mapping[str, Mapping[str, int]]) -> list[Row]:
    cells: dict[str, dict[str, Cell]] = {urn: dict(numbers) for urn, numbers in counted.items()}
    rows: list[Row] = []
    if counted and not world.whole:
        protected = protect_rows(counted)
        total = add_up(list(counted.values()))
        shown_cells = {
            urn: {c: shown(n, withheld=c in protected.schools[urn]) for c, n in numbers.items()}
            for urn, numbers in counted.items()
        }
        cells = {urn: dict(of_school) for urn, of_school in shown_cells.items()}
        hub: dict[str, Cell] = {
            category: CONFIDENTIAL
            if category in protected.hub
            else shown_sum(
                {urn: numbers[category] for urn, numbers in counted.items()},
                {urn: of_school[category] for urn, of_school in shown_cells.items()},
            )
            for category in total
        }
        rows += _of_part(None, (year_group, kind, "z", sum(total.values())), hub)
    for school in world.schools:
        if school.urn in counted:
            on: Cell = _told(school)[str(year_group)].get("on") or "z"
            place = (year_group, kind, on if kind == "actual" else "z", sum(counted[school.urn].values()))
            rows += _of_part(school, place, cells[school.urn])
    return rows


def _of_part(
    school: SchoolReach | None, place: tuple[int, str, Cell, int], cells: Mapping[str, Cell]
) -> list[Row]:
    year_group, kind, on, cohort = place
    return [
        named(school)
        | {
            "year_group": year_group,
            "kind": kind,
            "category": category,
            "on": on,
            "cohort": cohort,
            "pupils": pupils,
        }
        for category, pupils in cells.items()
    ]


def _told(school: SchoolReach) -> Mapping[str, Json]:
    found: Mapping[str, Json] = school.year.get("destinations", {})
    return found
