"""The Hub report: what the projections hold, put together for people. Pure.

Input are the folded states of the schools (see `projections.py`) and the directory; output are plain figures
in which small numbers are withheld and others rounded (`suppression.py`), or whole for the school's own eyes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.vocabulary import BENCHMARKS, CREDITED_BENCHMARKS
from services.reporting.model.suppression import (
    FEWEST_SCHOOLS,
    NOT_AVAILABLE,
    Count,
    Shown,
    coverage,
    protect,
    publish,
    whole,
)

Json = dict[str, Any]
ENCOUNTERS: Final = "encounters"
MEASURES: Final = (ENCOUNTERS, *CREDITED_BENCHMARKS)


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """One school in one academic year: counts by year group, and the scores that it shares."""

    urn: str
    name: str
    setting: str
    on_roll: Mapping[int, int]
    activities: int
    counts: Mapping[str, Mapping[int, int]]
    """By measure (`encounters`, or a benchmark for pupils reached), by year group."""
    scores: Mapping[str, int] | None
    evaluated_on: str | None
    shared_with: tuple[str, ...] = ()
    """The Hub's roles that the scores are shared with."""

    @property
    def has_data(self) -> bool:
        """Whether the school has imported a roll for the year."""
        return bool(self.on_roll)

    def seen_by(self, readers: Collection[str]) -> SchoolYear:
        """Return what these roles of the Hub may see: the scores only if they are shared with one of them."""
        return self if set(readers) & set(self.shared_with) else replace(self, scores=None)

    @property
    def achieved(self) -> int | None:
        """Benchmarks achieved, which means a score of exactly 100 (domain rule 1)."""
        return None if self.scores is None else sum(score == FULL for score in self.scores.values())


FULL: Final = 100


def school_year(listed: Json, pupils: Json | None, audit: Json | None, year: str) -> SchoolYear:
    """Read one school's states; `listed` is its entry in the directory."""
    states: Json = (pupils or {}).get("years", {}).get(year, {})
    groups: Json = states.get("groups", {})
    on_roll = {int(g): n for g, n in states.get("on_roll", {}).items()}
    year_groups = sorted(on_roll.keys() | {int(g) for g in groups})
    counts: dict[str, dict[int, int]] = {
        ENCOUNTERS: {g: groups.get(str(g), {}).get("encounters", 0) for g in year_groups}
    }
    for benchmark in CREDITED_BENCHMARKS:
        counts[benchmark] = {
            g: groups.get(str(g), {}).get("reached", {}).get(benchmark, 0) for g in year_groups
        }
    evaluation = _latest((audit or {}).get("years", {}).get(year, []))
    return SchoolYear(
        urn=listed["urn"],
        name=listed["name"],
        setting=listed["setting"],
        on_roll=on_roll,
        activities=states.get("activities", 0),
        counts=counts,
        scores=None if evaluation is None else evaluation["scores"],
        evaluated_on=None if evaluation is None else evaluation["completed_on"],
        shared_with=() if evaluation is None else tuple(evaluation["shared_with"]),
    )


def hub_report(hub: str, year: str, as_of: str, schools: Sequence[SchoolYear]) -> Json:
    """Put the whole Hub's report together, small numbers withheld."""
    counted = [school for school in schools if school.has_data]
    rolls = {school.urn: school.on_roll for school in counted}
    shown: dict[str, Shown] = {}
    for measure in MEASURES:
        counts = {school.urn: school.counts[measure] for school in counted}
        protected = protect(counts, None if measure == ENCOUNTERS else rolls)
        shown[measure] = publish(counts, protected, {} if measure == ENCOUNTERS else rolls)
    return {
        "hub": hub,
        "academic_year": year,
        "as_of": as_of,
        "schools": [_school(school, shown) for school in schools],
        "totals": _totals(schools, shown),
    }


