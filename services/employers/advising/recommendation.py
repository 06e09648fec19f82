"""An employer that an Enterprise Adviser recommends to a school that they work with.

A recommendation belongs to the relationship, not to the adviser: it counts in match rounds while it stands
and the two work together (`active`). It stops counting when they pause, and counts again when they go on.
What was recommended in a relationship that ended does not come back with another one of the same two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import EmployerId, Urn
from services.employers.advising.match import Match, MatchId
from services.employers.model.merging import Merges, survivor_of
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

MOST_STANDING: Final = 20
"""Of one relationship at once. Who recommends everybody tells a round nothing; an adviser's own network has a
handful of employers that fit one school."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One employer, recommended in one relationship from a day on; withdrawn on a day, or standing."""

    match: MatchId
    employer_id: EmployerId
    recommended_on: dt.date
    withdrawn_on: dt.date | None = None

    @property
    def stands(self) -> bool:
        """Whether it was not withdrawn."""
        return self.withdrawn_on is None

    def counts_in(self, match: Match | None) -> bool:
        """Whether a round minds it, with its relationship as it is now."""
        return self.stands and match is not None and match.state == "active"


@dataclass(frozen=True, slots=True)
class Saying:
    """When something is said to be so: a day, or None for today or what was said before."""

    on: dt.date | None
    today: dt.date


def recommend(
    before: Recommendation | None, match: Match, employer: EmployerId, saying: Saying
) -> Recommendation:
    """Recommend an employer, also once more after it was withdrawn; as it is if it stands so already.

    Raises ConflictError unless the two work together, InvalidError for a day that cannot be.
    """
    if before is not None and before.stands and saying.on in {None, before.recommended_on}:
        return before
    if match.state != "active":
        raise ConflictError(
            f"This relationship is {match.state}. An adviser recommends employers to a school while the two "
            "work together; activate it first."
        )
    day = saying.on or saying.today
    _require_day(day, saying.today, _earliest(before, match))
    return Recommendation(match.id, employer, day)


def withdraw(before: Recommendation, saying: Saying) -> Recommendation:
    """Withdraw a recommendation, in whatever state the relationship is; as it is if that was done.

    Raises InvalidError for a day that cannot be.
    """
    if not before.stands:
        return before
    day = saying.on or saying.today
    _require_day(day, saying.today, before.recommended_on)
    return replace(before, withdrawn_on=day)


def recommended_by_school(
    recommendations: Iterable[Recommendation],
    matches: Mapping[MatchId, Match],
    merges: Merges,
    tenant_of: Callable[[str], Urn],
) -> dict[Urn, frozenset[EmployerId]]:
    """Collect what counts, by the school's tenant; a merged employer is the one that it was merged into."""
    found: dict[Urn, set[EmployerId]] = {}
    for one in recommendations:
        match = matches.get(one.match)
        if match is not None and one.counts_in(match):
            found.setdefault(tenant_of(match.urn), set()).add(survivor_of(merges, one.employer_id))
    return {urn: frozenset(employers) for urn, employers in found.items()}


def _earliest(before: Recommendation | None, match: Match) -> dt.date:
    """Find the first day on which something can be recommended: of the work, or of the withdrawal before."""
    began = match.began_on or match.since
    if before is None or before.withdrawn_on is None:
        return began
    return max(began, before.withdrawn_on)


def _require_day(day: dt.date, today: dt.date, earliest: dt.date) -> None:
    reason = None
    if day > today:
        reason = "is in the future"
    elif day < earliest:
        reason = f"is before {earliest.isoformat()}, the first day on which it can have been"
    if reason is not None:
        raise InvalidError("The day cannot be.", (FieldProblem("on", reason),))
