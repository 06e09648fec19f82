"""Two plans side by side: what a change of terms or of the round does, before anybody commits to it.

The price of fairness is such a comparison (the same round at strength 0), and so are what-if (another round)
and the shadow price of something scarce (the round with one more of it).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Final

from contracts.vocabulary import EmployerId
from services.employers.matching import limits
from services.employers.matching.checks import YEAR_GROUPS
from services.employers.matching.plan import Line, Objective, Plan, SchoolOutcome, by_pair
from services.employers.matching.propose import Terms, propose
from services.employers.matching.round import Employer, MatchRound, Offer, OfferId, Position


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two plans: `added` and `removed` lines, and schools as they were and are."""

    before: Plan
    after: Plan
    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    schools: tuple[tuple[SchoolOutcome | None, SchoolOutcome | None], ...]

    @property
    def matches(self) -> int:
        """How many more lines there are."""
        return len(self.after.lines) - len(self.before.lines)

    @property
    def cost(self) -> int:
        """How many more points they cost."""
        return self.after.objective.cost - self.before.objective.cost

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {
            "matches": self.matches,
            "cost": self.cost,
            "worth": self.after.worth - self.before.worth,
            "objective": {"before": self.before.objective.to_json(), "after": self.after.objective.to_json()},
            "worst_school": {"before": _school(self.before.worst), "after": _school(self.after.worst)},
            "schools": [
                {"before": _school(before), "after": _school(after)} for before, after in self.schools
            ],
            "added": [line.to_json() for line in self.added],
            "removed": [line.to_json() for line in self.removed],
        }


def _school(outcome: SchoolOutcome | None) -> dict[str, Any] | None:
    return outcome.to_json() if outcome is not None else None


def compare(before: Plan, after: Plan) -> Comparison:
    """Set two plans side by side; schools that have the same of the same are left out."""
    old, new = by_pair(before.lines), by_pair(after.lines)
    were = {school.urn: school for school in before.schools}
    are = {school.urn: school for school in after.schools}
    return Comparison(
        before=before,
        after=after,
        added=tuple(line for line in after.lines if line.pair not in old),
        removed=tuple(line for line in before.lines if line.pair not in new),
        schools=tuple(
            (were.get(urn), are.get(urn)) for urn in sorted({*were, *are}) if were.get(urn) != are.get(urn)
        ),
    )


def price_of_fairness(match_round: MatchRound, terms: Terms, plan: Plan) -> Comparison:
    """Compare the best plan without any fairness with this one: what fairness costs, and whom it helps."""
    return compare(propose(match_round, replace(terms, fairness=0)), plan)


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What one more employer would be worth: `gain` is the objective without it, less the one with it."""

    what: str
    sector: str | None
    gain: Objective

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {"what": self.what, "sector": self.sector, "gain": self.gain.to_json()}


ONE_MORE: Final = EmployerId("one-more")


def shadow_prices(match_round: MatchRound, terms: Terms, plan: Plan) -> tuple[ShadowPrice, ...]:
    """Solve again with one more employer, in the middle of the schools, who can be asked once for anything.

    Once without evidence for SEND in each sector that a need names, once confident of SEND without a sector,
    and once with neither, which tells what of the others is for the ask alone. The dearest come first.
    """
    named = sorted({section for need in match_round.needs for section in need.sectors})
    wanted: list[tuple[str, str | None, bool]] = [("employer", None, False)]
    if any(need.send for need in match_round.needs):
        wanted.append(("SEND-confident employer", None, True))
    wanted += [("employer of this sector", section, False) for section in named]
    prices = [
        ShadowPrice(
            what,
            section,
            plan.objective - propose(_with_one_more(match_round, section, send), terms).objective,
        )
        for what, section, send in wanted
    ]
    return tuple(sorted(prices, key=lambda price: (price.gain, price.sector or ""), reverse=True))


def _with_one_more(match_round: MatchRound, section: str | None, send: bool) -> MatchRound:  # noqa: FBT001
    employer = Employer(
        id=ONE_MORE,
        name="One more employer",
        sic_section=section,
        size_band="unknown",
        position=_middle(match_round),
        ask_budget=1,
    )
    offers = tuple(_offers_of_anything(match_round, send=send))
    return replace(
        match_round,
        employers=(*match_round.employers, employer),
        offers=(*match_round.offers, *offers),
    )


def _offers_of_anything(match_round: MatchRound, *, send: bool) -> Iterator[Offer]:
    for kind in sorted({need.type for need in match_round.needs}):
        for virtual in (False, True):
            yield Offer(
                id=OfferId(f"{ONE_MORE}-{kind}-{'virtual' if virtual else 'in-person'}"),
                employer_id=ONE_MORE,
                type=kind,
                year_groups=frozenset(YEAR_GROUPS),
                group_size=limits.MOST_PUPILS,
                capacity=1,
                radius_km=limits.MOST_RADIUS_KM,
                virtual=virtual,
                send="evidenced" if send else "none",
                safeguarding_until=dt.date.max,
            )


def _middle(match_round: MatchRound) -> Position | None:
    """Find the school nearest to the middle: the middle itself might be in the sea."""
    known = [school.position for school in match_round.schools if school.position is not None]
    if not known:
        return None
    latitude, longitude = fmean(p.latitude for p in known), fmean(p.longitude for p in known)
    return min(
        known,
        key=lambda p: (
            (p.latitude - latitude) ** 2 + (p.longitude - longitude) ** 2,
            p.latitude,
            p.longitude,
        ),
    )
