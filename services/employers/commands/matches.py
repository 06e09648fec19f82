"""What becomes of one match: each side's answer, its confirmation, its cancellation.

Each is news of one school, told in that school's stream. Confirming takes of an offer's capacity and of an
employer's ask budget: whoever confirms writes the employer's document in `asks`, so that of two at once the
second is decided after the first, also between rounds and between processes.
"""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import EmployerId, Urn
from services.employers.commands.changes import receipt, store_change
from services.employers.model.match import Answer, Match, Side, answered, cancelled, confirmed
from services.employers.rules import default_offers
from services.employers.store import EMPLOYER_SHELF
from services.employers.store.offers import ASK_BUDGETS, OFFERS
from services.employers.store.rounds import ASKS, MATCHES, taking_in
from services.employers.vetting.store import read_vetting
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept, Telling

NO_SUCH_MATCH: Final = "There is no such match."


async def school_of_match(context: ServiceContext, round_id: str, match_id: str) -> Urn:
    """Tell whose stream a match is news of; raises NotFoundError if the round has none of this id."""
    found = await find_kept(context.database(), MATCHES, match_id)
    if found is None or found.content.round_id != round_id:
        raise NotFoundError(NO_SUCH_MATCH)
    return found.content.urn


async def answer_for_school(unit: UnitOfWork, urn: Urn, asked: Telling[Answer]) -> Document:
    """Note a school's answer; raises NotFoundError for another school's match, as for none."""
    before = await find_kept(unit, MATCHES, asked.id)
    if before is None or before.content.urn != urn or before.content.state == "replaced":
        raise NotFoundError(NO_SUCH_MATCH)
    return await _tell(unit, before, asked.seen, answered(before.content, "school", asked.content))


async def answer_for_employer(unit: UnitOfWork, asked: Telling[Answer]) -> Document:
    """Note what an employer answered to the coordinator."""
    before = await _the_match(unit, asked.id)
    return await _tell(unit, before, asked.seen, answered(before.content, "coordinator", asked.content))


async def answer_as_employer(unit: UnitOfWork, employer_id: EmployerId, asked: Telling[Answer]) -> Document:
    """Note an employer's own answer; raises NotFoundError for another employer's match, as for none."""
    before = require_ask(await find_kept(unit, MATCHES, asked.id), employer_id)
    return await _tell(unit, before, asked.seen, answered(before.content, "employer", asked.content))


def require_ask(found: Kept[Match] | None, employer_id: EmployerId) -> Kept[Match]:
    """Return a match if it asks this employer; raises NotFoundError."""
    if found is None or found.content.employer_id != employer_id or found.content.state == "replaced":
        raise NotFoundError(NO_SUCH_MATCH)
    return found


async def confirm_match(unit: UnitOfWork, match_id: str, seen: int) -> Document:
    """Fix a match that both sides accepted; raises ConflictError if nothing is left to take."""
    before = await _the_match(unit, match_id)
    after = confirmed(before.content)
    if after != before.content:
        await _take(unit, after)
    return await _tell(unit, before, seen, after)


async def cancel_match(unit: UnitOfWork, match_id: str, seen: int, by: Side) -> Document:
    """Cancel a confirmed match."""
    before = await _the_match(unit, match_id)
    return await _tell(unit, before, seen, cancelled(before.content, by))


async def _take(unit: UnitOfWork, match: Match) -> None:
    vetting = await read_vetting(unit, EmployerId(match.employer_id))
    if vetting.state != "vetted":
        raise ConflictError(
            f"This employer is {vetting.state}, not vetted. Vet it before pupils meet it, or decline."
        )
    await unit.collection(ASKS).update({"_id": match.employer_id}, {"$inc": {"turns": 1}}, upsert=True)
    taken = await taking_in(unit, match.term.academic_year)
    offer = await find_kept(unit, OFFERS, match.offer_id)
    if offer is None or offer.content.state == "withdrawn":
        raise ConflictError("The offer was withdrawn. Decline the match, and solve the round again.")
    if sum(one.offer_id == match.offer_id for one in taken) >= offer.content.capacity:
        raise ConflictError("All that this offer has is confirmed elsewhere. Solve the round again.")
    asked = sum(one.employer_id == match.employer_id and one.term == match.term for one in taken)
    if asked >= await _ask_budget(unit, match.employer_id):
        raise ConflictError("This employer has been asked as often as agreed. Solve the round again.")


async def _ask_budget(unit: UnitOfWork, employer_id: EmployerId) -> int:
    agreed = await find_kept(unit, ASK_BUDGETS, employer_id)
    if agreed is not None:
        return agreed.content.asks
    document = await unit.collection(EMPLOYER_SHELF.collection).get(employer_id)
    if document is None:
        raise ConflictError("The employer is no longer in the directory. Decline the match.")
    return default_offers().ask_budget[EMPLOYER_SHELF.read(document).size_band]


async def _tell(unit: UnitOfWork, before: Kept[Match], seen: int, match: Match) -> Document:
    after = await store_change(unit, MATCHES, before, Telling(before.id, seen, match))
    if after is not None and after.content.state != before.content.state:
        unit.tell(after.content.told(after.id))
    return {**receipt(before, after), "state": match.state}


async def _the_match(unit: UnitOfWork, match_id: str) -> Kept[Match]:
    found = await find_kept(unit, MATCHES, match_id)
    if found is None:
        raise NotFoundError(NO_SUCH_MATCH)
    return found
