"""What a match costs, in whole points, part by part.

Parts of one match alone are worked out here for any number of pairs at once. `load` and `variety` depend on
what else is in the plan; their tiers rise, so a flow takes them in order, and line by line the k-th line of
an employer (or of a need and sector) carries the k-th tier.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from services.employers.matching.columns import NO_SECTION, SEND_LEVELS, Columns, Ints
from services.employers.matching.weights import ArcPart, Weights

HM_PER_KM: Final = 10
MOST_MET_OF_A_SIZE: Final = 3
"""Beyond this, meeting one size band yet again says no more (`size` in the weights)."""


def arc_parts(c: Columns, weights: Weights, need: Ints, offer: Ints) -> dict[ArcPart, Ints]:
    """Work out the parts of pairs, in the order of the weights' names."""
    school = c.needs.school[need]
    employer = c.offers.employer[offer]
    section = c.employers.section[employer]
    virtual = c.offers.virtual[offer]
    kilometres = c.tables.distance_hm[school, employer].astype(np.int64) // HM_PER_KM
    wanted = c.needs.sectors[need]
    named = (section != NO_SECTION) & ((wanted >> section) & 1).astype(bool)
    met = np.minimum(c.tables.met_size[school, c.employers.size[employer]], MOST_MET_OF_A_SIZE)
    unproven = c.needs.send[need] & (c.offers.send[offer] < len(SEND_LEVELS) - 1)
    amounts: dict[ArcPart, Ints] = {
        "distance": np.where(virtual, 0, kilometres),
        "virtual": (virtual & c.needs.in_person[need]).astype(np.int64),
        "sector": ((wanted != 0) & ~named).astype(np.int64),
        "interests": c.tables.interest_tenths[school, section],
        "again": c.tables.worked_with[school, employer].astype(np.int64),
        "size": met,
        "send": unproven.astype(np.int64),
        "adviser": c.tables.recommended[school, employer].astype(np.int64),
        "stay": _were_there(c, need, offer),
    }
    return {part: amount * weights.of(part) for part, amount in amounts.items()}


def arc_costs(c: Columns, weights: Weights, need: Ints, offer: Ints) -> Ints:
    """Add the parts up."""
    total: Ints = np.zeros(need.shape, dtype=np.int64)
    for part in arc_parts(c, weights, need, offer).values():
        total += part
    return total


def _were_there(c: Columns, need: Ints, offer: Ints) -> Ints:
    if not c.previous.size:
        return np.zeros(need.shape, dtype=np.int64)
    codes = c.pair_codes(need, offer)
    place = np.minimum(np.searchsorted(c.previous, codes), c.previous.size - 1)
    there: Ints = (c.previous[place] == codes).astype(np.int64)
    return there
