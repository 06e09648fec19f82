"""Small numbers are withheld so that nobody can work them out from what stands around them.

A count of 1 to 5 pupils is shown as `c`, and so is one that leaves 1 to 5 of the roll: the few who were not
reached are as easy to recognise (primary). The counts of a measure are a tree: the Hub, its schools, their
year groups. What is withheld below a total that is shown is therefore known in sum. So there are at least two
of them and the sum is itself no small number, neither of those reached nor of those left; else the smallest
other one is withheld too, and where that does not help, the total with all that is below it (secondary). What
is published is then the same as a coarser table without any small number. Whatever is left is rounded to
five, and totals are added up from that: a reader who looks before and after one activity sees no difference
of 1 to 5.

Source: domain §9.4 and rule 14, ADR 16; the GSS symbols `c` (confidential), `z` (not applicable), `x` (not
available).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeVar

K = TypeVar("K", str, int)

SMALLEST_SHOWN: Final = 6
"""1 to 5 are withheld (domain §9.4: default n < 6)."""
SMALLEST_DENOMINATOR: Final = 10
"""Percentages of fewer pupils are withheld (domain §9.4)."""
FEWEST_SCHOOLS: Final = 3
"""A group of one or two schools is one of them subtracted from the other (domain §9.4)."""
ROUNDED_TO: Final = 5
"""As many as are withheld: what moves by fewer need not move what is shown (ADR 16)."""

CONFIDENTIAL: Final = "c"
NOT_APPLICABLE: Final = "z"
NOT_AVAILABLE: Final = "x"
LEGEND: Final[Mapping[str, str]] = {
    CONFIDENTIAL: "withheld: a small number, or one from which a small number could be worked out",
    NOT_APPLICABLE: "does not apply",
    NOT_AVAILABLE: "not available: nothing has been sent, or it is not held",
}

Count = int | Literal["c", "z", "x"]
Percentage = int | str
"""A floored whole percentage; `c`, `z` or `x`."""
ByYearGroup = Mapping[int, int]
Rolls = Mapping[str, ByYearGroup]


@dataclass(frozen=True, slots=True)
class Protected:
    """The withheld cells of one measure: by school and year group, by school, and whether the Hub's is."""

    leaves: frozenset[tuple[str, int]]
    schools: frozenset[str]
    hub: bool


class _Part(NamedTuple):
    """A count and, where it is of different pupils, how many of the roll it leaves."""

    number: int
    left: int | None

    @property
    def is_safe(self) -> bool:
        """Whether it may be shown by itself. Where nobody was reached, nobody is singled out."""
        return not is_small(self.number) and not (self.number and is_small(self.left or 0))


def protect(counts: Mapping[str, ByYearGroup], rolls: Mapping[str, ByYearGroup] | None = None) -> Protected:
    """Decide which cells of a measure to withhold: counts by school and year group, with their totals.

    `rolls` has the same shape and is given where counts are of different pupils, so that the pupils left over
    are protected as well. The answer is deterministic: the same counts withhold the same cells.
    """
    parts = {urn: _parts(counts[urn], None if rolls is None else rolls[urn]) for urn in counts}
    leaves = {
        urn: _withhold(parts[urn], {g for g, p in parts[urn].items() if not p.is_safe}) for urn in parts
    }
    totals = {urn: _sum(parts[urn].values()) for urn in parts}
    schools = {urn for urn, withheld in leaves.items() if withheld is None}
    more = _withhold(totals, set(schools))
    contributing = sum(1 for total in totals.values() if total.number)
    hub = more is None or 0 < contributing < FEWEST_SCHOOLS
    schools = schools if hub or more is None else more
    return Protected(
        leaves=frozenset(
            (urn, group) for urn in parts for group in (parts[urn] if urn in schools else leaves[urn] or ())
        ),
        schools=frozenset(schools),
        hub=hub,
    )


def is_small(number: int) -> bool:
    """Whether a count must be withheld by itself."""
    return 0 < number < SMALLEST_SHOWN


