from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import BENCHMARKS, Benchmark
from services.audit.model.scores import Points, achieved_count, score_of, scores_of
from tests.audit.evaluations import PARTS

applicable_points = st.integers(1, 1000)


@st.composite
def some_points(draw: st.DrawFn) -> Points:
    applicable = draw(applicable_points)
    return Points(draw(st.integers(0, applicable)), applicable)


some_benchmarks = st.dictionaries(st.sampled_from(BENCHMARKS), some_points())


# Domain §10.2, part-level check of the legacy rule, and rule 2.
@pytest.mark.parametrize(
    ("points", "applicable", "percent"),
    [
        (10, 17, 58), (13, 17, 76), (16, 17, 94), (17, 17, 100),
        (8, 11, 72), (9, 11, 81), (10, 11, 90),
        (14, 16, 87), (1, 4, 25), (3, 4, 75), (5, 8, 62), (7, 8, 87), (0, 4, 0),
        (999, 1000, 99),
    ],
)  # fmt: skip
def test_a_score_is_the_published_one(points: int, applicable: int, percent: int) -> None:
    assert score_of("gb1", Points(points, applicable)).score_percent == percent


# Domain §10.2, legacy Compass score sets.
@pytest.mark.parametrize(
    ("percents", "achieved"),
    [
        ((58, 60, 72, 75, 75, 75, 79, 62), 0),
        ((76, 100, 81, 87, 75, 75, 91, 87), 1),
        ((64, 100, 81, 75, 25, 0, 90, 100), 2),
        ((100, 100, 81, 81, 75, 50, 86, 100), 3),
    ],
)
def test_a_published_score_set_achieves_as_many_benchmarks_as_published(
    percents: tuple[int, ...], achieved: int
) -> None:
    points = {
        benchmark: Points(percent, 100) for benchmark, percent in zip(BENCHMARKS, percents, strict=True)
    }

    assert achieved_count(scores_of(points)) == achieved


def test_a_benchmark_that_does_not_apply_has_no_score() -> None:
    scores = scores_of(PARTS | {"gb7": Points(0, 0)})

    assert [score.benchmark for score in scores] == ["gb1", "gb2", "gb3", "gb4", "gb5", "gb6", "gb8"]


@given(some_points())
def test_a_score_is_floored(points: Points) -> None:
    percent = score_of("gb1", points).score_percent

    assert percent * points.applicable_points <= 100 * points.points
    assert (percent + 1) * points.applicable_points > 100 * points.points


@given(some_points())
def test_achieved_means_every_applicable_point_and_exactly_100(points: Points) -> None:
    score = score_of("gb1", points)

    assert score.achieved == (points.points == points.applicable_points) == (score.score_percent == 100)


@given(some_points())
def test_one_point_more_never_lowers_a_score(points: Points) -> None:
    more = Points(min(points.points + 1, points.applicable_points), points.applicable_points)

    assert score_of("gb1", more).score_percent >= score_of("gb1", points).score_percent


@given(some_points(), st.integers(1, 50))
def test_only_the_share_of_points_counts(points: Points, factor: int) -> None:
    scaled = Points(points.points * factor, points.applicable_points * factor)

    assert score_of("gb1", scaled) == score_of("gb1", points)


@given(some_benchmarks, st.sampled_from(BENCHMARKS))
def test_what_does_not_apply_changes_no_other_score(
    points: dict[Benchmark, Points], dropped: Benchmark
) -> None:
    without = scores_of(points | {dropped: Points(0, 0)})

    assert without == tuple(score for score in scores_of(points) if score.benchmark != dropped)


@given(some_benchmarks, st.randoms())
def test_the_order_of_benchmarks_makes_no_difference(points: dict[Benchmark, Points], random: Random) -> None:
    shuffled = list(points.items())
    random.shuffle(shuffled)

    assert scores_of(dict(shuffled)) == scores_of(points)
