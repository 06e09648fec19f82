"""Interleaving two sides, and telling how their numbers compare with a goal.

A and B take turns (A B A B ...), so that a slow minute of the machine hits both. Each pair gives one ratio;
the result is the median of the ratios, with the least and the greatest beside it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final, Literal

Measure = Callable[[int], Awaitable[float]]
"""Measures one side once; its argument is the number of the run, from 0, or `WARM_UP`."""

WARM_UP: Final = -1
"""The run before the first, which is not counted."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a result must reach."""

    direction: Literal[">=", "<=", "<"]
    bound: float

    def is_met(self, value: float) -> bool:
        """Compare a value with the bound."""
        match self.direction:
            case ">=":
                return value >= self.bound
            case "<=":
                return value <= self.bound
            case "<":
                return value < self.bound

    def __str__(self) -> str:
        return f"{self.direction} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Series:
    """One side's numbers, a run each."""

    what: str
    unit: str
    values: Sequence[float]

    def line(self) -> str:
        """Render the median with the least and the greatest."""
        return f"{spread(self.values)} {self.unit}   {self.what}"


@dataclass(frozen=True, slots=True)
class Result:
    """A ratio of two series, or one series by itself; without a goal it is there to explain another."""

    name: str
    goal: Goal | None
    of: Series
    over: Series | None = None
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> list[float]:
        """What is compared with the goal, a run each."""
        if self.over is None:
            return list(self.of.values)
        return [a / b for a, b in zip(self.of.values, self.over.values, strict=True)]

    @property
    def value(self) -> float:
        """The median of `values`."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        """Say what the goal is and whether it is reached."""
        if self.goal is None:
            return "for comparison, no goal"
        return f"goal {self.goal}: {'met' if self.goal.is_met(self.value) else 'MISSED'}"

    def text(self) -> str:
        """Render the whole result, a few lines."""
        kind = self.of.unit if self.over is None else "ratio"
        lines = [f"{self.name}: {spread(self.values)} {kind}, {self.verdict}"]
        lines += [f"    {series.line()}" for series in (self.of, self.over) if series is not None]
        lines += [f"    {note}" for note in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Plan:
    """What every benchmark is told: how many pairs, how long an outage, and a folder for its data."""

    runs: int
    outage_s: float
    folder: Path

    def subfolder(self, name: str) -> Path:
        """Make a folder of a benchmark's own."""
        path = self.folder / name
        path.mkdir()
        return path


Benchmark = Callable[[Plan], Awaitable[list[Result]]]


async def interleave(runs: int, *sides: Measure) -> list[list[float]]:
    """Measure the sides in turns, after one run of each that is not counted; returns each side's numbers."""
    values: list[list[float]] = [[] for _ in sides]
    for run in range(WARM_UP, runs):
        for side, measure in enumerate(sides):
            value = await measure(run)
            if run != WARM_UP:
                values[side].append(value)
            say(f"  {'warm-up' if run == WARM_UP else f'run {run + 1}'} {'ABC'[side]}: {number(value)}")
    return values


def spread(values: Sequence[float]) -> str:
    """Render a median with the least and the greatest."""
    return f"{number(median(values))} ({number(min(values))} to {number(max(values))})"


def p95(values: Sequence[float]) -> float:
    """Find the value that 95 of 100 are at most."""
    return quantiles(values, n=100, method="inclusive")[94]


def number(value: float) -> str:
    """Render a number with about three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def say(text: str) -> None:
    """Report progress, beside the results."""
    print(f"[{time.monotonic() - _began_s:6.1f} s] {text}", file=sys.stderr, flush=True)


_began_s: Final = time.monotonic()
