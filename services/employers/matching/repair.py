"""What would fill a slot that stays unmet: the cheapest single change, and why nothing fills it now.

Every candidate is priced at once in the residual network: how dear it is to get from the need to where the
change opens a way, plus the change, plus from there to the sink. The source is left out of it, so that no
other school pays with a slot. A change has points of its own (`repairs` in the weights), which say how much
it asks of people. The best are then tried by solving again, and what is told has been seen to work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from services.employers.matching.graph import SINK, SOURCE
from services.employers.matching.plan import Objective, Shortfall
from services.employers.matching.propose import Solved, Terms, propose, solve
from services.employers.matching.residual import Residual, residual_of
from services.employers.matching.round import MatchRound, NeedId
from services.employers.matching.ways import Change, Ways, WaySearch

MOST_TRIED: Final = 8
"""Candidates that are tried by solving again, the best first. The first nearly always works."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What stands in a need's way, and the cheapest change that fills a slot; None if no single one does.

    `in_the_way` counts offers of the right type: those that one rule alone forbids, by that rule; `several`
    for more than one rule; `taken` for offers that may be its own but serve others, or are its own already.
    `gain` is the objective without the change, less the one with it.
    """

    need_id: NeedId
    in_the_way: tuple[tuple[str, int], ...]
    change: Change | None
    gain: Objective | None

    def to_json(self) -> dict[str, Any]:
        """Render."""
        return {
            "need": self.need_id,
            "in_the_way": dict(self.in_the_way),
            "cheapest_change": self.change.to_json() if self.change else None,
            "gain": self.gain.to_json() if self.gain else None,
        }


def remedies(match_round: MatchRound, terms: Terms, solved: Solved, most: int) -> tuple[Remedy, ...]:
    """Find a remedy for each unmet need of a plan, in order of their ids, at most so many."""
    residual = _without_source(solved)
    search = WaySearch(solved, terms.weights, residual, residual.to_node(SINK))
    places = {need.id: place for place, need in enumerate(solved.columns.round.needs)}
    found = []
    for shortfall in solved.plan.unmet[:most]:
        ways = search.ways_for(places[shortfall.need_id])
        found.append(_remedy(match_round, terms, solved, (shortfall, ways)))
    return tuple(found)


def why_unmet(match_round: MatchRound, terms: Terms, most: int) -> tuple[Remedy, ...]:
    """Find the plan of a round, and the remedies of its unmet needs."""
    return remedies(match_round, terms, solve(match_round, terms), most)


def _without_source(solved: Solved) -> Residual:
    network = solved.network
    whole = residual_of(network.arcs, solved.flows, network.nodes.count)
    kept = (whole.tail != SOURCE) & (whole.head != SOURCE)
    return Residual(whole.tail[kept], whole.head[kept], whole.cost[kept], whole.nodes)


def _remedy(match_round: MatchRound, terms: Terms, solved: Solved, unmet: tuple[Shortfall, Ways]) -> Remedy:
    shortfall, ways = unmet
    best: tuple[Change, Objective] | None = None
    for change in ways.changes[:MOST_TRIED]:
        plan = propose(changed(match_round, change), terms)
        gain = solved.plan.objective - plan.objective
        if gain.unmet < 1:
            continue
        best = best or (change, gain)
        still = {each.need_id: each.met for each in plan.unmet}
        if still.get(shortfall.need_id, shortfall.wanted) > shortfall.met:
            best = (change, gain)
            break
    return Remedy(shortfall.need_id, ways.in_the_way, *(best or (None, None)))


def changed(match_round: MatchRound, change: Change) -> MatchRound:
    """Make a change to a round."""
    if change.kind == "budget":
        return replace(
            match_round,
            employers=tuple(
                replace(each, ask_budget=each.ask_budget + 1) if each.id == change.employer_id else each
                for each in match_round.employers
            ),
        )
    if change.kind == "mode":
        return replace(
            match_round,
            needs=tuple(
                replace(each, mode="either") if each.id == change.need_id else each
                for each in match_round.needs
            ),
        )
    return _with_offer_changed(match_round, change)


def _with_offer_changed(match_round: MatchRound, change: Change) -> MatchRound:
    need = next(each for each in match_round.needs if each.id == change.need_id)
    old = next(each for each in match_round.offers if each.id == change.offer_id)
    match change.kind:
        case "capacity":
            new = replace(old, capacity=old.capacity + 1)
        case "distance":
            new = replace(old, radius_km=change.radius_km or old.radius_km)
        case "year_group":
            new = replace(old, year_groups=old.year_groups | need.year_groups)
        case "group_size":
            new = replace(old, group_size=need.pupils)
        case "send":
            new = replace(old, send="confident")
        case "days":
            new = replace(old, days=None if need.days is None else (old.days or frozenset()) | need.days)
        case _:
            last = max(old.days) if old.days else match_round.ends_on
            new = replace(old, safeguarding_until=max(last, match_round.ends_on))
    offers = tuple(new if each.id == old.id else each for each in match_round.offers)
    return replace(match_round, offers=offers)
