"""What a coordinator sees of rounds, and a school of its own matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.vocabulary import EmployerId, Urn
from services.employers.commands.matches import NO_SUCH_MATCH
from services.employers.commands.rounds import the_round
from services.employers.matching.round import NeedId, OfferId, Pair
from services.employers.model.calendar import term_of
from services.employers.model.match import ACTIVE, Match
from services.employers.model.match_round import Round
from services.employers.round_questions import Asked, WhatIf
from services.employers.solving import solving
from services.employers.store import EMPLOYERS
from services.employers.store.needs import NEEDS
from services.employers.store.offers import OFFERS
from services.employers.store.rounds import (
    MATCHES,
    ROUNDS,
    Stored,
    matches_of_round,
    matches_of_school,
    solution,
)
from services.employers.vetting.store import vetted_employers
from services.employers.views.gathering import gather
from services.employers.views.members import members
from services.employers.views.offers import View, kept_view
from services.employers.views.term_offers import term_offers
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.version_store import find_all, find_kept
from services.runtime.versions import Kept

IDS_A_READ: Final = 100
MOST_ROUNDS_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class LinesAsked:
    """Which lines of a plan are to be explained: of one need or all, so many from this place on.

    With `offer_id` it is the need's line with that offer alone.
    """

    need_id: str | None
    offset: int
    limit: int
    offer_id: str | None = None


async def rounds(context: ServiceContext) -> View:
    """List rounds, the one that ends last first."""
    found = await find_all(context.database(), ROUNDS, sort=(("content.ends_on", -1), ("_id", 1)))
    return {"rounds": [_round_view(kept) for kept in found[:MOST_ROUNDS_SHOWN]]}


async def match_round(context: ServiceContext, round_id: str) -> View:
    """Show a round: its plan with satisfaction per school, the price of fairness, where each line stands."""
    kept = await the_round(context, round_id)
    stored = await solution(context.database(), kept.content.solution)
    matches = await matches_of_round(context.database(), round_id)
    schools = {member.tenant: member.school.name for member in await members(context)}
    names = await employer_names(context, (one.content.employer_id for one in matches))
    return {
        **_round_view(kept),
        "plan": stored.shown,
        "price_of_fairness": stored.price,
        "not_vetted": await _not_vetted(context, kept.content),
        "lines": [
            {
                **_match_view(one, names),
                "urn": one.content.urn,
                "school": schools.get(one.content.urn),
                **_cost_of(stored, one.content),
            }
            for one in matches
        ],
    }


async def line(context: ServiceContext, round_id: str, match_id: str) -> View:
    """Show one line of a round, in its plan or no longer, with the need and the offer that it joins."""
    kept, stored = await _solved(context, round_id)
    found = await find_kept(context.database(), MATCHES, match_id)
    if found is None or found.content.round_id != round_id:
        raise NotFoundError(NO_SUCH_MATCH)
    match = found.content
    need = await find_kept(context.school(match.urn), NEEDS, match.need_id)
    offer = await find_kept(context.database(), OFFERS, match.offer_id)
    names = await employer_names(context, [match.employer_id])
    schools = {member.tenant: member.school.name for member in await members(context)}
    return {
        "round": _round_view(kept),
        "locked": match.pair in kept.content.settled.locks,
        "excluded": match.pair in kept.content.settled.excluded,
        "in_plan": f"{match.need_id}+{match.offer_id}" in stored.parts,
        "need": None if need is None else kept_view(NEEDS, need),
        "offer": None if offer is None else kept_view(OFFERS, offer) | {"virtual": offer.content.virtual},
        "line": {
            **_match_view(found, names),
            "urn": match.urn,
            "school": schools.get(match.urn),
            **_cost_of(stored, match),
        },
    }


async def _not_vetted(context: ServiceContext, content: Round) -> list[EmployerId]:
    """Name employers that offer something in the round's term and may not be used yet."""
    offers = await term_offers(context, term_of(content.ends_on))
    offering = {offer.employer_id for offer in offers.values()}
    return sorted(offering - await vetted_employers(context.database()))


async def explanations(context: ServiceContext, round_id: str, asked: LinesAsked) -> View:
    """Explain lines of a round's plan, in order of need and offer."""
    kept, stored = await _solved(context, round_id)
    pairs = sorted(_pair_of(key) for key in stored.parts)
    wanted = [
        pair
        for pair in pairs
        if asked.need_id in {None, pair.need_id} and asked.offer_id in {None, pair.offer_id}
    ]
    page = tuple(wanted[asked.offset : asked.offset + asked.limit])
    found = await solving().ask("explanations", _asked(kept.content, stored), page)
    return {"explanations": found, "lines": len(wanted)}


