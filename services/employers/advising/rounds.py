"""A round: a stable matching of the schools that want an adviser and the advisers who have room.

Schools ask (`stable.resident_optimal`), so of all stable rounds this is the best for every school.

- A school's order: the advisers that it named, as named; then the others by score; ties by id.
- An adviser's order: the schools that they named, as named; then the others by the queue's band, within a
  band by score, then by who has waited longest; ties by URN.

In a stable matching nobody is served *earlier*: the result depends on the orders alone. To be first in the
queue therefore means to stand first with the advisers. Of two schools that would both have an adviser who has
named neither, the one in the earlier band has them. Bands: special schools and alternative provision that are
without an adviser; then by days of waiting (rule file); last those who want a second. It cannot be otherwise
in a stable round: the two would block it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.vocabulary import Urn
from services.employers.advising.adviser import Adviser, AdviserId
from services.employers.advising.blocking import blocking_pairs
from services.employers.advising.rules import AdvisingRules
from services.employers.advising.scoring import (
    Score,
    adviser_barriers,
    pair_barriers,
    room,
    school_barriers,
    score,
)
from services.employers.advising.stable import Hospital, Instance, Placement, resident_optimal
from services.employers.advising.standing import SchoolFacts, Standing

Scores = Mapping[tuple[AdviserId, Urn], Score]


@dataclass(frozen=True, slots=True)
class Place:
    """A school's place in the queue: lower bands first."""

    band: int
    since: dt.date


@dataclass(frozen=True, slots=True)
class Line:
    """One proposal: how well they fit, and how dear each is to the other (1 is dearest)."""

    urn: Urn
    adviser: AdviserId
    score: Score
    place: Place
    rank_for_school: int
    rank_for_adviser: int
    named_by_school: bool
    named_by_adviser: bool


