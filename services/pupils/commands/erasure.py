"""Erases a pupil, lifts an erasure, and erases again what a restored backup has brought back."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from contracts.vocabulary import AcademicYear, Urn, academic_year_of
from services.pupils.commands.keeping import tell_roll
from services.pupils.commands.summaries import tell_destinations, tell_sectors
from services.pupils.model.erasure import (
    Erased,
    Erasure,
    ErasureId,
    ErasureReason,
    empty_place,
    is_settled,
)
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.model.restriction import Use
from services.pupils.model.roll_change import RollChange, figures_of, note_figures
from services.pupils.model.sheets import PupilRef, Register
from services.pupils.store import ACTIVITIES, ACTIVITY_VERSIONS, YEAR_GROUPS
from services.pupils.store.erasures import (
    ErasureJournal,
    all_erased,
    delete_all_about,
    find_erased,
    keep_erased,
    make_anonymous,
)
from services.pupils.store.imported_files import forget_files
from services.pupils.store.plans import PLAN_VERSIONS, PLANS, take_out_of_plans
from services.pupils.store.reads import all_pupils, sheets_of_years, the_pupil
from services.pupils.store.writes import remove_pupil, write_sheets
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import Actor, UnitOfWork

ERASURE_ID_BYTES: Final = 16
REF_BYTES: Final = 8
AFTER_A_RESTORE: Final = Actor("erasure journal")


async def ask_for_erasure(
    context: ServiceContext,
    journal: ErasureJournal,
    actor: Actor,
    pupil: tuple[Urn, PupilRef],
    reason: ErasureReason,
) -> Erasure:
    """Write down that a pupil is to be erased; from here on it will be, whatever fails."""
    urn, ref = pupil
    found = await the_pupil(context.school(urn), ref, Use.RIGHTS)
    erasure = Erasure(
        id=ErasureId(secrets.token_hex(ERASURE_ID_BYTES)),
        urn=urn,
        upn_digest=found.upn_digest,
        reason=reason,
        asked_at=context.clock(),
        asked_by=actor.subject,
        former_digests=found.former_digests,
    )
    await journal.note(erasure)
    return erasure


async def erase(
    context: ServiceContext,
    journal: ErasureJournal,
    actor: Actor,
    pupil: tuple[Urn, PupilRef],
    reason: ErasureReason,
) -> Document:
    """Write an erasure down, carry it out, and return the receipt."""
    erasure = await ask_for_erasure(context, journal, actor, pupil, reason)

    async def work(unit: UnitOfWork) -> Document:
        return await carry_out(unit, context, erasure)

    return await context.in_school(actor, erasure.urn, work)


async def carry_out(unit: UnitOfWork, context: ServiceContext, erasure: Erasure) -> Document:
    """Erase a pupil, and return the receipt; an erasure that was carried out changes nothing."""
    known = await find_erased(unit, erasure.id)
    if known is not None:
        return receipt_of(context, known)
    pupils = await all_pupils(unit)
    pupil = _meant(erasure, pupils.values())
    removed: dict[str, int] = {}
    made_anonymous: dict[str, int] = {}
    if pupil is not None:
        removed = {"pupils": 1, **await delete_all_about(unit, pupil.ref)}
        made_anonymous = await _make_anonymous(unit, pupil)
        await remove_pupil(unit, pupils, pupil)
        await forget_files(unit)
        await tell_sectors(unit, pupil.ref)
        await tell_destinations(unit, pupil)
    erased = Erased(erasure, unit.now, removed, made_anonymous)
    await keep_erased(unit, erased)
    unit.log_access("pupil.erased", f"erasures/{erasure.id}")
    return receipt_of(context, erased)


async def lift_erasure(unit: UnitOfWork, context: ServiceContext, identity: ErasureId) -> Document:
    """Let later rolls bring the pupil back, as somebody new; a second time changes nothing."""
    known = await find_erased(unit, identity)
    if known is None:
        raise NotFoundError("There is no such erasure at this school.")
    if known.lifted_at is None:
        known = replace(known, lifted_at=unit.now, lifted_by=unit.actor.subject)
        await keep_erased(unit, known)
        unit.log_access("erasure.lifted", f"erasures/{identity}")
    return receipt_of(context, known)


async def erase_again(context: ServiceContext) -> None:
    """Carry out what the journal has and the store does not: a restored backup, or a crash in between.

    Runs before anything is served.
    """
    by_school: dict[Urn, list[Erasure]] = defaultdict(list)
    for erasure in await ErasureJournal(context.settings.erasure_journal).read():
        by_school[erasure.urn].append(erasure)
    for urn, erasures in by_school.items():
        carried_out = await all_erased(context.school(urn))
        for erasure in erasures:
            if is_settled(erasure, carried_out):
                continue

            async def work(unit: UnitOfWork, erasure: Erasure = erasure) -> Document:
                return await carry_out(unit, context, erasure)

            await context.in_school(AFTER_A_RESTORE, urn, work)


def receipt_of(context: ServiceContext, erased: Erased) -> Document:
    """Make the receipt; `seal` authenticates the rest of it under the school's key."""
    erasure = erased.erasure
    receipt: Document = {
        "erasure_id": erasure.id,
        "urn": erasure.urn,
        "reason": erasure.reason,
        "asked_at": erasure.asked_at.isoformat(),
        "asked_by": erasure.asked_by,
        "carried_out_at": erased.carried_out_at.isoformat(),
        "removed": dict(erased.removed),
        "made_anonymous": dict(erased.made_anonymous),
        "lifted_at": None if erased.lifted_at is None else erased.lifted_at.isoformat(),
    }
    text = repr(sorted(receipt.items()))
    return {**receipt, "seal": context.sealer.mac(erasure.urn, "erasure", text.encode())}


def _meant(erasure: Erasure, pupils: Iterable[Pupil]) -> Pupil | None:
    """Find the pupil: a backup may be older than the UPN by which the pupil was known when erased."""
    return next((pupil for pupil in pupils if not erasure.digests.isdisjoint(pupil.digests)), None)


async def _make_anonymous(unit: UnitOfWork, pupil: Pupil) -> dict[str, int]:
    """Put nobody in the pupil's place wherever counts rest on it.

    The place on the present roll goes, and so do invitations: no count rests on them.
    """
    nobody = PupilRef(secrets.token_hex(REF_BYTES))
    sheets = await sheets_of_years(unit, pupil.years)
    places = [sheet for sheet in sheets if empty_place(sheet, pupil.ref, nobody)]
    _leave(unit, Register(sheets), academic_year_of(today_in_england(unit.now)), nobody)
    await write_sheets(unit, places)
    counts = {
        PLANS: await take_out_of_plans(unit, PLANS, pupil.ref),
        PLAN_VERSIONS: await take_out_of_plans(unit, PLAN_VERSIONS, pupil.ref),
        YEAR_GROUPS: len(places),
        ACTIVITIES: await make_anonymous(unit, ACTIVITIES, pupil.ref, pupil.years, nobody),
        ACTIVITY_VERSIONS: await make_anonymous(unit, ACTIVITY_VERSIONS, pupil.ref, pupil.years, nobody),
    }
    return {name: number for name, number in counts.items() if number}


def _leave(unit: UnitOfWork, register: Register, year: AcademicYear, nobody: PupilRef) -> None:
    """Take nobody off the present roll, and tell of it."""
    sheet = register.sheet_of(year, nobody)
    if sheet is None or nobody not in sheet.pupils:
        return
    before = figures_of(register, year)
    register.take_off(year, nobody)
    change = RollChange(year)
    note_figures(change, register, before)
    tell_roll(unit, change)