async def why_not(context: ServiceContext, round_id: str, need_id: str, employer_id: EmployerId) -> View:
    """Say why an employer's offers are not a need's."""
    kept, stored = await _solved(context, round_id)
    asked = _asked(kept.content, stored)
    return {"offers": await solving().ask("why_not", asked, NeedId(need_id), employer_id)}


async def remedies(context: ServiceContext, round_id: str, limit: int) -> View:
    """Say why needs stay unmet, and the cheapest change that would fill each."""
    kept, stored = await _solved(context, round_id)
    return {"remedies": await solving().ask("remedies", _asked(kept.content, stored), limit)}


async def scarcities(context: ServiceContext, round_id: str) -> View:
    """Say what one more of each scarce thing would be worth."""
    kept, stored = await _solved(context, round_id)
    return {"shadow_prices": await solving().ask("scarcities", _asked(kept.content, stored))}


async def what_if(context: ServiceContext, round_id: str, change: WhatIf) -> View:
    """Compare the round's plan with the one that there would be; nothing is stored."""
    kept, stored = await _solved(context, round_id)
    found: View = await solving().ask("what_if", _asked(kept.content, stored), change)
    return found


async def stand_ins(context: ServiceContext, round_id: str, match_id: str, limit: int) -> View:
    """Name the offers that could stand in for a line, the best first, with all other lines as they are."""
    kept = await the_round(context, round_id)
    lost = await find_kept(context.database(), MATCHES, match_id)
    if lost is None or lost.content.round_id != round_id:
        raise NotFoundError(NO_SUCH_MATCH)
    if lost.content.state in ACTIVE:
        raise ConflictError(
            "This match still stands. Decline or cancel it first; then a stand-in is looked for."
        )
    others = [
        one.content.pair
        for one in await matches_of_round(context.database(), round_id)
        if one.content.state in ACTIVE and one.id != match_id
    ]
    settled = replace(kept.content.settled, locks=tuple(others))
    gathered = await gather(context, kept.content.window, settled, round_id)
    asked = Asked(gathered.content, kept.content.fairness)
    found = await solving().ask("stand_ins", asked, lost.content.pair, limit)
    names = await employer_names(context, (EmployerId(one["employer"]) for one in found))
    return {"stand_ins": [{**one, "employer_name": names.get(one["employer"])} for one in found]}


async def school_matches(context: ServiceContext, urn: Urn) -> View:
    """List a school's own matches, with the employers' names and its activities that completed them."""
    found = await matches_of_school(context.database(), urn)
    names = await employer_names(context, (one.content.employer_id for one in found))
    return {
        "matches": [
            {**_match_view(one, names), "completed_by": list(one.content.completed_by)} for one in found
        ]
    }


async def _solved(context: ServiceContext, round_id: str) -> tuple[Kept[Round], Stored]:
    kept = await the_round(context, round_id)
    return kept, await solution(context.database(), kept.content.solution)


def _asked(content: Round, stored: Stored) -> Asked:
    return Asked(stored.inputs, content.fairness, stored.plan)


def _round_view(kept: Kept[Round]) -> View:
    shown = kept_view(ROUNDS, kept)
    shown.pop("solution")
    return {**shown, "fairness": kept.content.fairness / 1000}


def _match_view(kept: Kept[Match], names: dict[str, str]) -> View:
    match = kept.content
    return {
        "id": kept.id,
        "version": kept.version,
        "round_id": match.round_id,
        "ends_on": match.ends_on.isoformat(),
        "need_id": match.need_id,
        "offer_id": match.offer_id,
        "employer_id": match.employer_id,
        "employer": names.get(match.employer_id),
        "type": match.type,
        "state": match.state,
        "answers": {"school": match.school, "employer": match.employer},
        "employer_answer_by": match.employer_by,
        "cancelled_by": match.cancelled_by,
    }


def _cost_of(stored: Stored, match: Match) -> dict[str, Any]:
    """Show the parts of a line's cost, if the plan that stands has it."""
    found: dict[str, Any] = stored.parts.get(f"{match.need_id}+{match.offer_id}", {})
    return {"cost": found.get("cost"), "parts": found.get("parts")}


def _pair_of(key: str) -> Pair:
    need, _, offer = key.partition("+")
    return Pair(NeedId(need), OfferId(offer))


async def employer_names(context: ServiceContext, wanted: Iterable[EmployerId]) -> dict[str, str]:
    """Name employers by their ids; one that is not in the directory is left out."""
    ids = sorted(set(wanted))
    employers = context.database().collection(EMPLOYERS)
    return {
        document["_id"]: document["name"]
        for first in range(0, len(ids), IDS_A_READ)
        for document in await employers.find(
            {"_id": {"$in": ids[first : first + IDS_A_READ]}}, fields=["name"]
        )
    }