def rounded(number: int) -> int:
    """Round to the nearest multiple of five."""
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def shown(number: int, *, withheld: bool, of: int | None = None) -> Count:
    """Show a count rounded, or `c`; one that is everybody (`of`) is shown as that."""
    if withheld:
        return CONFIDENTIAL
    return number if number == of else rounded(number)


def shown_sum(numbers: Mapping[K, int], parts: Mapping[K, Count]) -> int:
    """Add up what is shown of a total's parts, and of those withheld their sum, rounded.

    A total that were rounded by itself would say more of its parts than they do: one that moves beside a
    total that does not has moved by fewer than five.
    """
    rest = sum(number for key, number in numbers.items() if not isinstance(parts[key], int))
    return sum(part for part in parts.values() if isinstance(part, int)) + rounded(rest)


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure as it is shown: by school and year group, by school, and of the Hub."""

    leaves: Mapping[tuple[str, int], Count]
    schools: Mapping[str, Count]
    hub: Count


def publish(
    counts: Mapping[str, ByYearGroup], protected: Protected, rolls: Mapping[str, ByYearGroup]
) -> Shown:
    """Show a measure: withheld, rounded, and the totals added up from what is shown.

    `rolls` is empty for counts that are not of different pupils.
    """
    leaves: dict[tuple[str, int], Count] = {}
    schools: dict[str, Count] = {}
    for urn, by_year_group in counts.items():
        parts = {
            group: shown(number, withheld=(urn, group) in protected.leaves, of=rolls.get(urn, {}).get(group))
            for group, number in by_year_group.items()
        }
        leaves |= {(urn, group): part for group, part in parts.items()}
        schools[urn] = CONFIDENTIAL if urn in protected.schools else shown_sum(by_year_group, parts)
    totals = {urn: sum(by_year_group.values()) for urn, by_year_group in counts.items()}
    return Shown(leaves, schools, CONFIDENTIAL if protected.hub else shown_sum(totals, schools))


def whole(counts: Mapping[str, ByYearGroup]) -> Shown:
    """Show a measure to the school that it is of."""
    totals = {urn: sum(by_year_group.values()) for urn, by_year_group in counts.items()}
    leaves = {(urn, group): number for urn in counts for group, number in counts[urn].items()}
    return Shown(leaves, totals, sum(totals.values()))


def coverage(reached: Count, on_roll: int) -> Percentage:
    """Show which share of pupils a shown count is, floored; 100 is everybody and no fewer."""
    if on_roll == 0:
        return NOT_APPLICABLE
    if on_roll < SMALLEST_DENOMINATOR or not isinstance(reached, int):
        return CONFIDENTIAL
    return 100 if reached == on_roll else min(99, 100 * reached // on_roll)


def _parts(counts: ByYearGroup, roll: ByYearGroup | None) -> dict[int, _Part]:
    return {
        group: _Part(number, None if roll is None else max(0, roll.get(group, 0) - number))
        for group, number in counts.items()
    }


def _sum(parts: Iterable[_Part]) -> _Part:
    count, left, of_pupils = 0, 0, False
    for part in parts:
        count += part.number
        if part.left is not None:
            left += part.left
            of_pupils = True
    return _Part(count, left if of_pupils else None)


def _withhold(parts: Mapping[K, _Part], withheld: set[K]) -> set[K] | None:
    """Withhold more, the smallest first, until the sum of what is withheld says nothing about one of them.

    Returns None if there is not enough to hide behind: then the total must be withheld.
    """
    if not withheld:
        return withheld
    chosen = set(withheld)
    visible = sorted(
        (key for key in parts if key not in chosen and parts[key].number),
        key=lambda key: (parts[key].number, str(key)),
        reverse=True,
    )
    while chosen and not _is_enough([parts[key] for key in chosen]):
        if not visible:
            return None
        chosen.add(visible.pop())
    return chosen


def _is_enough(parts: list[_Part]) -> bool:
    total = _sum(parts)
    left = SMALLEST_SHOWN if total.left is None else total.left
    return len(parts) > 1 and total.number >= SMALLEST_SHOWN and left >= SMALLEST_SHOWN