@dataclass(frozen=True, slots=True)
class Left:
    """A school without a proposal, or an adviser with room left, and why.

    `barriers` counts the others by the first hard rule that keeps them apart; `dearer` names those who could
    come together with them and have somebody whom they prefer.
    """

    id: str
    barriers: Mapping[str, int]
    dearer: tuple[str, ...]
    place: Place | None = None
    room: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """A proposal; `blocking` are the pairs that would rather have each other: none."""

    lines: tuple[Line, ...]
    schools_left: tuple[Left, ...]
    advisers_left: tuple[Left, ...]
    blocking: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part: everybody there is; those who cannot are told why."""

    advisers: Sequence[Adviser]
    schools: Sequence[SchoolFacts]


def propose_round(parties: Parties, standing: Standing, rules: AdvisingRules) -> Round:
    """Propose advisers to the schools that want one."""
    schools = {s.urn: s for s in parties.schools if not school_barriers(s, standing)}
    advisers = {a.id: a for a in parties.advisers if not adviser_barriers(a, standing, rules)}
    scores: dict[tuple[AdviserId, Urn], Score] = {}
    apart: dict[tuple[AdviserId, Urn], str] = {}
    for adviser in advisers.values():
        for school in schools.values():
            if found := pair_barriers(adviser, school, standing):
                apart[adviser.id, school.urn] = found[0]
            else:
                scores[adviser.id, school.urn] = score(adviser, school, standing, rules)
    places = {urn: place_of(school, standing, rules) for urn, school in schools.items()}
    orders = _Orders(advisers, schools, scores, places)
    instance = orders.instance({one.id: room(one, standing, rules) for one in advisers.values()})
    placement = resident_optimal(instance)
    away = Counter(
        adviser_barriers(one, standing, rules)[0] for one in parties.advisers if one.id not in advisers
    )
    lines = [orders.line(instance, Urn(urn), AdviserId(one)) for urn, one in placement.items()]
    return Round(
        lines=tuple(sorted(lines, key=lambda line: (line.place.band, line.place.since, line.urn))),
        schools_left=_schools_left(instance, placement, (places, apart, away)),
        advisers_left=_advisers_left(instance, placement, apart),
        blocking=tuple(blocking_pairs(instance, placement)),
    )


def place_of(school: SchoolFacts, standing: Standing, rules: AdvisingRules) -> Place:
    """Say where a school stands in the queue."""
    since = standing.waits_since(school)
    last = len(rules.queue.waiting_days) + 2
    if since is None:
        return Place(last, standing.today)
    if school.special:
        return Place(0, since)
    waited = (standing.today - since).days
    bands = enumerate(rules.queue.waiting_days, start=1)
    return Place(next((band for band, least in bands if waited >= least), last - 1), since)


@dataclass(frozen=True, slots=True)
class _Orders:
    """Makes each side's order of the other."""

    advisers: Mapping[AdviserId, Adviser]
    schools: Mapping[Urn, SchoolFacts]
    scores: Scores
    places: Mapping[Urn, Place]

    def instance(self, rooms: Mapping[AdviserId, int]) -> Instance:
        """Put the orders together."""
        could: dict[AdviserId, list[Urn]] = {one: [] for one in self.advisers}
        would: dict[Urn, list[AdviserId]] = {urn: [] for urn in self.schools}
        for adviser, urn in self.scores:
            could[adviser].append(urn)
            would[urn].append(adviser)
        return Instance(
            residents={urn: self._order_of_school(urn, those) for urn, those in would.items()},
            hospitals={
                one: Hospital(rooms[one], self._order_of_adviser(one, those)) for one, those in could.items()
            },
        )

    def _order_of_school(self, urn: Urn, those: list[AdviserId]) -> tuple[str, ...]:
        need = self.schools[urn].need
        named = {one: rank for rank, one in enumerate(() if need is None else need.preferences)}
        return tuple(
            sorted(those, key=lambda one: (named.get(one, len(named)), -self.scores[one, urn].total, one))
        )

    def _order_of_adviser(self, adviser: AdviserId, those: list[Urn]) -> tuple[str, ...]:
        named = {urn: rank for rank, urn in enumerate(self.advisers[adviser].profile.preferences)}

        def order(urn: Urn) -> tuple[int, int, int, dt.date, Urn]:
            place = self.places[urn]
            total = self.scores[adviser, urn].total
            return named.get(urn, len(named)), place.band, -total, place.since, urn

        return tuple(sorted(those, key=order))

    def line(self, instance: Instance, urn: Urn, adviser: AdviserId) -> Line:
        """Write a proposal out."""
        need = self.schools[urn].need
        return Line(
            urn=urn,
            adviser=adviser,
            score=self.scores[adviser, urn],
            place=self.places[urn],
            rank_for_school=instance.residents[urn].index(adviser) + 1,
            rank_for_adviser=instance.hospitals[adviser].preferences.index(urn) + 1,
            named_by_school=need is not None and adviser in need.preferences,
            named_by_adviser=urn in self.advisers[adviser].profile.preferences,
        )


def _schools_left(
    instance: Instance,
    placement: Placement,
    known: tuple[Mapping[Urn, Place], Mapping[tuple[AdviserId, Urn], str], Counter[str]],
) -> tuple[Left, ...]:
    """Say why schools are left: what bars those who cannot come, and who is full with dearer ones."""
    places, apart, away = known
    reasons: dict[str, Counter[str]] = {}
    for (_, urn), barrier in apart.items():
        reasons.setdefault(urn, Counter())[barrier] += 1
    left = [
        Left(urn, dict(away + reasons.get(urn, Counter())), wanted, place=places[Urn(urn)])
        for urn, wanted in instance.residents.items()
        if urn not in placement
    ]
    return tuple(sorted(left, key=lambda one: (one.place.band, one.place.since, one.id) if one.place else ()))


def _advisers_left(
    instance: Instance, placement: Placement, apart: Mapping[tuple[AdviserId, Urn], str]
) -> tuple[Left, ...]:
    """Say why advisers have room left: the barriers, and which schools have an adviser they prefer."""
    reasons: dict[str, Counter[str]] = {}
    for (adviser, _), barrier in apart.items():
        reasons.setdefault(adviser, Counter())[barrier] += 1
    taken = Counter(placement.values())
    return tuple(
        Left(
            one,
            dict(reasons.get(one, Counter())),
            tuple(urn for urn in hospital.preferences if placement[urn] != one),
            room=hospital.capacity - taken[one],
        )
        for one, hospital in sorted(instance.hospitals.items())
        if hospital.capacity > taken[one]
    )