def own_report(year: str, as_of: str, school: SchoolYear) -> Json:
    """Put a school's own report together, nothing withheld."""
    exact = {measure: whole({school.urn: school.counts[measure]}) for measure in MEASURES}
    return {"academic_year": year, "as_of": as_of, **_school(school, exact, own=True)}


def _school(school: SchoolYear, shown: Mapping[str, Shown], *, own: bool = False) -> Json:
    on_roll = sum(school.on_roll.values())
    counts = {m: shown[m].schools[school.urn] if school.has_data else NOT_AVAILABLE for m in MEASURES}
    return {
        "urn": school.urn,
        "name": school.name,
        "setting": school.setting,
        "on_roll": on_roll if school.has_data else NOT_AVAILABLE,
        "activities": school.activities if school.has_data else NOT_AVAILABLE,
        "encounters": counts[ENCOUNTERS],
        "benchmarks": {b: _cell(counts[b], on_roll, own=own) for b in CREDITED_BENCHMARKS},
        "year_groups": [_year_group(school, g, shown, own=own) for g in sorted(school.on_roll)],
        "scores": None if school.scores is None else dict(school.scores),
        "achieved_count": school.achieved,
        "evaluated_on": school.evaluated_on,
    }


def _year_group(school: SchoolYear, year_group: int, shown: Mapping[str, Shown], *, own: bool) -> Json:
    leaf = (school.urn, year_group)
    on_roll = school.on_roll[year_group]
    return {
        "year_group": year_group,
        "on_roll": on_roll,
        "encounters": shown[ENCOUNTERS].leaves[leaf],
        "benchmarks": {b: _cell(shown[b].leaves[leaf], on_roll, own=own) for b in CREDITED_BENCHMARKS},
    }


def _totals(schools: Sequence[SchoolYear], shown: Mapping[str, Shown]) -> Json:
    counted = [s for s in schools if s.has_data]
    on_roll = sum(sum(s.on_roll.values()) for s in counted)
    shared = [s for s in schools if s.scores is not None]
    return {
        "schools": len(schools),
        "schools_with_roll": len(counted),
        "on_roll": on_roll,
        "activities": sum(s.activities for s in counted),
        "encounters": shown[ENCOUNTERS].hub,
        "benchmarks": {b: _cell(shown[b].hub, on_roll, own=False) for b in CREDITED_BENCHMARKS},
        "schools_reporting": len(shared),
        "mean_achieved": _mean([s.achieved for s in shared if s.achieved is not None]),
        "achieving_percent": {b: _achieving(shared, b) for b in BENCHMARKS},
    }


def _achieving(shared: Sequence[SchoolYear], benchmark: str) -> int | str:
    """Which share of the schools that report has achieved a benchmark, floored."""
    applicable = [s for s in shared if s.scores is not None and benchmark in s.scores]
    if len(applicable) < FEWEST_SCHOOLS:
        return NOT_AVAILABLE
    achieved = sum(1 for s in applicable if s.scores is not None and s.scores[benchmark] == FULL)
    return 100 * achieved // len(applicable)


def _mean(achieved: Sequence[int]) -> float | None:
    return round(sum(achieved) / len(achieved), 2) if len(achieved) >= FEWEST_SCHOOLS else None


def _cell(reached: Count, on_roll: int, *, own: bool) -> Json:
    if reached == NOT_AVAILABLE:
        return {"reached": NOT_AVAILABLE, "coverage_percent": NOT_AVAILABLE}
    if own and isinstance(reached, int):
        return {"reached": reached, "coverage_percent": 100 * reached // on_roll if on_roll else None}
    return {"reached": reached, "coverage_percent": coverage(reached, on_roll)}


def _latest(evaluations: Sequence[Json]) -> Json | None:
    """The school's position: its latest completed evaluation (domain rule 15); ties go to the later told."""
    return max(evaluations, key=lambda e: (e["completed_on"], e["place"])) if evaluations else None
