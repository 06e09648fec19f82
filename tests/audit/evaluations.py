"""Evaluations for tests: as a school submits them, and as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Any

from contracts.audit import HUB_READERS
from contracts.vocabulary import BENCHMARKS, Benchmark, Framework
from services.audit.model.evaluation import Submission
from services.audit.model.framework import NOT_APPLICABLE, GatsbyFramework, Part, Profile, benchmark_of
from services.audit.model.scores import Points

PARTS: dict[Benchmark, Points] = {
    "gb1": Points(13, 17),
    "gb2": Points(5, 5),
    "gb3": Points(8, 11),
    "gb4": Points(14, 16),
    "gb5": Points(4, 4),
    "gb6": Points(8, 8),
    "gb7": Points(20, 24),
    "gb8": Points(5, 8),
}
"""Part-level checks of domain §10.2, with the scores 76, 100, 72, 87, 100, 100, 83 and 62."""


def submission(
    completed_on: str = "2026-03-12",
    *,
    framework: Framework = "gatsby-2025",
    shared: bool = True,
    points: dict[Benchmark, Points] | None = None,
) -> Submission:
    return Submission(
        framework=framework,
        setting="school",
        completed_on=dt.date.fromisoformat(completed_on),
        shared_with=HUB_READERS if shared else (),
        points=PARTS | (points or {}),
    )


def body(completed_on: str = "2026-03-12", **changes: object) -> dict[str, Any]:
    return {
        "framework": "gatsby-2025",
        "setting": "school",
        "completed_on": completed_on,
        "share_with_hub": True,
        "benchmarks": benchmarks(),
        **changes,
    }


def benchmarks(**changes: tuple[int, int]) -> dict[str, dict[str, int]]:
    return {
        benchmark: {
            "points": changes.get(benchmark, (PARTS[benchmark].points, 0))[0],
            "applicable_points": changes.get(benchmark, (0, PARTS[benchmark].applicable_points))[1],
        }
        for benchmark in BENCHMARKS
    }


def every_answer(framework: GatsbyFramework, profile: Profile, *, best: bool) -> dict[str, str]:
    """Answer every part with the most or the least."""
    return {part.id: ladder_of(framework, part)[-1 if best else 0] for part in framework.parts_for(profile)}


def ladder_of(framework: GatsbyFramework, part: Part) -> list[str]:
    """List a part's answers, the least first, without `not_applicable`."""
    return [answer for answer in framework.answers_of(part) if answer != NOT_APPLICABLE]


def answers_with_points(
    framework: GatsbyFramework, profile: Profile, points: dict[Benchmark, int]
) -> dict[str, str]:
    """Answer so that benchmarks come to these points: part after part, as much of each as is left."""
    answers = every_answer(framework, profile, best=False)
    left = dict(points)
    for part in framework.parts_for(profile):
        benchmark = benchmark_of(part.id)
        if part.points is None or benchmark not in left:
            continue
        earned = min(part.points, left[benchmark])
        left[benchmark] -= earned
        if part.scale is None:
            answers[part.id] = "yes" if earned else "no"
            continue
        bands = framework.scales[part.scale].bands
        answers[part.id] = next(
            name for name, band in bands.items() if part.points * band.quarters == 4 * earned
        )
    assert not any(left.values()), left
    return answers
