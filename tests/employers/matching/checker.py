"""Rules and costs once more, one pair at a time, by separate and naive code: what a plan is held against."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from services.employers.matching.plan import Plan
from services.employers.matching.round import (
    Apart,
    Employer,
    MatchRound,
    Need,
    Offer,
    Pair,
    Position,
    School,
)
from services.employers.matching.weights import Weights


class Checker:
    """Judges pairs and plans of one round."""

    def __init__(self, match_round: MatchRound, weights: Weights) -> None:
        self.round = match_round
        self.weights = weights
        self.schools = {each.urn: each for each in match_round.schools}
        self.employers = {each.id: each for each in match_round.employers}
        self.offers = {each.id: each for each in match_round.offers}
        self.needs = {each.id: each for each in match_round.needs}

    def broken(self, pair: Pair) -> set[str]:
        """Name the rules that a pair breaks."""
        need, offer = self.needs[pair.need_id], self.offers[pair.offer_id]
        employer, school = self.employers[offer.employer_id], self.schools[need.urn]
        kept = {
            "type": need.type == offer.type,
            "year_group": need.year_groups <= offer.year_groups,
            "group_size": need.pupils <= offer.group_size,
            "mode": need.mode == "either" or (need.mode == "virtual") == offer.virtual,
            "send": not need.send or offer.send != "none",
            "safeguarding": self._safe(offer),
            "distance": offer.virtual or hectometres(school, employer) <= offer.radius_km * 10,
            "days": _share_a_day(need, offer),
            "exclusion": pair not in self.round.excluded
            and Apart(need.urn, employer.id) not in self.round.apart,
        }
        return {name for name, is_kept in kept.items() if not is_kept}

    def _safe(self, offer: Offer) -> bool:
        last = max(offer.days) if offer.days else self.round.ends_on
        return offer.safeguarding_until is not None and offer.safeguarding_until >= last

    def cost(self, pair: Pair) -> int:
        """Add up what a pair costs by itself."""
        need, offer = self.needs[pair.need_id], self.offers[pair.offer_id]
        employer, school = self.employers[offer.employer_id], self.schools[need.urn]
        cost = 0 if offer.virtual else self.weights.of("distance") * (hectometres(school, employer) // 10)
        if offer.virtual and need.mode == "either":
            cost += self.weights.of("virtual")
        if need.sectors and employer.sic_section not in need.sectors:
            cost += self.weights.of("sector")
        if school.interests:
            most = max(school.interests.values())
            count = school.interests.get(employer.sic_section or "?", 0)
            cost += self.weights.of("interests") * (10 * (most - count) // most)
        if employer.id in school.worked_with:
            cost += self.weights.of("again")
        cost += self.weights.of("size") * min(school.met_sizes.get(employer.size_band, 0), 3)
        if need.send and offer.send != "evidenced":
            cost += self.weights.of("send")
        if employer.id in school.recommended:
            cost += self.weights.of("adviser")
        if pair in self.round.previous:
            cost += self.weights.of("stay")
        return cost

    def tier(self, part: str, turn: int) -> int:
        """What the (turn + 1)th costs."""
        points = self.weights.tiers_of("load" if part == "load" else "variety")
        return points[min(turn, len(points) - 1)]

    def total(self, pairs: set[Pair] | frozenset[Pair]) -> int:
        """Add up what all of these cost together."""
        asks: Counter[str] = Counter()
        sectors: defaultdict[Need, Counter[str | None]] = defaultdict(Counter)
        cost = 0
        for pair in pairs:
            need = self.needs[pair.need_id]
            employer = self.employers[self.offers[pair.offer_id].employer_id]
            met = self.schools[need.urn].met_sectors.get(employer.sic_section or "?", 0)
            cost += self.cost(pair) + self.tier("load", employer.asked + asks[employer.id])
            cost += self.tier("variety", met + sectors[need][employer.sic_section])
            asks[employer.id] += 1
            sectors[need][employer.sic_section] += 1
        return cost

    def check(self, plan: Plan) -> None:
        """Fail for a plan that breaks anything, or that says anything wrong of itself."""
        pairs = [line.pair for line in plan.lines]
        assert len(set(pairs)) == len(pairs)
        assert set(self.round.locks) <= set(pairs)
        assert all(not self.broken(pair) for pair in pairs)
        by_need = Counter(pair.need_id for pair in pairs)
        by_offer = Counter(pair.offer_id for pair in pairs)
        by_employer = Counter(self.offers[pair.offer_id].employer_id for pair in pairs)
        assert all(count <= self.needs[key].slots for key, count in by_need.items())
        assert all(count <= self.offers[key].capacity for key, count in by_offer.items())
        assert all(count <= self.employers[key].ask_budget for key, count in by_employer.items())
        assert plan.objective.cost == self.total(plan.pairs) == sum(line.cost for line in plan.lines)
        met = Counter(self.needs[pair.need_id].urn for pair in pairs)
        assert {each.urn: each.met for each in plan.schools} == {urn: met[urn] for urn in self.schools}
        assert plan.objective.unmet == sum(need.slots for need in self.round.needs) - len(pairs)
        assert plan.objective.unmet == sum(each.wanted - each.met for each in plan.unmet)


def hectometres(school: School, employer: Employer) -> int:
    """Measure by the law of cosines, which the engine does not use."""
    if school.position is None or employer.position is None:
        return 10**9
    return round(63_710 * _angle(school.position, employer.position))


def _angle(here: Position, there: Position) -> float:
    a, b = math.radians(here.latitude), math.radians(there.latitude)
    east = math.radians(there.longitude - here.longitude)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(east)
    return math.acos(max(-1.0, min(1.0, cosine)))


def _share_a_day(need: Need, offer: Offer) -> bool:
    if need.days is None:
        return offer.days is None or bool(offer.days)
    return bool(need.days if offer.days is None else need.days & offer.days)
