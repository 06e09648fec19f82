"""Small numbers are withheld so that nobody can work them out from what stands around them.

A count of 1 to 5 pupils is shown as `c`, and so is one that leaves 1 to 5 of the roll: the few who were not
reached are as easy to recognise (primary). Totals are sums of what is shown below them, so a cell that is
alone in being withheld could be worked out, and so could a few whose sum is tiny: then the smallest other one
is withheld too (secondary), until every sum has none or enough. Source: domain §9.4 and rule 14; the GSS
symbols `c` (confidential), `z` (not applicable), `x` (not available).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

SMALLEST_SHOWN: Final = 6
"""1 to 5 are withheld (domain §9.4: default n < 6)."""
SMALLEST_DENOMINATOR: Final = 10
"""Percentages of fewer pupils are withheld (domain §9.4)."""
FEWEST_SCHOOLS: Final = 3
"""A group of one or two schools is one of them subtracted from the other (domain §9.4)."""

CONFIDENTIAL: Final = "c"
NOT_APPLICABLE: Final = "z"
NOT_AVAILABLE: Final = "x"

Count = int | Literal["c", "z", "x"]
Percentage = int | str
"""A floored whole percentage; `c`, `z`, `x`; or `97+` where only that much can be said."""
ByYearGroup = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Protected:
    """The withheld cells of one measure: by school and year group, by school, and whether the Hub's is."""

    leaves: frozenset[tuple[str, int]]
    schools: frozenset[str]
    hub: bool


Cell = tuple[str, ...]
"""`()` is the Hub's total, `(urn,)` a school's, `(urn, year group)` a year group's."""


@dataclass(frozen=True, slots=True)
class _Sum:
    """A total and the cells that add up to it."""

    total: Cell
    parts: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class _Table:
    """Every cell's value, and for pupils reached how many were not."""

    value: dict[Cell, int]
    unreached: dict[Cell, int]
    sums: list[_Sum]

    def is_small(self, cell: Cell) -> bool:
        return is_small(self.value[cell]) or is_small(self.unreached.get(cell, 0))

    def is_enough(self, cells: Sequence[Cell]) -> bool:
        """Whether the sum of withheld cells says nothing about one of them."""
        reached = sum(self.value[cell] for cell in cells)
        unreached = sum(self.unreached.get(cell, SMALLEST_SHOWN) for cell in cells)
        return len(cells) > 1 and reached >= SMALLEST_SHOWN and unreached >= SMALLEST_SHOWN


def protect(counts: Mapping[str, ByYearGroup], rolls: Mapping[str, ByYearGroup] | None = None) -> Protected:
    """Decide which cells of a measure to withhold: counts by school and year group, with their totals.

    `rolls` has the same shape and is given where counts are of different pupils, so that the pupils left over
    are protected as well. The answer is deterministic: the same counts withhold the same cells.
    """
    table = _table(counts, rolls)
    withheld = {cell for cell in table.value if table.is_small(cell)}
    if len([urn for urn in counts if table.value[urn,]]) < FEWEST_SCHOOLS and table.value[()]:
        withheld.add(())
    unsettled = True
    while unsettled:
        mended = [_mend(equation, table, withheld) for equation in table.sums]
        unsettled = any(mended)
    return Protected(
        leaves=frozenset((cell[0], int(cell[1])) for cell in withheld if len(cell) == len(("urn", "year"))),
        schools=frozenset(cell[0] for cell in withheld if len(cell) == 1),
        hub=() in withheld,
    )


def is_small(number: int) -> bool:
    """Whether a count must be withheld by itself."""
    return 0 < number < SMALLEST_SHOWN


def shown(number: int, *, withheld: bool) -> Count:
    """Show a count, or `c`."""
    return CONFIDENTIAL if withheld else number


def coverage(reached: int, on_roll: int, *, withheld: bool) -> Percentage:
    """Show which share of pupils is reached, floored.

    Where 1 to 5 pupils are left the count is withheld, and the share that is certain is shown, such as `97+`.
    """
    if on_roll == 0:
        return NOT_APPLICABLE
    if on_roll < SMALLEST_DENOMINATOR:
        return CONFIDENTIAL
    if withheld and is_small(on_roll - reached) and not is_small(reached):
        return f"{100 * (on_roll - SMALLEST_SHOWN + 1) // on_roll}+"
    return CONFIDENTIAL if withheld else 100 * reached // on_roll


def _table(counts: Mapping[str, ByYearGroup], rolls: Mapping[str, ByYearGroup] | None) -> _Table:
    table = _Table({(): 0}, {}, [])
    for urn in sorted(counts):
        parts: list[Cell] = [(urn, str(year_group)) for year_group in sorted(counts[urn])]
        table.sums.append(_Sum((urn,), parts))
        for year_group, number in counts[urn].items():
            leaf = (urn, str(year_group))
            table.value[leaf] = number
            if rolls is not None:
                table.unreached[leaf] = max(0, rolls[urn].get(year_group, 0) - number)
        table.value[urn,] = sum(counts[urn].values())
        if rolls is not None:
            table.unreached[urn,] = max(0, sum(rolls[urn].values()) - table.value[urn,])
    table.sums.append(_Sum((), [(urn,) for urn in sorted(counts)]))
    table.value[()] = sum(table.value[urn,] for urn in counts)
    if rolls is not None:
        table.unreached[()] = sum(table.unreached[urn,] for urn in counts)
    return table


def _mend(equation: _Sum, table: _Table, withheld: set[Cell]) -> bool:
    """Withhold one more cell of a sum if a withheld one could be worked out; True if it did."""
    hidden = [part for part in equation.parts if part in withheld]
    if equation.total in withheld:
        safe = bool(hidden) or not any(table.value[part] for part in equation.parts)
    else:
        safe = not hidden or table.is_enough(hidden)
    if safe:
        return False
    visible = [part for part in equation.parts if part not in withheld and table.value[part]]
    if visible:
        withheld.add(min(visible, key=lambda part: (table.value[part], part)))
    else:
        withheld.add(equation.total)
    return True
