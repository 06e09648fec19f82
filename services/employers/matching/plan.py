"""A plan: its lines with the parts of their costs, what each school has of what it wants, what stays unmet.

`digest` is SHA-256 over one way of writing a plan as JSON, so equal plans have equal digests, whoever
computed them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from contracts.vocabulary import EmployerId, Urn
from services.employers.matching.round import NeedId, OfferId, Pair

DIGITS: Final = 4
"""Of a satisfaction that is shown, cut off and not rounded: 0.9999 is not all (domain rule 2)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One match: a slot of a need met by an offer. `parts` sum to `cost`."""

    need_id: NeedId
    offer_id: OfferId
    urn: Urn
    employer_id: EmployerId
    locked: bool
    parts: tuple[tuple[str, int], ...]

    @property
    def pair(self) -> Pair:
        """Which need meets which offer."""
        return Pair(self.need_id, self.offer_id)

    @property
    def cost(self) -> int:
        """Add the parts up, in points."""
        return sum(points for _, points in self.parts)

    def to_json(self) -> dict[str, Any]:
        """Render, with the parts that are not nothing."""
        return {
            "need": self.need_id,
            "offer": self.offer_id,
            "urn": self.urn,
            "employer": self.employer_id,
            "locked": self.locked,
            "cost": self.cost,
            "parts": {name: points for name, points in self.parts if points},
        }


@dataclass(frozen=True, slots=True)
class SchoolOutcome:
    """How many of the slots that a school wants are met."""

    urn: Urn
    wanted: int
    met: int

    @property
    def satisfaction(self) -> Fraction | None:
        """The share met; None for a school that wants nothing."""
        return Fraction(self.met, self.wanted) if self.wanted else None

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {
            "urn": self.urn,
            "wanted": self.wanted,
            "met": self.met,
            "satisfaction": shown(self.satisfaction),
        }


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A need of which slots stay unmet."""

    need_id: NeedId
    urn: Urn
    wanted: int
    met: int

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {"need": self.need_id, "urn": self.urn, "wanted": self.wanted, "met": self.met}


@dataclass(frozen=True, slots=True, order=True)
class Objective:
    """What is made as small as can be, the first first: slots unmet, unfairness, cost in points.

    Unfairness adds up every slot's price (`fairness.py`): in steps at full strength, and then it counts for
    more than any cost; in points below, and then it is added to the cost.
    """

    unmet: int
    unfairness: int
    cost: int

    def __add__(self, other: Objective) -> Objective:
        return Objective(self.unmet + other.unmet, self.unfairness + other.unfairness, self.cost + other.cost)

    def __sub__(self, other: Objective) -> Objective:
        return Objective(self.unmet - other.unmet, self.unfairness - other.unfairness, self.cost - other.cost)

    def to_json(self) -> dict[str, int]:
        """Render."""
        return {"unmet": self.unmet, "unfairness": self.unfairness, "cost": self.cost}


@dataclass(frozen=True, slots=True)
class Plan:
    """The best plan of a round at one strength of fairness (thousandths); `weighed` is the flow's cost."""

    weights_version: str
    fairness: int
    objective: Objective
    weighed: int
    worth: int
    lines: tuple[Line, ...]
    schools: tuple[SchoolOutcome, ...]
    unmet: tuple[Shortfall, ...]

    @property
    def pairs(self) -> frozenset[Pair]:
        """All lines, without their costs."""
        return frozenset(line.pair for line in self.lines)

    @property
    def worst(self) -> SchoolOutcome | None:
        """The school with the least share of what it wants, the first by URN; None if none wants any."""
        wanting = [school for school in self.schools if school.wanted]
        return min(
            wanting, key=lambda school: (Fraction(school.met, school.wanted), school.urn), default=None
        )

    @property
    def digest(self) -> str:
        """The plan's hash."""
        text = json.dumps(self._canonical(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _canonical(self) -> dict[str, Any]:
        return {
            "weights": self.weights_version,
            "fairness": self.fairness,
            "objective": self.objective.to_json(),
            "lines": [[line.need_id, line.offer_id, line.locked, line.parts] for line in self.lines],
            "schools": [[school.urn, school.wanted, school.met] for school in self.schools],
        }

    def to_json(self) -> dict[str, Any]:
        """Render."""
        worst = self.worst
        return {
            "digest": self.digest,
            "weights": self.weights_version,
            "fairness": self.fairness / 1000,
            "objective": self.objective.to_json(),
            "matches": len(self.lines),
            "worth": self.worth,
            "worst_school": worst.to_json() if worst else None,
            "lines": [line.to_json() for line in self.lines],
            "schools": [school.to_json() for school in self.schools],
            "unmet": [each.to_json() for each in self.unmet],
        }


def shown(share: Fraction | None) -> float | None:
    """Cut a share to the digits that are shown."""
    if share is None:
        return None
    scale: int = 10**DIGITS
    return share.numerator * scale // share.denominator / scale


def by_pair(lines: Iterable[Line]) -> dict[Pair, Line]:
    """Index lines."""
    return {line.pair: line for line in lines}
