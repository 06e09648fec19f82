"""Gathers what the Hub knows for a round, from the store into the engine's input. It changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary import EmployerId
from services.employers.matching.limits import MOST_OFFERS
from services.employers.matching.round import MatchRound
from services.employers.model import directory
from services.employers.model.assembly import Facts, Settled, Window, assemble
from services.employers.model.calendar import term_of
from services.employers.model.match import FIXED, Match
from services.employers.model.solution import digest_of, packed
from services.employers.recommending.store import recommended_now
from services.employers.round_writing import written
from services.employers.rules import default_offers
from services.employers.store import EMPLOYER_SHELF
from services.employers.store.needs import open_needs
from services.employers.store.offers import ask_budgets
from services.employers.store.rounds import matches_of_round, taking_in
from services.employers.stream import ENGAGEMENT, SIGNALS
from services.employers.vetting.store import vetted_employers
from services.employers.views import employers_by_id
from services.employers.views.members import members
from services.employers.views.term_offers import term_offers
from services.runtime.context import ServiceContext
from services.runtime.errors import InvalidError, TooLargeError
from services.runtime.projection import Projection
from services.runtime.versions import Kept

IDS_A_READ: Final = 100
"""As in `commands`: the embedded store answers 100 ids in 10 ms, but 500 in as many as 500 ms."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A round to solve, with the matches that it was made from; `content` is the round, packed."""

    round: MatchRound
    content: bytes
    digest: str
    own: Mapping[str, Kept[Match]]


async def gather(
    context: ServiceContext, window: Window, settled: Settled, round_id: str | None = None
) -> Gathered:
    """Gather a round; raises InvalidError if no school needs anything."""
    database = context.database()
    own = {} if round_id is None else {one.id: one for one in await matches_of_round(database, round_id)}
    facts = await _facts(context, window, own, round_id)
    # At a Hub's largest this takes a third of a second, in which others are to be answered.
    return await asyncio.to_thread(_gathered, facts, window, settled, own)


def _gathered(facts: Facts, window: Window, settled: Settled, own: Mapping[str, Kept[Match]]) -> Gathered:
    match_round = assemble(facts, window, settled)
    if not match_round.needs:
        raise InvalidError(
            "No school has an open need. Schools raise needs first; then a round can be solved."
        )
    content = written(match_round)
    return Gathered(match_round, packed(content), digest_of(content), own)


async def _facts(
    context: ServiceContext, window: Window, own: Mapping[str, Kept[Match]], round_id: str | None
) -> Facts:
    database = context.database()
    term = term_of(window.last)
    schools = {member.tenant: member.school for member in await members(context)}
    needs = {
        urn: {kept.id: kept.content for kept in await open_needs(context.school(urn))} for urn in schools
    }
    may_be_used, fixed = await vetted_employers(database), _fixed_offers(own)
    offers = {
        identity: offering
        for identity, offering in (await term_offers(context, term)).items()
        if offering.employer_id in may_be_used or identity in fixed
    }
    if len(offers) > MOST_OFFERS:
        raise TooLargeError(
            f"A term can have {MOST_OFFERS:,} offers in a round; this one has {len(offers):,}."
        )
    engagement = await _states(context, ENGAGEMENT)
    met = {EmployerId(one) for years in engagement.values() for counts in years.values() for one in counts}
    employers = await _employers(context, {offer.employer_id for offer in offers.values()} | met)
    agreed, assumed = await ask_budgets(database), default_offers().ask_budget
    sectors = {
        urn: years.get(term.academic_year, {}).get("sectors", {})
        for urn, years in (await _states(context, SIGNALS)).items()
    }
    return Facts(
        term=term,
        schools=schools,
        needs=needs,
        offers=offers,
        employers=employers,
        ask_budgets={one.id: agreed.get(one.id, assumed[one.size_band]) for one in employers.values()},
        engagement=engagement,
        sectors=sectors,
        recommended=await recommended_now(database, await context.successions.lineage()),
        own={identity: kept.content for identity, kept in own.items()},
        taken=[
            match
            for match in await taking_in(database, term.academic_year)
            if not (match.round_id == round_id and match.state in FIXED)
        ],
    )


def _fixed_offers(own: Mapping[str, Kept[Match]]) -> set[str]:
    """Name the offers of confirmed matches: what was confirmed stays, whatever is found out later."""
    return {kept.content.offer_id for kept in own.values() if kept.content.state in FIXED}


async def _states(context: ServiceContext, projection: Projection) -> dict[Any, dict[Any, Any]]:
    """Read what every school's `pupils` stream was folded to, by tenant."""
    documents = await (await context.projection(projection)).find({"service": "pupils"})
    return {document["key"]: document["state"] for document in documents}


async def _employers(
    context: ServiceContext, wanted: set[EmployerId]
) -> dict[EmployerId, directory.Employer]:
    """Take employers from the directory that is in memory, and read those that are merged, some tens."""
    known = await employers_by_id(context)
    collection = context.database().collection(EMPLOYER_SHELF.collection)
    merged = sorted(wanted - known.keys())
    documents = [
        document
        for first in range(0, len(merged), IDS_A_READ)
        for document in await collection.find({"_id": {"$in": merged[first : first + IDS_A_READ]}})
    ]
    found = {one.id: one for one in map(EMPLOYER_SHELF.read, documents)}
    return found | {identity: known[identity] for identity in wanted & known.keys()}
