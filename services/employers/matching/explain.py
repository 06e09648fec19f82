"""Why a line is in a plan, and why another is not: by solving again without the one, or with the other.

A loss is exact: the objective of the best plan that there is then, less that of the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from contracts.vocabulary import EmployerId
from services.employers.matching.columns import Columns, Ints, columns_of
from services.employers.matching.compare import compare
from services.employers.matching.hard_rules import RULES, RuleName
from services.employers.matching.plan import Line, Objective, Plan
from services.employers.matching.propose import Terms, propose
from services.employers.matching.round import MatchRound, NeedId, OfferId, Pair
from services.runtime.errors import NotFoundError

Cap = Literal["offer_full", "ask_budget_spent"]
Bound = Literal["capacity", "ask_budget", "slots"]
"""What locked lines alone have used up."""


@dataclass(frozen=True, slots=True)
class LineReason:
    """A line's cost by part, what of its employer's is used up, and the best plan without it.

    `instead` are the lines that this need gets then; none if the slot stays unmet. A locked line has no
    `loss`: it is not there for its cost.
    """

    line: Line
    caps: tuple[Cap, ...]
    instead: tuple[Line, ...]
    loss: Objective | None

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {
            **self.line.to_json(),
            "caps": list(self.caps),
            "runner_up": [line.to_json() for line in self.instead],
            "loss": self.loss.to_json() if self.loss else None,
        }


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why an offer is not a need's: `blocked_by` a rule or by locked lines, or what it would lose.

    Neither, and no loss at all, for one that is in the plan. `displaced` are the lines that would go,
    `added` those that would come.
    """

    need_id: NeedId
    offer_id: OfferId
    in_plan: bool
    blocked_by: tuple[RuleName | Bound, ...] = ()
    loss: Objective | None = None
    displaced: tuple[Line, ...] = ()
    added: tuple[Line, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {
            "need": self.need_id,
            "offer": self.offer_id,
            "in_plan": self.in_plan,
            "blocked_by": list(self.blocked_by),
            "loss": self.loss.to_json() if self.loss else None,
            "displaced": [line.to_json() for line in self.displaced],
            "added": [line.to_json() for line in self.added],
        }


def explain_lines(
    match_round: MatchRound, terms: Terms, plan: Plan, pairs: Iterable[Pair]
) -> tuple[LineReason, ...]:
    """Explain lines of the plan; raises NotFoundError for a pair that is no line of it."""
    lines = {line.pair: line for line in plan.lines}
    offers = {offer.id: offer for offer in match_round.offers}
    budgets = {employer.id: employer.ask_budget for employer in match_round.employers}
    by_offer = Counter(line.offer_id for line in plan.lines)
    by_employer = Counter(line.employer_id for line in plan.lines)
    reasons = []
    for pair in pairs:
        line = lines.get(pair)
        if line is None:
            raise NotFoundError("This is not a line of the plan.")
        caps: list[Cap] = []
        if by_offer[line.offer_id] == offers[line.offer_id].capacity:
            caps.append("offer_full")
        if by_employer[line.employer_id] == budgets[line.employer_id]:
            caps.append("ask_budget_spent")
        reasons.append(_reason(match_round, terms, plan, LineReason(line, tuple(caps), (), None)))
    return tuple(reasons)


def _reason(match_round: MatchRound, terms: Terms, plan: Plan, reason: LineReason) -> LineReason:
    line = reason.line
    if line.locked:
        return reason
    without = propose(replace(match_round, excluded=match_round.excluded | {line.pair}), terms)
    instead = tuple(each for each in compare(plan, without).added if each.need_id == line.need_id)
    return replace(reason, instead=instead, loss=without.objective - plan.objective)


def why_not_offer(match_round: MatchRound, terms: Terms, plan: Plan, pair: Pair) -> WhyNot:
    """Say why this offer is not this need's; raises NotFoundError for one that is not in the round."""
    ordered = match_round.canonical()
    columns = columns_of(ordered)
    need, offer = _places(ordered, pair)
    if pair in plan.pairs:
        return WhyNot(pair.need_id, pair.offer_id, in_plan=True)
    blocked = _blocked(columns, need, offer)
    if blocked:
        return WhyNot(pair.need_id, pair.offer_id, in_plan=False, blocked_by=blocked)
    forced = propose(replace(match_round, locks=(*match_round.locks, pair)), terms)
    difference = compare(plan, forced)
    return WhyNot(
        need_id=pair.need_id,
        offer_id=pair.offer_id,
        in_plan=False,
        loss=forced.objective - plan.objective,
        displaced=difference.removed,
        added=difference.added,
    )


def why_not_employer(
    match_round: MatchRound, terms: Terms, plan: Plan, need_id: NeedId, employer_id: EmployerId
) -> tuple[WhyNot, ...]:
    """Say it of each offer of an employer; an employer without offers gives nothing."""
    if employer_id not in {employer.id for employer in match_round.employers}:
        raise NotFoundError("There is no such employer in this round.")
    return tuple(
        why_not_offer(match_round, terms, plan, Pair(need_id, offer.id))
        for offer in match_round.canonical().offers
        if offer.employer_id == employer_id
    )


def _places(match_round: MatchRound, pair: Pair) -> tuple[Ints, Ints]:
    need = [place for place, each in enumerate(match_round.needs) if each.id == pair.need_id]
    offer = [place for place, each in enumerate(match_round.offers) if each.id == pair.offer_id]
    if not need or not offer:
        raise NotFoundError("There is no such need or offer in this round.")
    return np.array(need, dtype=np.int64), np.array(offer, dtype=np.int64)


def _blocked(c: Columns, need: Ints, offer: Ints) -> tuple[RuleName | Bound, ...]:
    rules: list[RuleName | Bound] = [name for name, rule in RULES.items() if not rule(c, need, offer)[0]]
    locked_needs, locked_offers = c.locks
    employer = c.offers.employer[offer[0]]
    if np.count_nonzero(locked_offers == offer[0]) >= c.offers.capacity[offer[0]]:
        rules.append("capacity")
    if np.count_nonzero(c.offers.employer[locked_offers] == employer) >= c.employers.budget[employer]:
        rules.append("ask_budget")
    if np.count_nonzero(locked_needs == need[0]) >= c.needs.slots[need[0]]:
        rules.append("slots")
    return tuple(rules)
