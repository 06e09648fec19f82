"""The single changes that would open a way for an unmet slot, priced.

A price is in points: from the need to where the change is, the change, and from there to the sink, over the
residual network of the plan (`repair.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from contracts.vocabulary import EmployerId
from services.employers.matching.columns import Bools, Columns, Ints
from services.employers.matching.costs import HM_PER_KM, arc_costs
from services.employers.matching.geography import FAR_HM
from services.employers.matching.graph import taken_by
from services.employers.matching.hard_rules import RuleName, broken_by
from services.employers.matching.propose import Solved
from services.employers.matching.residual import FAR, Residual
from services.employers.matching.round import NeedId, OfferId
from services.employers.matching.weights import Repair, Weights

Relaxable = Literal["year_group", "group_size", "mode", "send", "safeguarding", "distance", "days"]
MOST_OF_A_KIND: Final = 8
"""Ways of one kind that are kept: only the cheapest of all are tried."""
RELAXABLE: Final[tuple[Relaxable, ...]] = (
    *("year_group", "group_size", "mode"),
    *("send", "safeguarding", "distance", "days"),
)
"""Another type is another need, and an exclusion is somebody's decision."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a round: one more of an offer or a budget, or one rule relaxed for one need and offer.

    `points` is how much it asks of people. `radius_km` is the new radius, where that is the change.
    """

    kind: Repair
    need_id: NeedId
    employer_id: EmployerId
    offer_id: OfferId | None
    points: int
    radius_km: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Render."""
        body = {
            "change": self.kind,
            "employer": self.employer_id,
            "offer": self.offer_id,
            "points": self.points,
        }
        return body if self.radius_km is None else body | {"radius_km": self.radius_km}


