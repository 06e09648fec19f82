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
