"""Share a whole number out by weight, so that the parts add up to it exactly (largest remainders)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def apportion(total: int, weights: Sequence[Fraction | int]) -> tuple[int, ...]:
    """Split `total` into one whole part a weight; equal remainders go to the earlier one.

    Each part differs by less than 1 from its exact share. Fractions, because the same split must come out
    on every machine. Raises ValueError for a negative total or weight, or if no weight is positive.
    """
    whole = sum(weights, Fraction(0))
    if total < 0 or whole <= 0 or min(weights) < 0:
        raise ValueError(f"cannot share out {total} by weights that sum to {whole}")
    exact = [Fraction(total) * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return tuple(parts)
