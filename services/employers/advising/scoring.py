"""Which adviser could go to which school, and how well they fit: named reasons, and named integer parts.

A reason of `BARRIERS` is a hard rule: with one, the two cannot be proposed to each other. Otherwise the score
is the sum of its parts, each from the rule file; the same for both sides, who come to different orders by
what they stated and by the queue (`rounds.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.employers.advising.adviser import AT_WORK, Adviser
from services.employers.advising.rules import AdvisingRules
from services.employers.advising.standing import SchoolFacts, Standing
from services.employers.model.directory import Position

BARRIERS: Final[Mapping[str, str]] = {
    "not_inducted": "The adviser is not inducted yet.",
    "not_available": "The adviser is not available: not yet, paused, or no longer an adviser.",
    "capacity_used_up": "The adviser has as many schools, or gives as many hours, as they can.",
    "school_wants_none": "The school has not said that it wants an adviser.",
    "school_has_adviser": "The school has the advisers that it wants, or they are proposed.",
    "already_matched": "The two are proposed to each other, work together, or have paused.",
    "declined_before": "One of the two has declined the other within the last year.",
    "conflict_of_interest": "The adviser has named a conflict of interest with this school.",
    "send_training_needed": "A special school needs an adviser whose SEND training is valid.",
    "too_far": "The school is further than the adviser travels, who would not help from afar.",
}
EARTH_KM: Final = 6_371.0088
"""The mean radius (IUGG)."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well two fit, by part."""

    distance: int
    sector: int
    send_training: int
    seniority: int
    capacity: int
    previous: int
    diversity: int

    @property
    def parts(self) -> dict[str, int]:
        """The parts by name."""
        return {name: getattr(self, name) for name in PARTS}

    @property
    def total(self) -> int:
        """The sum of the parts."""
        # Written out: a round asks for it of every pair, more than once.
        near = self.distance + self.sector + self.send_training
        return near + self.seniority + self.capacity + self.previous + self.diversity


PARTS: Final = tuple(Score.__dataclass_fields__)


def room(adviser: Adviser, standing: Standing, rules: AdvisingRules) -> int:
    """How many more schools an adviser can take: by schools, and by hours at the least a school needs."""
    by_hours = adviser.profile.hours_a_month // rules.hours_a_school.least
    most = min(adviser.profile.capacity_schools, by_hours)
    return max(0, most - standing.places_held.get(adviser.id, 0))


def adviser_barriers(adviser: Adviser, standing: Standing, rules: AdvisingRules) -> tuple[str, ...]:
    """What keeps an adviser from any school."""
    if adviser.state in {"enquiry", "applied"}:
        return ("not_inducted",)
    if adviser.state not in AT_WORK:
        return ("not_available",)
    return () if room(adviser, standing, rules) else ("capacity_used_up",)


def school_barriers(school: SchoolFacts, standing: Standing) -> tuple[str, ...]:
    """What keeps a school from any adviser."""
    if school.need is None or not school.need.wants:
        return ("school_wants_none",)
    full = len(standing.with_school.get(school.urn, ())) >= school.need.wants
    return ("school_has_adviser",) if full else ()


def pair_barriers(adviser: Adviser, school: SchoolFacts, standing: Standing) -> tuple[str, ...]:
    """What keeps these two apart, whatever else they have."""
    profile = adviser.profile
    pair = (adviser.id, school.urn)
    away = distance_km(profile.position, school.position)
    found = {
        "already_matched": pair in standing.open_pairs,
        "declined_before": pair in standing.declined,
        "conflict_of_interest": school.urn in profile.conflicts,
        "send_training_needed": school.special and not profile.send_trained_on(standing.today),
        "too_far": not profile.remote
        and profile.travel_km is not None
        and away is not None
        and away > profile.travel_km,
    }
    return tuple(name for name, holds in found.items() if holds)


def barriers(
    adviser: Adviser, school: SchoolFacts, standing: Standing, rules: AdvisingRules
) -> tuple[str, ...]:
    """Every hard rule that keeps two apart."""
    return (
        *adviser_barriers(adviser, standing, rules),
        *school_barriers(school, standing),
        *pair_barriers(adviser, school, standing),
    )


def score(adviser: Adviser, school: SchoolFacts, standing: Standing, rules: AdvisingRules) -> Score:
    """Say how well two fit."""
    profile, weights = adviser.profile, rules.weights
    stated = () if school.need is None else school.need.sectors
    stays_trained = profile.send_trained_on(
        standing.today + dt.timedelta(days=weights.send_training.valid_for_days)
    )
    return Score(
        distance=_distance_points(adviser, school, rules),
        sector=weights.sector.points if profile.sic_section in {*stated, *school.pupils_want} else 0,
        send_training=weights.send_training.points if school.special and stays_trained else 0,
        seniority=weights.seniority.points.get(profile.seniority, 0),
        capacity=weights.capacity.an_hour * _hours_left(adviser, standing, rules),
        previous=_previous_points(adviser, school, standing, rules),
        diversity=_diversity_points(adviser, standing, rules),
    )


def distance_km(one: Position | None, other: Position | None) -> float | None:
    """Measure along the great circle (haversine); None where a position is not known."""
    if one is None or other is None:
        return None
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    half_north = math.sin((north - south) / 2) ** 2
    half_east = math.sin(math.radians(one.longitude - other.longitude) / 2) ** 2
    half = half_north + math.cos(north) * math.cos(south) * half_east
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def _distance_points(adviser: Adviser, school: SchoolFacts, rules: AdvisingRules) -> int:
    weight = rules.weights.distance
    away = distance_km(adviser.profile.position, school.position)
    near = 0
    if away is not None and away < weight.none_from_km:
        near = math.floor(weight.most * (1 - away / weight.none_from_km))
    return max(near, weight.remote) if adviser.profile.remote else near


def _hours_left(adviser: Adviser, standing: Standing, rules: AdvisingRules) -> int:
    """Hours a month that are left for one more school, no more than are usual."""
    given = standing.places_held.get(adviser.id, 0) * rules.hours_a_school.usual
    left = max(rules.hours_a_school.least, adviser.profile.hours_a_month - given)
    return min(rules.hours_a_school.usual, left)


def _previous_points(adviser: Adviser, school: SchoolFacts, standing: Standing, rules: AdvisingRules) -> int:
    weight = rules.weights.previous
    ended = standing.parted.get((adviser.id, school.urn))
    if ended in weight.good_ends:
        return weight.good
    return weight.poor if ended in weight.poor_ends else 0


def _diversity_points(adviser: Adviser, standing: Standing, rules: AdvisingRules) -> int:
    section = adviser.profile.sic_section
    if section is None:
        return 0
    everybody = sum(standing.sections.values())
    same = standing.sections.get(section, 0)
    most = rules.weights.diversity.most
    return most if not everybody else most * (everybody - same) // everybody
