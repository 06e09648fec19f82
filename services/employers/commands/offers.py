"""What the Hub's team does with offers: publishes, changes and withdraws them, and agrees ask budgets.

Told under a key of its own, `offers`: the directory's readers keep it whole in memory and read it anew at
every event of it, and an offer changes far more often than an employer does.
"""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.commands.changes import receipt, refuse, store_change
from services.employers.model.calendar import today_in_england
from services.employers.model.offer import (
    MOST_OFFERS_OF_AN_EMPLOYER,
    AskBudget,
    Offering,
    offering_problems,
)
from services.employers.rules import encounter_types
from services.employers.store import EMPLOYERS
from services.employers.store.offers import ASK_BUDGETS, OFFERS
from services.employers.store.rounds import count_confirmed
from services.runtime.errors import ConflictError, FieldProblem, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import NOT_YET, Kept, Telling

OFFERS_KEY: Final = "offers"
NO_SUCH_OFFER: Final = "There is no such offer."
_NONSENSE: Final = "The offer makes no sense."


async def publish_offer(unit: UnitOfWork, offer_id: str, offering: Offering) -> Document:
    """Publish an offer; raises InvalidError for one that cannot be meant, or of an unknown employer."""
    await _check(unit, offering, None)
    where = {
        "content.employer_id": offering.employer_id,
        "content.term.academic_year": offering.term.academic_year,
        "content.term.name": offering.term.name,
        "content.state": "published",
    }
    if await unit.collection(OFFERS.name).count(where) >= MOST_OFFERS_OF_AN_EMPLOYER:
        raise ConflictError(
            f"An employer can have {MOST_OFFERS_OF_AN_EMPLOYER} offers in a term. Withdraw one, or raise "
            "the capacity of one."
        )
    return await _tell(unit, None, Telling(offer_id, NOT_YET, offering))


async def change_offer(unit: UnitOfWork, offer_id: str, seen: int, offering: Offering) -> Document:
    """Tell an offer anew; what has been confirmed of it stays confirmed."""
    before = await _the_offer(unit, offer_id)
    await _check(unit, offering, before.content)
    return await _tell(unit, before, Telling(offer_id, seen, offering))


async def withdraw_offer(unit: UnitOfWork, offer_id: str, seen: int) -> Document:
    """Withdraw an offer: no later plan has it. Raises ConflictError while a match of it is confirmed."""
    before = await _the_offer(unit, offer_id)
    if await count_confirmed(unit, offer_id=offer_id):
        raise ConflictError("Matches of this offer are confirmed. Cancel those first.")
    return await _tell(unit, before, Telling(offer_id, seen, before.content.withdrawn()))


async def agree_ask_budget(unit: UnitOfWork, employer_id: EmployerId, seen: int, asks: int) -> Document:
    """Note how often all schools together may ask an employer in a term."""
    if await unit.collection(EMPLOYERS).get(employer_id) is None:
        raise NotFoundError("There is no such employer in the directory.")
    before = await find_kept(unit, ASK_BUDGETS, employer_id)
    after = await store_change(unit, ASK_BUDGETS, before, Telling(employer_id, seen, AskBudget(asks)))
    return receipt(before, after)


async def _tell(unit: UnitOfWork, before: Kept[Offering] | None, telling: Telling[Offering]) -> Document:
    after = await store_change(unit, OFFERS, before, telling)
    if after is not None:
        unit.tell(after.content.told(after.id))
    return receipt(before, after)


async def _check(unit: UnitOfWork, offering: Offering, before: Offering | None) -> None:
    problems = [
        *encounter_types().problems(offering.type),
        *offering_problems(offering, today_in_england(unit.now), before),
    ]
    if await unit.collection(EMPLOYERS).get(offering.employer_id) is None:
        problems.append(FieldProblem("employer_id", "is not in the directory; list the employer first"))
    refuse(_NONSENSE, problems)


async def _the_offer(unit: UnitOfWork, offer_id: str) -> Kept[Offering]:
    found = await find_kept(unit, OFFERS, offer_id)
    if found is None:
        raise NotFoundError(NO_SUCH_OFFER)
    return found
