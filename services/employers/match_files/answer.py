"""Everything that `careers-hub match` tells of a round, worked out in one go (in the solver's process)."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from services.employers.matching.compare import price_of_fairness, shadow_prices
from services.employers.matching.explain import explain_lines
from services.employers.matching.plan import Plan
from services.employers.matching.propose import Terms, solve
from services.employers.matching.repair import remedies
from services.employers.matching.round import MatchRound

MOST_EXPLAINED: Final = 1_000
"""Lines, and unmet needs, that `--explain` explains: each takes a solve or two."""


def answer(match_round: MatchRound, terms: Terms, explain: bool) -> dict[str, Any]:  # noqa: FBT001
    """Solve, compare with no fairness, and explain if asked."""
    solved = solve(match_round, terms)
    plan = solved.plan
    body: dict[str, Any] = {
        "round": _sizes(match_round),
        "plan": plan.to_json(),
        "price_of_fairness": _price(match_round, terms, plan),
    }
    if explain:
        pairs = islice((line.pair for line in plan.lines), MOST_EXPLAINED)
        body["explanations"] = [each.to_json() for each in explain_lines(match_round, terms, plan, pairs)]
        body["remedies"] = [each.to_json() for each in remedies(match_round, terms, solved, MOST_EXPLAINED)]
        body["shadow_prices"] = [each.to_json() for each in shadow_prices(match_round, terms, plan)]
    return body


def _sizes(match_round: MatchRound) -> dict[str, int]:
    offering = {offer.employer_id for offer in match_round.offers}
    return {
        "schools": len(match_round.schools),
        "employers": len(match_round.employers),
        "employers_without_offers": sum(e.id not in offering for e in match_round.employers),
        "offers": len(match_round.offers),
        "needs": len(match_round.needs),
        "slots": sum(need.slots for need in match_round.needs),
        "locks": len(match_round.locks),
    }


def _price(match_round: MatchRound, terms: Terms, plan: Plan) -> dict[str, Any]:
    price = price_of_fairness(match_round, terms, plan)
    body = price.to_json()
    return {
        "matches_lost": -price.matches,
        "cost": price.cost,
        "worth_before": price.before.worth,
        "worth_after": price.after.worth,
        "worst_school": body["worst_school"],
        "schools": body["schools"],
        "lines_changed": len(price.added),
    }
