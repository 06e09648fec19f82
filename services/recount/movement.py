"""Recount of what the Hub's schools moved by between two days; see `attainment.py`.

Only schools that reported on both days, under the same framework: the shares of then and of now are counted
as fractions, cut off as they are published, and subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

Figures = dict[str, Any]
Scores = dict[str, int]
Reported = tuple[str, Scores]
"""A framework, and a school's scores under it."""
BENCHMARKS: Final = tuple(f"gb{number}" for number in range(1, 9))
WITHHELD: Final = "c"
FEWEST: Final = 3
FULL: Final = 100


def count_moved(pairs: Sequence[tuple[Reported, Reported]], prefix: str) -> Figures:
    """Count what moved; `pairs` are what each school reported then and now."""
    across = [1 for was, now in pairs if was[0] != now[0]]
    figures: Figures = {f"{prefix}.schools_across_the_break": len(across)}
    for framework in sorted({now[0] for was, now in pairs if was[0] == now[0]}):
        same = [(was[1], now[1]) for was, now in pairs if was[0] == now[0] == framework]
        figures |= _of_framework(same, f"{prefix}.{framework}")
    return figures


def _of_framework(same: Sequence[tuple[Scores, Scores]], prefix: str) -> Figures:
    then, now = [was for was, _ in same], [found for _, found in same]
    enough = len(same) >= FEWEST
    figures: Figures = {f"{prefix}.schools": len(same)}
    for name in BENCHMARKS:
        points = _minus(_share(now, name), _share(then, name))
        figures[f"{prefix}.{name}"] = points if enough else WITHHELD
    hidden = WITHHELD in figures.values()
    figures[f"{prefix}.mean_achieved"] = WITHHELD if hidden else _minus(_mean(now), _mean(then))
    return figures


def _share(schools: Sequence[Scores], name: str) -> float | str:
    scores = [scores[name] for scores in schools if name in scores]
    if 0 < len(scores) < FEWEST:
        return WITHHELD
    full = sum(score == FULL for score in scores)
    return math.floor(Fraction(1000 * full, len(scores))) / 10 if scores else "z"


def _mean(schools: Sequence[Scores]) -> float:
    full = sum(score == FULL for scores in schools for score in scores.values())
    return math.floor(Fraction(100 * full, len(schools))) / 100


def _minus(now: float | str, then: float | str) -> float | str:
    for symbol in (now, then):
        if isinstance(symbol, str):
            return symbol
    return round(float(now) - float(then), 2)
