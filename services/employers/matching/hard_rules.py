"""The hard rules: which need and which offer may meet at all.

Each rule is a function of its own over arrays of needs and offers (rows of `Columns`), and says True where it
is kept. Shapes are NumPy's: a column of needs against a row of offers gives the whole grid, two arrays of one
length give pairs. So one piece of code makes the network and answers which single rule is in the way.

Capacities and ask budgets are not here: they bind many pairs together and are the network's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from services.employers.matching.columns import Bools, Columns, Ints

RuleName = Literal[
    "type", "year_group", "group_size", "mode", "send", "safeguarding", "distance", "days", "exclusion"
]
Rule = Callable[[Columns, Ints, Ints], Bools]

MOST_CELLS: Final = 2_000_000
"""Of one grid: some 16 MB an array, a few of them at a time."""


def type_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """The offer is of the type that is needed."""
    kept: Bools = c.needs.type[need] == c.offers.type[offer]
    return kept


def year_group_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """The offer takes every year group of the need."""
    kept: Bools = (c.needs.years[need] & ~c.offers.years[offer]) == 0
    return kept


def group_size_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """The pupils of one encounter fit."""
    return c.needs.pupils[need] <= c.offers.group_size[offer]


def mode_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """Virtual or in person, as the need allows."""
    virtual = c.offers.virtual[offer]
    return (virtual & c.needs.virtual[need]) | (~virtual & c.needs.in_person[need])


def send_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """Pupils with SEND meet employers who are confident of it."""
    return (c.offers.send[offer] > 0) | ~c.needs.send[need]


def safeguarding_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """Supervision, insurance, checks are in order on the offer's last day, or the round's (domain §9.5)."""
    safe = c.offers.safe[offer]
    return np.broadcast_to(safe, np.broadcast_shapes(np.shape(need), np.shape(offer)))


def distance_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """The school is within the offer's radius; a virtual encounter has no distance."""
    distance = c.tables.distance_hm[c.needs.school[need], c.offers.employer[offer]]
    return (distance <= c.offers.radius_hm[offer]) | c.offers.virtual[offer]


def days_are_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """There is a day that both have."""
    if c.common_days.all():
        return np.ones(np.broadcast_shapes(np.shape(need), np.shape(offer)), dtype=bool)
    return c.common_days[c.needs.days[need], c.offers.days[offer]]


def exclusion_is_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    """Nobody has said that these must not meet."""
    kept: Bools = ~c.tables.apart[c.needs.school[need], c.offers.employer[offer]]
    if c.excluded.size:
        codes = c.pair_codes(need, offer)
        place = np.minimum(np.searchsorted(c.excluded, codes), c.excluded.size - 1)
        kept &= c.excluded[place] != codes
    return kept


RULES: Final[Mapping[RuleName, Rule]] = MappingProxyType(
    {
        "type": type_is_kept,
        "year_group": year_group_is_kept,
        "group_size": group_size_is_kept,
        "mode": mode_is_kept,
        "send": send_is_kept,
        "safeguarding": safeguarding_is_kept,
        "distance": distance_is_kept,
        "days": days_are_kept,
        "exclusion": exclusion_is_kept,
    }
)


def feasible_pairs(c: Columns) -> tuple[Ints, Ints]:
    """Find every need and offer that may meet, in order of need and then of offer."""
    found = [
        (needs[rows], offers[places])
        for needs, offers in _grids(c)
        for rows, places in (np.nonzero(_all_kept(c, needs[:, None], offers[None, :])),)
    ]
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    need = np.concatenate([each for each, _ in found])
    offer = np.concatenate([each for _, each in found])
    order = np.argsort(c.pair_codes(need, offer), kind="stable")
    return need[order], offer[order]


def _grids(c: Columns) -> Iterator[tuple[Ints, Ints]]:
    """Cut needs by offers of each type into grids that fit in memory."""
    for code in np.unique(c.needs.type):
        needs = np.flatnonzero(c.needs.type == code)
        offers = np.flatnonzero((c.offers.type == code) & (c.offers.capacity > 0) & c.offers.safe)
        if not offers.size:
            continue
        rows = max(1, MOST_CELLS // offers.size)
        for first in range(0, needs.size, rows):
            yield needs[first : first + rows], offers


def _all_kept(c: Columns, need: Ints, offer: Ints) -> Bools:
    kept = np.ones(np.broadcast_shapes(need.shape, offer.shape), dtype=bool)
    for rule in RULES.values():
        kept &= rule(c, need, offer)
    return kept


def broken_by(c: Columns, need: Ints, offer: Ints) -> dict[RuleName, Bools]:
    """Tell for pairs which rules they break."""
    return {name: ~rule(c, need, offer) for name, rule in RULES.items()}