@dataclass(frozen=True, slots=True)
class Ways:
    """What stands in a need's way, as counts of offers, and the changes that open one, the cheapest first."""

    in_the_way: tuple[tuple[str, int], ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where one need stands: its row, its distances, and what it could cost with every offer of its type."""

    need: int
    from_need: Ints
    offers: Ints
    broken: dict[RuleName, Bools]
    how_many: Ints
    own: Bools


class WaySearch:
    """Finds ways in one plan's residual network."""

    def __init__(self, solved: Solved, weights: Weights, residual: Residual, to_sink: Ints) -> None:
        self._solved = solved
        self._weights = weights
        self._residual = residual
        self._to_sink = to_sink
        self._locked = taken_by(solved.columns, *solved.columns.locks)

    def ways_for(self, need: int) -> Ways:
        """Find the ways of one need, by its row."""
        spot = self._spot(need)
        priced = [*self._relaxed(spot), *self._locked_up(spot), *self._fuller(spot), *self._over_budget(spot)]
        priced.sort(key=lambda each: (each[0], each[1].kind, each[1].employer_id, each[1].offer_id or ""))
        return Ways(self._in_the_way(spot), tuple(change for _, change in priced))

    @property
    def _columns(self) -> Columns:
        return self._solved.columns

    def _spot(self, need: int) -> _Spot:
        c = self._columns
        offers = np.flatnonzero(c.offers.type == c.needs.type[need])
        broken = broken_by(c, np.full(offers.size, need, dtype=np.int64), offers)
        need_id = c.round.needs[need].id
        own = {line.offer_id for line in self._solved.plan.lines if line.need_id == need_id}
        return _Spot(
            need=need,
            from_need=self._residual.from_node(self._solved.network.nodes.need + need),
            offers=offers,
            broken=broken,
            how_many=np.sum([*broken.values()], axis=0),
            own=np.array([c.round.offers[offer].id in own for offer in offers.tolist()], dtype=bool),
        )

    def _in_the_way(self, spot: _Spot) -> tuple[tuple[str, int], ...]:
        counts: dict[str, int] = {
            name: int((rule & (spot.how_many == 1)).sum()) for name, rule in spot.broken.items()
        }
        counts["several"] = int((spot.how_many > 1).sum())
        counts["own"] = int(spot.own.sum())
        counts["taken"] = int(((spot.how_many == 0) & ~spot.own).sum())
        return tuple(sorted((name, count) for name, count in counts.items() if count))

    def _relaxed(self, spot: _Spot) -> Iterator[tuple[int, Change]]:
        """One rule, for one offer that has room or whose users can give way."""
        c, nodes = self._columns, self._solved.network.nodes
        employers = nodes.employer + c.offers.employer[spot.offers]
        node = nodes.offer[spot.offers]
        free = c.offers.capacity[spot.offers] > self._locked.offer[spot.offers]
        onward = np.where(node >= 0, self._to_sink[node], np.where(free, self._to_sink[employers], FAR))
        for name in RELAXABLE:
            chosen = spot.broken[name] & (spot.how_many == 1) & (onward < FAR // 2)
            if name == "distance":
                chosen &= self._distance(spot, spot.offers) < FAR_HM
            yield from self._direct(spot, name, spot.offers[chosen], onward[chosen])

    def _locked_up(self, spot: _Spot) -> Iterator[tuple[int, Change]]:
        """Offers and budgets of which there is nothing left but for locked lines: no arc leads there."""
        c, nodes = self._columns, self._solved.network.nodes
        allowed = (spot.how_many == 0) & ~spot.own
        employer = c.offers.employer[spot.offers]
        full = c.offers.capacity[spot.offers] <= self._locked.offer[spot.offers]
        spent = c.employers.budget[employer] <= self._locked.employer[employer]
        onward = self._to_sink[nodes.employer + employer]
        chosen = allowed & full & ~spent & (onward < FAR // 2)
        yield from self._direct(spot, "capacity", spot.offers[chosen], onward[chosen])
        chosen = allowed & spent & ~full
        yield from self._direct(spot, "budget", spot.offers[chosen], self._next_load(employer[chosen]))

    def _direct(self, spot: _Spot, kind: Repair, offers: Ints, onward: Ints) -> Iterator[tuple[int, Change]]:
        """Price a new arc from the need to each of these offers."""
        cost = arc_costs(
            self._columns, self._weights, np.full(offers.size, spot.need, dtype=np.int64), offers
        )
        price = cost + onward * self._solved.network.unit
        for place in np.argsort(price, kind="stable")[:MOST_OF_A_KIND].tolist():
            yield self._priced(spot, kind, int(offers[place]), int(price[place]))

    def _fuller(self, spot: _Spot) -> Iterator[tuple[int, Change]]:
        """One more of an offer that is full."""
        network = self._solved.network
        arcs, flows = network.arcs, self._solved.flows
        full = flows[network.offers] >= arcs.capacity[network.offers]
        there = spot.from_need[arcs.tail[network.offers]]
        price = (there + self._to_sink[arcs.head[network.offers]]) * full
        ways = np.flatnonzero(full & (price < FAR // 2))
        offers = np.flatnonzero(network.nodes.offer >= 0)
        for place in ways[np.argsort(price[ways], kind="stable")][:MOST_OF_A_KIND].tolist():
            yield self._priced(spot, "capacity", int(offers[place]), int(price[place]) * network.unit)

    def _over_budget(self, spot: _Spot) -> Iterator[tuple[int, Change]]:
        """One more ask of an employer who has been asked as often as agreed."""
        c, network = self._columns, self._solved.network
        employers = np.arange(c.employers.budget.size, dtype=np.int64)
        there = spot.from_need[network.nodes.employer + employers]
        spent = np.flatnonzero((there < FAR // 2) & (self._asks() >= c.employers.budget))
        price = there[spent] * network.unit + self._next_load(spent) * network.unit
        for place in np.argsort(price, kind="stable")[:MOST_OF_A_KIND].tolist():
            employer = c.round.employers[int(spent[place])]
            points = self._weights.repairs["budget"].points
            change = Change("budget", c.round.needs[spot.need].id, employer.id, None, points)
            yield int(price[place]) + points, change

    def _asks(self) -> Ints:
        c = self._columns
        places = {employer.id: place for place, employer in enumerate(c.round.employers)}
        asked = [places[line.employer_id] for line in self._solved.plan.lines]
        return np.bincount(np.array(asked, dtype=np.int64), minlength=c.employers.budget.size)

    def _next_load(self, employers: Ints) -> Ints:
        """Look up what one more ask of these employers costs, in units of the network."""
        tiers = np.array(self._weights.tiers_of("load"), dtype=np.int64)
        turn = self._asks()[employers] + self._columns.employers.asked[employers]
        load: Ints = tiers[np.minimum(turn, tiers.size - 1)] // self._solved.network.unit
        return load

    def _distance(self, spot: _Spot, offers: Ints) -> Ints:
        c = self._columns
        distance: Ints = c.tables.distance_hm[c.needs.school[spot.need], c.offers.employer[offers]]
        return distance

    def _priced(self, spot: _Spot, kind: Repair, offer: int, price: int) -> tuple[int, Change]:
        c = self._columns
        points = self._weights.repairs[kind].points
        offered = c.round.offers[offer]
        radius = None
        if kind == "distance":
            distance = int(self._distance(spot, np.array([offer]))[0])
            radius = -(-distance // HM_PER_KM)
            points += radius - offered.radius_km
        need_id = c.round.needs[spot.need].id
        return price + points, Change(kind, need_id, offered.employer_id, offered.id, points, radius)
