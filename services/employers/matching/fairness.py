"""What a slot costs each school, so that the worst-off comes first.

The vectors of met slots that a network can carry form a polymatroid, so the greedy order decides who has
what, and every order ends in a plan with as many matches as there can be. The j-th slot of a school that
wants n is taken in order of (j - 1) / n, what the school has before it; where that is equal, the school that
wants fewer comes first, because it rises more. That order gives the leximin: the worst-off school is as
well off as can be, then the next, and so on.

At full strength a step in that order costs more than all soft costs together can differ. Below it, the gap
is a finite number of points (`fairness` in the weights), so a coordinator can trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.employers.matching.columns import Ints

FULL: Final = 1000
"""Fairness is given in thousandths: whole numbers leave nothing to a machine's rounding."""


@dataclass(frozen=True, slots=True)
class SlotPrices:
    """One row a slot: its school, its place in the school's order (from 0), and its price.

    `price` is in steps at full strength, in points below. `unmet` is the price of a slot that nobody fills.
    """

    school: Ints
    place: Ints
    price: Ints
    unmet: int
    strict: bool


def slot_prices(wanted: Ints, strength: int, points: int) -> SlotPrices:
    """Price every slot of schools that want so many, from no fairness (0) to all of it (FULL)."""
    school = np.repeat(np.arange(wanted.size, dtype=np.int64), wanted)
    first = np.cumsum(wanted) - wanted
    place = np.arange(school.size, dtype=np.int64) - first[school]
    strict = strength == FULL
    if strict:
        price = _ranks(place, wanted[school])
    else:
        price = points * strength * place // np.maximum((FULL - strength) * wanted[school], 1)
    return SlotPrices(school, place, price, int(price.max(initial=0)) + 1, strict)


def _ranks(place: Ints, wanted: Ints) -> Ints:
    """Number the slots by what the school has before, then by how few it wants; equals have one number.

    Dividing is exact enough: equal fractions of whole numbers round to the same double, and different ones
    with denominators below 20,000 lie far apart.
    """
    if not place.size:
        return place
    share = place / wanted
    order = np.lexsort((wanted, share))
    new = (np.diff(share[order]) != 0) | (np.diff(wanted[order]) != 0)
    ranks = np.zeros(place.size, dtype=np.int64)
    ranks[order] = np.concatenate([[0], np.cumsum(new)])
    return ranks
