"""What a school does with its needs: raises, changes and withdraws them."""

from __future__ import annotations

from typing import Final

from services.employers.commands.changes import receipt, refuse, store_change
from services.employers.model.calendar import today_in_england
from services.employers.model.need import MOST_NEEDS_OF_A_SCHOOL, Wanted, wanted_problems
from services.employers.rules import encounter_types
from services.employers.store.needs import NEEDS
from services.employers.store.rounds import count_confirmed
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import NOT_YET, Kept, Telling

NO_SUCH_NEED: Final = "There is no such need at this school."


async def raise_need(unit: UnitOfWork, need_id: str, wanted: Wanted) -> Document:
    """Raise a need; raises InvalidError for one that cannot be meant."""
    _check(unit, wanted, None)
    if await unit.collection(NEEDS.name).count({"content.state": "open"}) >= MOST_NEEDS_OF_A_SCHOOL:
        raise ConflictError(
            f"A school can have {MOST_NEEDS_OF_A_SCHOOL} open needs. Withdraw one, or ask for more slots."
        )
    return await _tell(unit, None, Telling(need_id, NOT_YET, wanted))


async def change_need(unit: UnitOfWork, need_id: str, seen: int, wanted: Wanted) -> Document:
    """Tell a need anew; one that was withdrawn is open again."""
    before = await _the_need(unit, need_id)
    _check(unit, wanted, before.content)
    return await _tell(unit, before, Telling(need_id, seen, wanted))


async def withdraw_need(unit: UnitOfWork, context: ServiceContext, need_id: str, seen: int) -> Document:
    """Withdraw a need: no later plan looks for it. Raises ConflictError while a match of it is confirmed."""
    before = await _the_need(unit, need_id)
    # Matches lie in the service's own database. One confirmed at this very moment is a lock that the next
    # resolution names.
    if await count_confirmed(context.database(), need_id=need_id):
        raise ConflictError("A match of this need is confirmed. Have the coordinator cancel it first.")
    return await _tell(unit, before, Telling(need_id, seen, before.content.withdrawn()))


async def _tell(unit: UnitOfWork, before: Kept[Wanted] | None, telling: Telling[Wanted]) -> Document:
    after = await store_change(unit, NEEDS, before, telling)
    if after is not None:
        unit.tell(after.content.told(unit.urn, after.id))
        unit.log_access(f"need.{'raised' if before is None else 'changed'}", f"needs/{after.id}")
    return receipt(before, after)


def _check(unit: UnitOfWork, wanted: Wanted, before: Wanted | None) -> None:
    problems = wanted_problems(wanted, encounter_types(), today_in_england(unit.now), before)
    refuse("The need makes no sense.", problems)


async def _the_need(unit: UnitOfWork, need_id: str) -> Kept[Wanted]:
    found = await find_kept(unit, NEEDS, need_id)
    if found is None:
        raise NotFoundError(NO_SUCH_NEED)
    return found
