"""Which schools are in question: filters, and groups beside each other.

What goes out of the Hub with a filter must not tell of the few that the filter leaves out. So a selection is
shown only if, for each of its filters, its value would be shown in the table that sets all values of that
dimension beside each other under the other filters: there a group of one or two schools is withheld, and as
long as those withheld come to fewer than three, the smallest of the others too. Then of two selections that
lie one in the other, the difference is nobody or three and more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from services.reporting.attainment.model.position import Position, School
from services.reporting.model.suppression import FEWEST_SCHOOLS

Dimension = Literal["setting", "district", "phase", "post16"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("setting", "district", "phase", "post16")
Filters = Mapping[Dimension, str]


def fits(school: School, filters: Filters) -> bool:
    """Whether a school is in a selection."""
    return all(school.groups[dimension] == value for dimension, value in filters.items())


def shown_values(reporting: Mapping[str, int], fewest: int = FEWEST_SCHOOLS) -> frozenset[str]:
    """Say which groups of a table are shown, by how many schools of each report."""
    shown = {value for value, number in reporting.items() if number >= fewest}
    while 0 < sum(number for value, number in reporting.items() if value not in shown) < fewest and shown:
        shown.remove(min(shown, key=lambda value: (reporting[value], value)))
    return frozenset(shown)


def reporting_by(positions: Sequence[Position], dimension: Dimension, among: Filters) -> Counter[str]:
    """Count the schools that report, by group, in a selection."""
    return Counter(
        found.school.groups[dimension]
        for found in positions
        if found.is_reported and fits(found.school, among)
    )


def may_be_shown(positions: Sequence[Position], filters: Filters) -> bool:
    """Whether a selection tells nothing of the few that it leaves out, whichever filter is taken off."""
    return all(
        value in shown_values(reporting_by(positions, dimension, _without(filters, dimension)))
        and may_be_shown(positions, _without(filters, dimension))
        for dimension, value in filters.items()
    )


def values_of(schools: Collection[School], dimension: str) -> list[str]:
    """List the groups of a dimension."""
    return sorted({school.groups[dimension] for school in schools})


def _without(filters: Filters, dimension: Dimension) -> dict[Dimension, str]:
    return {name: value for name, value in filters.items() if name != dimension}
