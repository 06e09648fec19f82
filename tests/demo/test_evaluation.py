"""Invented evaluations: sound numbers, and schools that differ."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings

from contracts.vocabulary import BENCHMARKS, AcademicYear, academic_year_days
from services.areas import load_area
from services.areas.area import School
from services.demo.evaluation import plan_evaluation
from tests.demo.invented_schools import SCHOOLS, SEEDS, YEAR, YEARS, school_of


@settings(deadline=None)
@given(SCHOOLS, SEEDS, YEARS)
def test_points_lie_between_none_and_all_and_the_date_in_the_year(
    school: School, seed: int, year: AcademicYear
) -> None:
    evaluation = plan_evaluation(school, year, seed)
    first, last = academic_year_days(year)

    assert list(evaluation["benchmarks"]) == list(BENCHMARKS)
    for score in evaluation["benchmarks"].values():
        assert 0 <= score["points"] <= score["applicable_points"]
    assert first <= dt.date.fromisoformat(evaluation["completed_on"]) <= last
    assert evaluation["setting"] == school.setting


@settings(deadline=None)
@given(SCHOOLS, SEEDS)
def test_the_same_seed_gives_the_same_evaluation(school: School, seed: int) -> None:
    assert plan_evaluation(school, YEAR, seed) == plan_evaluation(school, YEAR, seed)


def test_the_framework_is_that_of_the_year() -> None:
    assert plan_evaluation(school_of(), AcademicYear("2024/25"), 1)["framework"] == "gatsby-2018"
    assert plan_evaluation(school_of(), AcademicYear("2025/26"), 1)["framework"] == "gatsby-2025"


def test_post_16_parts_leave_the_denominator_where_there_is_no_sixth_form() -> None:
    with_sixth_form = plan_evaluation(school_of(years=(7, 13)), YEAR, 1)["benchmarks"]
    without = plan_evaluation(school_of(years=(7, 11)), YEAR, 1)["benchmarks"]

    changed = {b for b in BENCHMARKS if with_sixth_form[b] != without[b]}
    assert with_sixth_form["gb8"]["applicable_points"] == 2 * without["gb8"]["applicable_points"]
    assert changed == {"gb6", "gb7", "gb8"}


def test_most_schools_share_and_achievement_varies() -> None:
    evaluations = [
        plan_evaluation(school, YEAR, seed) for school in load_area("dorset").schools for seed in range(5)
    ]
    shared = sum(evaluation["share_with_hub"] for evaluation in evaluations) / len(evaluations)
    achieved = [
        sum(s["points"] == s["applicable_points"] for s in evaluation["benchmarks"].values())
        for evaluation in evaluations
    ]

    assert 0.8 <= shared <= 0.9
    assert {0, 8} <= set(achieved)
    assert 3.5 <= sum(achieved) / len(achieved) <= 5
