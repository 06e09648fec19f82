"""Takes leavers' names and free texts away, erases records that are kept too long, and does both once a day.

Whether something was done is told by the data alone (a day in the pupil's document, an entry in the erasure
journal), so a round may be cut off anywhere, and after a backup was restored the next one does it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from contracts.vocabulary import Urn
from services.pupils.commands.erasure import erase
from services.pupils.commands.looking_up import mark_of
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.model.retention import RetentionSettings, pseudonymised
from services.pupils.rules import rights_rules
from services.pupils.store.erasures import ErasureJournal
from services.pupils.store.reads import all_pupils
from services.pupils.store.retention import (
    find_due,
    find_leavers,
    keep_retention_settings,
    read_settings,
    remove_free_texts,
)
from services.pupils.store.writes import write_pupils
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.logs import get_logger
from services.runtime.mongo import Document
from services.runtime.uow import Actor, UnitOfWork

log = get_logger(__name__)

DAILY: Final = Actor("retention, daily")
PSEUDONYMISED_AT_ONCE: Final = 30
"""In one transaction, during which the school's other posts wait: some 0.2 s on the embedded store."""
ERASED_A_ROUND: Final = 5
"""By the daily run: each is a transaction of its own, of some tens of milliseconds, and one file."""


async def change_retention(unit: UnitOfWork, wanted: RetentionSettings) -> Document:
    """Choose when names go, and what the Hub does by itself; the same again changes nothing."""
    limits = rights_rules().pseudonymisation.days_after_year_of_leaving
    if not limits.lowest <= wanted.pseudonymise_after_days <= limits.highest:
        problem = FieldProblem("pseudonymise_after_days", f"is not from {limits.lowest} to {limits.highest}")
        raise InvalidError("Names cannot be kept for so long, or so short.", (problem,))
    if await read_settings(unit, rights_rules()) == wanted:
        return {"outcome": "unchanged"}
    await keep_retention_settings(unit, wanted, mark_of(unit))
    unit.log_access("retention.settings_changed", "retention/settings")
    return {"outcome": "changed"}


async def pseudonymise_leavers(unit: UnitOfWork, *, confirmed: bool) -> Document:
    """Take names and free texts away from leavers, some at a time; `left` are still due.

    Leavers who are held back (`model/retention.py`) are taken only if somebody confirmed that they have left.
    """
    today = today_in_england(unit.now)
    pupils = await all_pupils(unit)
    found = await find_leavers(unit, rights_rules(), pupils.values(), today)
    waiting = [pupil for year in sorted(found.held_back) for pupil in found.held_back[year]]
    due = [*found.due, *waiting] if confirmed else found.due
    going = due[:PSEUDONYMISED_AT_ONCE]
    if going:
        await _pseudonymise(unit, pupils, going, today)
    return {
        "pseudonymised": len(going),
        "left": len(due) - len(going),
        "held_back": 0 if confirmed else len(waiting),
    }


async def erase_due(
    context: ServiceContext, actor: Actor, urn: Urn, most: int, *, certain: bool = False
) -> tuple[list[Document], int]:
    """Erase whose record is kept too long, at most so many; returns the receipts, and how many are left.

    If `certain`, only those known to have left. Raises UnavailableError without an erasure journal.
    """
    journal = ErasureJournal(context.settings.erasure_journal)
    today = today_in_england(context.clock())
    due = await find_due(context.school(urn), rights_rules(), today, certain=certain)
    receipts = [await erase(context, journal, actor, (urn, pupil.ref), "retention") for pupil in due[:most]]
    return receipts, len(due) - len(receipts)


async def keep_retention(context: ServiceContext, urn: Urn) -> bool:
    """Do a school's share of one round of the daily run; returns whether more is left."""
    database, today = context.school(urn), today_in_england(context.clock())
    settings = await read_settings(database, rights_rules())
    # First, so that nobody's names are taken away who goes altogether.
    more = settings.erase == "automatic" and await _erase_some(context, urn)
    if settings.pseudonymise == "automatic":
        pupils = (await all_pupils(database)).values()
        if (await find_leavers(database, rights_rules(), pupils, today)).due:

            async def work(unit: UnitOfWork) -> Document:
                return await pseudonymise_leavers(unit, confirmed=False)

            done = await context.in_school(DAILY, urn, work)
            log.info("leavers pseudonymised", urn=urn, pupils=done["pseudonymised"], left=done["left"])
            more |= done["left"] > 0
    return more


async def _erase_some(context: ServiceContext, urn: Urn) -> bool:
    today = today_in_england(context.clock())
    due = await find_due(context.school(urn), rights_rules(), today, certain=True)
    if not due:
        return False
    if context.settings.erasure_journal is None:
        log.warning("records kept too long, and no erasure journal to erase by", urn=urn, due=len(due))
        return False
    receipts, left = await erase_due(context, DAILY, urn, ERASED_A_ROUND, certain=True)
    log.info("records erased that were kept too long", urn=urn, pupils=len(receipts), left=left)
    return left > 0


async def _pseudonymise(
    unit: UnitOfWork, pupils: Mapping[str, Pupil], going: Sequence[Pupil], today: dt.date
) -> None:
    await write_pupils(unit, pupils, [], [pseudonymised(pupil, today) for pupil in going])
    await remove_free_texts(unit, {pupil.ref for pupil in going})
    for pupil in going:
        unit.log_access("pupil.pseudonymised", f"pupils/{pupil.ref}")
