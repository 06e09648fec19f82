"""From points to scores: floored, and achieved only when nothing is missing (domain §2.4, rules 1-3).

A benchmark of which no point applies is not applicable: it has no score, which is not the same as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.audit import BenchmarkScore
from contracts.vocabulary import BENCHMARKS, Benchmark


@dataclass(frozen=True, slots=True)
class Points:
    """How many points of a benchmark a school has, of those that apply to it."""

    points: int
    applicable_points: int

    @property
    def applies(self) -> bool:
        """Whether the benchmark applies to the school at all."""
        return self.applicable_points > 0


PointsByBenchmark = Mapping[Benchmark, Points]


def score_of(benchmark: Benchmark, points: Points) -> BenchmarkScore:
    """Score one benchmark that applies: 8 of 11 points are 72, and only 11 of 11 are achieved."""
    return BenchmarkScore(
        benchmark=benchmark,
        score_percent=100 * points.points // points.applicable_points,
        achieved=points.points == points.applicable_points,
    )


def scores_of(by_benchmark: PointsByBenchmark) -> tuple[BenchmarkScore, ...]:
    """Score every benchmark that applies, in the order of the benchmarks."""
    return tuple(
        score_of(benchmark, by_benchmark[benchmark])
        for benchmark in BENCHMARKS
        if benchmark in by_benchmark and by_benchmark[benchmark].applies
    )


def weak_benchmarks(scores: Sequence[BenchmarkScore]) -> tuple[Benchmark, ...]:
    """Name the benchmarks that are not achieved, the lowest score first."""
    weak = [score for score in scores if not score.achieved]
    return tuple(score.benchmark for score in sorted(weak, key=lambda score: score.score_percent))


def achieved_count(scores: Sequence[BenchmarkScore]) -> int:
    """Count the benchmarks achieved, 0 to 8."""
    return sum(score.achieved for score in scores)
