"""One invented self-evaluation against the Gatsby Benchmarks a school.

The points that apply are those reconstructed for the 2018 questions (domain.md §2.4); the arithmetic of the
2025 questions is not published, so the demonstration borrows them for both. Post-16 parts apply only where
there are Years 12 and 13.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from contracts.vocabulary import BENCHMARKS, AcademicYear, Benchmark, Framework
from services.areas import School
from services.demo.dice import Dice
from services.demo.strength import Strength, strength_of
from services.demo.term_dates import school_days

_POINTS: Final[dict[Benchmark, int]] = {
    "gb1": 17, "gb2": 5, "gb3": 11, "gb4": 16, "gb5": 4, "gb6": 4, "gb7": 20, "gb8": 4,
}  # fmt: skip
_POST16_POINTS: Final[dict[Benchmark, int]] = {"gb6": 4, "gb7": 4, "gb8": 4}
_SHARED_WITH_HUB: Final = 0.85
_COMPLETED_IN_MONTHS: Final = (3, 4, 5, 6, 7)
_UPDATED_BENCHMARKS_FROM: Final = dt.date(2025, 9, 1)
"""From this day schools evaluate against the updated benchmarks (domain.md §1)."""


def plan_evaluation(school: School, academic_year: AcademicYear, seed: int) -> dict[str, Any]:
    """Make up the JSON body of `POST /audit/v1/schools/{urn}/evaluations`."""
    dice = Dice(seed, school.urn, academic_year, "evaluation")
    strength = strength_of(school, seed)
    completed_on = dice.pick([day for day in school_days(academic_year) if day.month in _COMPLETED_IN_MONTHS])
    framework: Framework = "gatsby-2025" if completed_on >= _UPDATED_BENCHMARKS_FROM else "gatsby-2018"
    return {
        "framework": framework,
        "setting": school.setting,
        "completed_on": completed_on.isoformat(),
        "share_with_hub": dice.happens(_SHARED_WITH_HUB),
        "benchmarks": {benchmark: _score(school, benchmark, strength, dice) for benchmark in BENCHMARKS},
    }


def _score(school: School, benchmark: Benchmark, strength: Strength, dice: Dice) -> dict[str, int]:
    applicable = _POINTS[benchmark] + (_POST16_POINTS.get(benchmark, 0) if school.has_post16 else 0)
    if dice.happens(strength.achieved):
        return {"points": applicable, "applicable_points": applicable}
    percent = dice.between(strength.lowest_score_percent, 99)
    return {"points": applicable * percent // 100, "applicable_points": applicable}
