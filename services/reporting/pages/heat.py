"""How dark a cell of a heat map is; the figure itself stands in each cell, so nothing hangs on colour."""

from __future__ import annotations

from typing import Final

STEPS: Final = (1, 25, 50, 75)
"""Percentages at which a cell becomes a step darker."""
AT_LEAST: Final = "+"


def step(value: float | str | None) -> int:
    """Return a step from 0 (nothing, or nothing that is shown) to 4; `97+` counts as 97."""
    if isinstance(value, str):
        digits = value.removesuffix(AT_LEAST)
        if not digits.isdecimal():
            return 0
        value = int(digits)
    return 0 if value is None else sum(value >= least for least in STEPS)


ACHIEVED: Final = 100
SCORE_STEPS: Final = (1, 34, 67, ACHIEVED)
"""A benchmark is achieved at 100 per cent and not below, so only that is darkest (domain rule 1)."""


def score_step(score: int | str | None) -> int:
    """Return a score's step from 0 (nothing, or none that is shown) to 4 (achieved)."""
    return sum(score >= least for least in SCORE_STEPS) if isinstance(score, int) else 0
