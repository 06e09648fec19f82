"""Routes of a pupil's rights: the whole record, erasure with a receipt, and what is kept too long."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path
from fastapi.responses import Response

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.bodies import Body
from services.pupils.api.conversations import reader_of
from services.pupils.api.pupils import Ref
from services.pupils.commands.erasure import ask_for_erasure, carry_out, lift_erasure, receipt_of
from services.pupils.model.erasure import ErasureId, ErasureReason
from services.pupils.model.sheets import PupilRef
from services.pupils.store.erasures import ErasureJournal, all_erased
from services.pupils.views.record import whole_record
from services.pupils.views.retention import retention
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

ERASED_AT_ONCE: Final = 50
"""Each is a transaction of its own, of some tens of milliseconds."""

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


class ErasureBody(Body):
    """Why a pupil is erased."""

    reason: ErasureReason


@router.get("/pupils/{ref}/record", Permission.EXPORT_RECORD)
async def get_record(response: Response, caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show everything that is held about a pupil, and who looked at it: for the pupil, or the next school."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.exported", f"pupils/{ref}/record")
    response.headers["Content-Disposition"] = f'attachment; filename="pupil-{ref}.json"'
    return await whole_record(caller.context, caller.urn, PupilRef(ref), reader_of(caller))


@router.post("/pupils/{ref}/erasure", Permission.ERASE_PUPIL)
async def post_erasure(caller: AdmittedToSchool, ref: Ref, body: ErasureBody) -> dict[str, Any]:
    """Erase a pupil for good, also from backups that are restored later; answers with the receipt."""
    journal = ErasureJournal(caller.context.settings.erasure_journal)
    return await _erase(caller, journal, PupilRef(ref), body.reason)


@router.get("/retention", Permission.ERASE_PUPIL)
async def get_retention(caller: AdmittedToSchool) -> dict[str, Any]:
    """List the pupils who left so long ago that their record must go, and count the others by their day."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", "retention")
    return await retention(caller.context, caller.urn)


@router.post("/retention/erasures", Permission.ERASE_PUPIL)
async def post_due_erasures(caller: AdmittedToSchool) -> dict[str, Any]:
    """Erase the pupils whose record must go, some at a time; `left` says how many are still due."""
    journal = ErasureJournal(caller.context.settings.erasure_journal)
    due = (await retention(caller.context, caller.urn))["due"]
    receipts = [
        await _erase(caller, journal, PupilRef(pupil["pupil"]), "retention") for pupil in due[:ERASED_AT_ONCE]
    ]
    return {"erased": receipts, "left": len(due) - len(receipts)}


@router.get("/erasures", Permission.ERASE_PUPIL)
async def get_erasures(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show the receipts of all erasures, the oldest first."""
    found = await all_erased(caller.context.school(caller.urn))
    return {"erasures": [receipt_of(caller.context, erased) for erased in found]}


@router.post("/erasures/{identity}/lifting", Permission.ERASE_PUPIL)
async def post_lifting(caller: AdmittedToSchool, identity: Id) -> dict[str, Any]:
    """Let later rolls bring the pupil back as somebody new; what was erased stays erased."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await lift_erasure(unit, caller.context, ErasureId(identity))

    return await caller.context.in_school(caller.actor, caller.urn, work)


async def _erase(
    caller: AdmittedToSchool, journal: ErasureJournal, ref: PupilRef, reason: ErasureReason
) -> dict[str, Any]:
    erasure = await ask_for_erasure(caller.context, journal, caller.actor, (caller.urn, ref), reason)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await carry_out(unit, caller.context, erasure)

    return await caller.context.in_school(caller.actor, caller.urn, work)
