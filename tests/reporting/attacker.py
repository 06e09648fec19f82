"""Somebody who has everything that is published and solves it: how small and how large can a number be?

A linear programme over non-negative numbers. It knows the rolls, which are public, and every figure that is
shown, before rounding, and assumes nothing else. It takes fractions for numbers too, so its bounds can be
wider than those of whole numbers; the model itself looks for whole-number worlds (`group_suppression.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from scipy.optimize import linprog

N = TypeVar("N", bound=Hashable)

TOLERANCE = 1e-6


class Published(Generic[N]):
    """Unknown numbers between zero and a limit, and what is told of their sums."""

    def __init__(self, unknown: Sequence[N], limits: Sequence[float]) -> None:
        self._places = {name: place for place, name in enumerate(unknown)}
        self._limits = [(0.0, float(limit)) for limit in limits]
        self._rows: list[list[float]] = []
        self._sums: list[float] = []
        self._least: list[list[float]] = []
        self._gaps: list[float] = []

    def know_not_negative(self, terms: Mapping[N, float], more: float = 0) -> None:
        """Know that a sum of unknown numbers and a known one is not below zero."""
        self._least.append([-factor for factor in self._row(terms)])
        self._gaps.append(more)

    def tell(self, terms: Mapping[N, float], total: float) -> None:
        """Know a sum."""
        self._rows.append(self._row(terms))
        self._sums.append(total)

    def most(self, *names: N) -> float:
        """The largest that a sum of unknown numbers can be."""
        return self.most_of(dict.fromkeys(names, 1.0))

    def least(self, *names: N) -> float:
        """The smallest that it can be."""
        return -self.most_of(dict.fromkeys(names, -1.0)) - 2 * TOLERANCE

    def most_of(self, terms: Mapping[N, float]) -> float:
        """The largest that a weighted sum can be."""
        return -self._solve({name: -factor for name, factor in terms.items()}) + TOLERANCE

    def _row(self, terms: Mapping[N, float]) -> list[float]:
        row = [0.0] * len(self._places)
        for name, factor in terms.items():
            row[self._places[name]] += factor
        return row

    def _solve(self, terms: Mapping[N, float]) -> float:
        found = linprog(
            self._row(terms),
            A_ub=self._least or None,
            b_ub=self._gaps or None,
            A_eq=self._rows or None,
            b_eq=self._sums or None,
            bounds=self._limits,
            method="highs",
        )
        assert found.status == 0, found.message
        return float(found.fun)
