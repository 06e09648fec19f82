"""Which employers a school works with: those near it, from as many sectors as there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from services.areas import Employer, School
from services.demo.dice import Dice

_EARTH_RADIUS_KM: Final = 6371.0
_NEAR_KM: Final = 30.0
"""About an hour on a coach; some employers' registered addresses are at the other end of the country."""
_FEWEST: Final = 12
"""A remote school looks further, until it has this many."""
_NEAREST_OF_A_SECTOR: Final = 5


class Partners:
    """The employers that a school can ask."""

    def __init__(self, school: School, employers: Sequence[Employer]) -> None:
        by_distance = sorted(
            employers, key=lambda employer: (distance_km(school, employer), employer.employer_id)
        )
        near = [employer for employer in by_distance if distance_km(school, employer) <= _NEAR_KM]
        self.in_reach = tuple(near if len(near) >= _FEWEST else by_distance[:_FEWEST])
        sections = sorted({employer.sic_section or "" for employer in self.in_reach})
        self._by_section = [
            [employer for employer in self.in_reach if (employer.sic_section or "") == section]
            for section in sections
        ]

    def ask_one(self, dice: Dice) -> Employer | None:
        """Draw a sector, then one of its nearest employers; None if there is no employer at all."""
        if not self._by_section:
            return None
        return dice.pick(dice.pick(self._by_section)[:_NEAREST_OF_A_SECTOR])

    def ask_several(self, count: int, dice: Dice) -> list[Employer | None]:
        """Draw different employers, as far as there are enough; None in all places if there is none."""
        order = dice.shuffled(self.in_reach)
        return [order[number % len(order)] if order else None for number in range(count)]


def distance_km(school: School, employer: Employer) -> float:
    """Measure along the great circle, to 0.1 km; infinite if either position is not known."""
    if school.latitude is None or school.longitude is None:
        return math.inf
    if employer.latitude is None or employer.longitude is None:
        return math.inf
    here, there = math.radians(school.latitude), math.radians(employer.latitude)
    east = math.radians(employer.longitude - school.longitude)
    half_chord = (
        math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
    )
    # Rounded, so that the last bits of a sine cannot change the order from one machine to the next.
    return round(2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(half_chord)), 1)
