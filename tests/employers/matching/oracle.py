"""The same question put to SciPy's linear programming, written down anew from `checker.py`.

The matrix is that of a network, so its best corner is whole: the optimum must agree to the unit.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from services.employers.matching.round import MatchRound, Pair
from services.employers.matching.weights import Weights
from tests.employers.matching.checker import Checker

TOLERANCE: Final = 1e-6


class Programme:
    """Variables with bounds and costs, and rows of sums."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.bounds: list[tuple[float, float]] = []
        self.equal: list[tuple[dict[int, float], float]] = []
        self.at_most: list[tuple[dict[int, float], float]] = []

    def variable(self, cost: float, most: float) -> int:
        self.costs.append(cost)
        self.bounds.append((0, most))
        return len(self.costs) - 1

    def least(self) -> float | None:
        """Solve; None if nothing fits."""
        outcome = linprog(
            self.costs,
            A_ub=self._matrix(self.at_most),
            b_ub=[bound for _, bound in self.at_most] or None,
            A_eq=self._matrix(self.equal),
            b_eq=[bound for _, bound in self.equal] or None,
            bounds=self.bounds,
            method="highs",
        )
        return float(outcome.fun) if outcome.status == 0 else None

    def _matrix(self, rows: list[tuple[dict[int, float], float]]) -> NDArray[np.float64] | None:
        if not rows:
            return None
        matrix = np.zeros((len(rows), len(self.costs)))
        for place, (row, _) in enumerate(rows):
            for column, factor in row.items():
                matrix[place, column] = factor
        return matrix


class Oracle:
    """Answers for one round."""

    def __init__(self, match_round: MatchRound, weights: Weights) -> None:
        self.round = match_round
        self.checker = Checker(match_round, weights)
        self.wanted: dict[str, int] = {
            school.urn: sum(need.slots for need in match_round.needs if need.urn == school.urn)
            for school in match_round.schools
        }
        every = [Pair(need.id, offer.id) for need in match_round.needs for offer in match_round.offers]
        self.pairs = [pair for pair in every if not self.checker.broken(pair)]

    def most_matches(self) -> int:
        programme, lines = self._programme(costs=False)
        for column in lines.values():
            programme.costs[column] = -1
        return -round(programme.least() or 0)

    def max_min(self) -> float:
        """The greatest share that every school that wants any can have at once, were slots divisible."""
        programme, lines = self._programme(costs=False)
        share = programme.variable(-1, 1)
        for urn, count in self.wanted.items():
            if count:
                row = {lines[pair]: -1.0 for pair in self._of(urn)}
                programme.at_most.append(({**row, share: float(count)}, 0))
        return -(programme.least() or 0.0)

    def can_meet(self, met: dict[str, int]) -> bool:
        """Tell whether schools can have exactly so many."""
        programme, lines = self._programme(costs=False)
        for urn, count in met.items():
            programme.equal.append(({lines[pair]: 1.0 for pair in self._of(urn)}, count))
        return programme.least() is not None

    def least(self, price: dict[tuple[str, int], int], unmet: int) -> int:
        """The least of prices of slots (school, place), the price of unmet slots, and all costs."""
        programme, lines = self._programme(costs=True)
        rest = programme.variable(unmet, sum(self.wanted.values()))
        everything: dict[int, float] = {rest: 1}
        for urn, count in self.wanted.items():
            slots = {programme.variable(price[urn, place], 1): -1.0 for place in range(count)}
            programme.equal.append(({**slots, **{lines[pair]: 1.0 for pair in self._of(urn)}}, 0))
            everything |= dict.fromkeys(slots, 1.0)
        programme.equal.append((everything, sum(self.wanted.values())))
        found = programme.least()
        assert found is not None
        assert abs(found - round(found)) < 1e-3
        return round(found)

    def _of(self, urn: str) -> list[Pair]:
        return [pair for pair in self.pairs if self.checker.needs[pair.need_id].urn == urn]

    def _programme(self, *, costs: bool) -> tuple[Programme, dict[Pair, int]]:
        programme, checker = Programme(), self.checker
        lines = {pair: programme.variable(checker.cost(pair) if costs else 0, 1) for pair in self.pairs}
        for pair in self.round.locks:
            programme.bounds[lines[pair]] = (1, 1)
        groups: defaultdict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
        for pair, column in lines.items():
            employer = checker.offers[pair.offer_id].employer_id
            groups["need", pair.need_id][column] = 1
            groups["offer", pair.offer_id][column] = 1
            groups["employer", employer][column] = 1
            groups["section", pair.need_id, checker.employers[employer].sic_section or "?"][column] = 1
        for (kind, *key), row in groups.items():
            if kind == "section":
                self._tiers(programme, row, ("variety", *key), costs=costs)
                continue
            bounds = {
                "need": lambda k: checker.needs[k].slots,
                "offer": lambda k: checker.offers[k].capacity,
                "employer": lambda k: checker.employers[k].ask_budget,
            }
            programme.at_most.append((dict(row), bounds[kind](key[0])))
            if kind == "employer":
                self._tiers(programme, row, ("load", *key), costs=costs)
        return programme, lines

    def _tiers(
        self, programme: Programme, row: dict[int, float], key: tuple[str, ...], *, costs: bool
    ) -> None:
        if not costs:
            return
        part, *which = key
        if part == "load":
            before = next(e.asked for e in self.round.employers if e.id == which[0])
        else:
            need = next(n for n in self.round.needs if n.id == which[0])
            before = self.checker.schools[need.urn].met_sectors.get(which[1], 0)
        tiers = {
            programme.variable(self.checker.tier(part, before + turn), 1): -1.0 for turn in range(len(row))
        }
        programme.equal.append(({**row, **tiers}, 0))


def strict_prices(wanted: dict[str, int], step: int) -> tuple[dict[tuple[str, int], int], int]:
    """Price slots by what the school has before, then by how few it wants; and unmet ones above all."""
    keys = {(urn, place): (Fraction(place, n), n) for urn, n in wanted.items() for place in range(n)}
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
    return {slot: ranks[key] * step for slot, key in keys.items()}, len(ranks) * step
