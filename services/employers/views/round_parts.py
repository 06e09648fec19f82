"""What a solved round is made of, named for people: needs, employers and offers to choose from.

It is read from the very inputs that the round was solved from, so whatever is chosen is in the round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import EmployerId, Urn
from services.employers.commands.rounds import the_round
from services.employers.matching.round import MatchRound, Need, NeedId, Offer, OfferId
from services.employers.model.solution import round_from
from services.employers.store.rounds import solution
from services.employers.views.members import members
from services.runtime.context import ServiceContext


@dataclass(frozen=True, slots=True)
class RoundParts:
    """A round's needs and offers by id, with the names of its employers that offer something, and schools."""

    version: int
    ends_on: str
    needs: Mapping[NeedId, Need]
    offers: Mapping[OfferId, Offer]
    employers: Mapping[EmployerId, str]
    schools: Mapping[Urn, str]

    def school_of(self, need_id: str) -> str:
        """Name the school of a need."""
        need = self.needs.get(NeedId(need_id))
        return "" if need is None else self.schools.get(need.urn, f"School {need.urn}")


async def round_parts(context: ServiceContext, round_id: str) -> RoundParts:
    """Read what a round was solved from; raises NotFoundError if there is no such round."""
    kept = await the_round(context, round_id)
    stored = await solution(context.database(), kept.content.solution)
    # A round at all limits takes some tenths of a second to unpack, in which others are to be answered.
    found: MatchRound = await asyncio.to_thread(round_from, stored.inputs)
    offering = {offer.employer_id for offer in found.offers}
    names = {one.id: one.name for one in found.employers if one.id in offering}
    return RoundParts(
        version=kept.version,
        ends_on=kept.content.ends_on.isoformat(),
        needs={need.id: need for need in found.needs},
        offers={offer.id: offer for offer in found.offers},
        employers=dict(sorted(names.items(), key=lambda one: (one[1].casefold(), one[0]))),
        schools={member.tenant: member.school.name for member in await members(context)},
    )


def line_named(parts: RoundParts, line: Mapping[str, Any], more: Mapping[str, str]) -> dict[str, Any]:
    """Name the school and the employer of a line; `more` has employers that the round itself has not."""
    employer = line["employer"]
    return {
        "school": parts.schools.get(line["urn"], f"School {line['urn']}"),
        "employer": parts.employers.get(employer) or more.get(employer, employer),
        "cost": line["cost"],
    }
