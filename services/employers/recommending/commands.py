"""Records that an adviser recommends an employer to their school, and that they do not any more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contracts.vocabulary import EmployerId
from services.employers.advisers.store import find_match
from services.employers.advising.match import Match, MatchId
from services.employers.advising.recommendation import (
    MOST_STANDING,
    Recommendation,
    Saying,
    recommend,
    withdraw,
)
from services.employers.commands.changes import receipt, store_change
from services.employers.listed import require_listed
from services.employers.model.calendar import today_in_england
from services.employers.recommending.store import RECOMMENDATIONS, recommendation_id, recommendations_of
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept, Telling

NO_SUCH_RELATIONSHIP = "There is no such relationship of an adviser and a school."


@dataclass(frozen=True, slots=True)
class Named:
    """Which employer in which relationship, of the version that the caller has seen, and the day it is of."""

    match: MatchId
    employer_id: EmployerId
    seen: int
    on: dt.date | None

    @property
    def id(self) -> str:
        """The recommendation's id."""
        return recommendation_id(self.match, self.employer_id)


async def recommend_employer(unit: UnitOfWork, named: Named) -> Document:
    """Record a recommendation; the same again changes nothing.

    Raises NotFoundError for no such relationship or employer, ConflictError if the two do not work together
    or have as many as can stand, InvalidError for a day that cannot be.
    """
    match = await _the_match(unit, named.match)
    await require_listed(unit, named.employer_id)
    before = await find_kept(unit, RECOMMENDATIONS, named.id)
    told = recommend(
        None if before is None else before.content, match, named.employer_id, _saying(unit, named)
    )
    if before is None or not before.content.stands:
        await _require_room(unit, named.match)
    return await _store(unit, named, before, told)


async def withdraw_recommendation(unit: UnitOfWork, named: Named) -> Document:
    """Record that a recommendation was withdrawn; the same again changes nothing.

    Raises NotFoundError for one that was never made, InvalidError for a day that cannot be.
    """
    before = await find_kept(unit, RECOMMENDATIONS, named.id)
    if before is None:
        raise NotFoundError("This employer was not recommended in this relationship.")
    return await _store(unit, named, before, withdraw(before.content, _saying(unit, named)))


async def _the_match(unit: UnitOfWork, identity: MatchId) -> Match:
    found = await find_match(unit, identity)
    if found is None:
        raise NotFoundError(NO_SUCH_RELATIONSHIP)
    return found


async def _require_room(unit: UnitOfWork, match: MatchId) -> None:
    standing = [kept for kept in await recommendations_of(unit, match) if kept.content.stands]
    if len(standing) >= MOST_STANDING:
        raise ConflictError(
            f"An adviser can recommend {MOST_STANDING} employers to a school at once. Withdraw one first."
        )


async def _store(
    unit: UnitOfWork, named: Named, before: Kept[Recommendation] | None, told: Recommendation
) -> Document:
    return receipt(
        before, await store_change(unit, RECOMMENDATIONS, before, Telling(named.id, named.seen, told))
    )


def _saying(unit: UnitOfWork, named: Named) -> Saying:
    return Saying(named.on, today_in_england(unit.now))
