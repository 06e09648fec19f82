"""Pupils by category, such as where they went: withheld by category; a row adds up to its year group.

How many there are in all is public, so at least two categories of a row are withheld together, and their sum
is no small number. The Hub's row adds up the schools', so it is shown only if for each withheld small number
another world is found in which all that is published is the same and that number is six or more: two schools
exchange pupils of two withheld categories. Pure and deterministic (domain §9.4, ADR 16).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.reporting.model.suppression import (
    FEWEST_SCHOOLS,
    SMALLEST_DENOMINATOR,
    SMALLEST_SHOWN,
    is_small,
)

Row = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProtectedRows:
    """The withheld categories of each school, and those of the Hub."""

    schools: Mapping[str, frozenset[str]]
    hub: frozenset[str]


def protect_rows(rows: Mapping[str, Row]) -> ProtectedRows:
    """Decide what to withhold of schools' rows, which all have the same categories."""
    schools = {urn: withheld_of(row) for urn, row in rows.items()}
    total = add_up(rows.values())
    everything = frozenset(total)
    if len(rows) < FEWEST_SCHOOLS:
        return ProtectedRows(schools, everything)
    hub = withheld_of(total)
    known = everything - hub
    hidden = all(
        _could_be_more(rows, schools, known, (urn, category))
        for urn, row in rows.items()
        for category in schools[urn]
        if is_small(row[category])
    )
    return ProtectedRows(schools, hub if hidden else everything)


def add_up(rows: Collection[Row]) -> dict[str, int]:
    """Add rows up, category by category."""
    categories = sorted({category for row in rows for category in row})
    return {category: sum(row.get(category, 0) for row in rows) for category in categories}


def withheld_of(row: Row) -> frozenset[str]:
    """Decide what to withhold of one row whose sum is known: nothing, two or more, or everything."""
    if sum(row.values()) < SMALLEST_DENOMINATOR:
        return frozenset(row)
    chosen = {category for category, number in row.items() if is_small(number)}
    visible = sorted((c for c in row if c not in chosen and row[c]), key=lambda c: (row[c], c), reverse=True)
    while chosen and (len(chosen) == 1 or sum(row[c] for c in chosen) < SMALLEST_SHOWN):
        if not visible:
            return frozenset(row)
        chosen.add(visible.pop())
    return frozenset(chosen)


def _could_be_more(
    rows: Mapping[str, Row],
    withheld: Mapping[str, frozenset[str]],
    known: Collection[str],
    cell: tuple[str, str],
) -> bool:
    """Whether exchanges with other schools can bring a cell to six, and leave what is known as it is."""
    urn, category = cell
    world = {key: dict(row) for key, row in rows.items()}
    while world[urn][category] < SMALLEST_SHOWN:
        if not any(
            _exchange(world, cell, (other, instead), known)
            for instead in sorted(withheld[urn] - {category})
            for other in _partners(withheld, known, (urn, category), instead)
        ):
            return False
    return True


def _partners(
    withheld: Mapping[str, frozenset[str]], known: Collection[str], cell: tuple[str, str], instead: str
) -> list[str]:
    """Name the schools that can make up for an exchange; itself if the Hub shows neither category."""
    urn, category = cell
    if category not in known and instead not in known:
        return [urn]
    return [other for other in sorted(withheld) if other != urn and {category, instead} <= withheld[other]]


def _exchange(
    world: Mapping[str, dict[str, int]],
    cell: tuple[str, str],
    partner: tuple[str, str],
    known: Collection[str],
) -> bool:
    """Put one pupil of `instead` here into the category, and one of the category there into `instead`."""
    (urn, category), (other, instead) = cell, partner
    if world[urn][instead] < 1:
        return False
    if category in known or instead in known:
        if world[other][category] < 1:
            return False
        world[other][category] -= 1
        world[other][instead] += 1
    world[urn][instead] -= 1
    world[urn][category] += 1
    return True
