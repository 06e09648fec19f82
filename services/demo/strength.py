"""How far a school's careers programme has come: what makes one school's figures differ from another's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.areas import School
from services.demo.dice import Dice


@dataclass(frozen=True, slots=True)
class Strength:
    """A school's standing, as probabilities and a factor on them.

    `activity_factor` raises or lowers the chance of each activity; `tests_met` is the chance that an
    activity meets all the tests asked of it; `achieved` is the chance that a benchmark is at 100 %;
    `lowest_score_percent` bounds the score of those that are not.
    """

    name: str
    activity_factor: float
    tests_met: float
    achieved: float
    lowest_score_percent: int


# Weighted so that schools reach about 4 of 8 benchmarks on average, with a wide spread: national means lay
# between 3.8 and 6.0 in 2020 to 2025 (domain.md §5.1).
_STRENGTHS: Final = (
    (Strength("established", 1.2, 0.95, 0.78, 70), 0.3),
    (Strength("growing", 1.0, 0.82, 0.48, 50), 0.45),
    (Strength("starting", 0.75, 0.6, 0.2, 25), 0.25),
)


def strength_of(school: School, seed: int) -> Strength:
    """Draw the school's standing, the same for everything that is made up about it."""
    return Dice(seed, school.urn, "strength").weigh(_STRENGTHS)
