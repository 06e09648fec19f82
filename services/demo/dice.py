"""Seeded chance that comes out the same on every machine and Python version.

Python promises a repeatable sequence for `Random(text).random()` alone; `choice`, `sample` and `shuffle`
may change between versions. So everything here is drawn from `random()`. Each decision gets dice of its own,
named for what is decided: adding one activity to a year then leaves all the others as they were.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance named by its labels: `Dice(seed, urn, "roll")`."""

    def __init__(self, *labels: object) -> None:
        self._random = random.Random("\x1f".join(map(str, labels)))

    def happens(self, probability: float) -> bool:
        """Answer yes with this probability, from 0 (never) to 1 (always)."""
        return self._random.random() < probability

    def between(self, lowest: int, highest: int) -> int:
        """Draw a whole number, both ends included."""
        return lowest + int(self._random.random() * (highest - lowest + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Draw one option; raises IndexError if there is none."""
        return options[int(self._random.random() * len(options))]

    def weigh(self, options: Sequence[tuple[T, float]]) -> T:
        """Draw one option by its weight; raises IndexError if there is none."""
        left = self._random.random() * sum(weight for _, weight in options)
        for option, weight in options:
            left -= weight
            if left < 0:
                return option
        return options[-1][0]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in a random order (Fisher and Yates)."""
        order = list(options)
        for last in range(len(order) - 1, 0, -1):
            other = int(self._random.random() * (last + 1))
            order[last], order[other] = order[other], order[last]
        return order
