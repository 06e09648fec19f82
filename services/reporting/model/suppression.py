"""Small numbers are withheld so that nobody can work them out from what stands around them.

A cell of 1 to 5 is shown as `c` (primary). Totals are sums of what is shown below them, so a cell that is
alone in being withheld could be worked out: then the smallest other one is withheld too (secondary), and so
on until every sum has no withheld member or enough of them. Source: domain §9.4; the GSS symbols `c`
(confidential), `z` (not applicable), `x` (not available).
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


@dataclass(frozen=True, slots=True)
class Protected:
    """The withheld cells of one measure: by school and year group, by school, and whether the Hub's is."""

    leaves: frozenset[tuple[str, int]]
    schools: frozenset[str]
    hub: bool


@dataclass(slots=True)
class _Sum:
    """A total and the cells that add up to it."""

    total: tuple[str, ...]
    parts: Sequence[tuple[str, ...]]


def protect(counts: Mapping[str, Mapping[int, int]]) -> Protected:
    """Decide which cells of a measure to withhold: counts by school and year group, with their totals.

    The answer is deterministic: the same counts withhold the same cells.
    """
    value: dict[tuple[str, ...], int] = {}
    sums: list[_Sum] = []
    for urn in sorted(counts):
        parts = [(urn, str(year_group)) for year_group in sorted(counts[urn])]
        value.update({(urn, str(year_group)): n for year_group, n in counts[urn].items()})
        value[urn,] = sum(counts[urn].values())
        sums.append(_Sum((urn,), parts))
    value[()] = sum(value[urn,] for urn in counts)
    sums.append(_Sum((), [(urn,) for urn in sorted(counts)]))

    withheld = {cell for cell, n in value.items() if is_small(n)}
    if len([urn for urn in counts if value[urn,]]) < FEWEST_SCHOOLS and value[()]:
        withheld.add(())
    unsettled = True
    while unsettled:
        mended = [_mend(equation, value, withheld) for equation in sums]
        unsettled = any(mended)
    return Protected(
        leaves=frozenset((c[0], int(c[1])) for c in withheld if len(c) == len(("urn", "year"))),
        schools=frozenset(c[0] for c in withheld if len(c) == 1),
        hub=() in withheld,
    )


def is_small(number: int) -> bool:
    """Whether a count must be withheld by itself."""
    return 0 < number < SMALLEST_SHOWN


def shown(number: int, *, withheld: bool) -> Count:
    """Show a count, or `c`."""
    return CONFIDENTIAL if withheld else number


def coverage(reached: int, on_roll: int, *, withheld: bool) -> Percentage:
    """Show which share of pupils is reached, floored; never so exactly that 1 to 5 others can be counted.

    Where 1 to 5 are left, the answer is the share that is certain, such as `97+`.
    """
    if on_roll == 0:
        return NOT_APPLICABLE
    if withheld or on_roll < SMALLEST_DENOMINATOR:
        return CONFIDENTIAL
    if is_small(on_roll - reached):
        return f"{100 * (on_roll - SMALLEST_SHOWN + 1) // on_roll}+"
    return 100 * reached // on_roll


def _mend(equation: _Sum, value: Mapping[tuple[str, ...], int], withheld: set[tuple[str, ...]]) -> bool:
    """Withhold one more cell of a sum if a withheld one could be worked out; True if it did."""
    hidden = [part for part in equation.parts if part in withheld]
    total_hidden = equation.total in withheld
    if total_hidden and (hidden or not any(value[part] for part in equation.parts)):
        return False
    if not total_hidden and not hidden:
        return False
    enough = len(hidden) > 1 and sum(value[part] for part in hidden) >= SMALLEST_SHOWN
    if enough and not total_hidden:
        return False
    visible = [part for part in equation.parts if part not in withheld and value[part]]
    if visible:
        withheld.add(min(visible, key=lambda part: (value[part], part)))
    else:
        withheld.add(equation.total)
    return True
