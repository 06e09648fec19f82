"""Routes of a pupil's rights: the whole record, links to it, erasure with a receipt, and retention."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, status
from fastapi.responses import Response
from pydantic import Field

from contracts.vocabulary import OPAQUE_ID_PATTERN
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.pupils import Ref, reader_of
from services.pupils.commands.erasure import erase, lift_erasure, receipt_of
from services.pupils.commands.record_links import make_record_link, revoke_record_link
from services.pupils.commands.retention import change_retention, erase_due, pseudonymise_leavers
from services.pupils.model.erasure import ErasureId, ErasureReason
from services.pupils.model.retention import Manner, RetentionSettings
from services.pupils.model.sheets import PupilRef
from services.pupils.store.erasures import ErasureJournal, all_erased
from services.pupils.views.record import whole_record
from services.pupils.views.retention import retention, retention_settings
from services.pupils.views.rights import record_links
from services.runtime.bodies import (
    Body,
)
from services.runtime.links import LinkId
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

ERASED_AT_ONCE: Final = 50
"""Each is a transaction of its own, of some tens of milliseconds."""
LONGEST_LINK_DAYS: Final = 30
"""Whoever needs it longer asks again: an address is easily left in a shared browser."""

Id = Annotated[str, Path(pattern=OPAQUE_ID_PATTERN)]


class LinkBody(Body):
    """For how long a link opens the record."""

    days: Annotated[int, Field(strict=True, ge=1, le=LONGEST_LINK_DAYS)] = 7


class RetentionBody(Body):
    """What a school chooses: after how many days names go, and whether by themselves."""

    pseudonymise_after_days: Annotated[int, Field(strict=True)]
    pseudonymise: Manner
    erase: Manner


class ErasureBody(Body):
    """Why a pupil is erased."""

    reason: ErasureReason


@router.get("/pupils/{ref}/record", Permission.EXPORT_RECORD)
async def get_record(response: Response, caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show everything that is held about a pupil, and who looked at it: for the pupil, or the next school."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.exported", f"pupils/{ref}/record")
    response.headers["Content-Disposition"] = f'attachment; filename="pupil-{ref}.json"'
    record = await whole_record(caller.context, caller.urn, PupilRef(ref), reader_of(caller))
    return record | {"school": caller.asked}


@router.post("/pupils/{ref}/erasure", Permission.ERASE_PUPIL)
async def post_erasure(caller: AdmittedToSchool, ref: Ref, body: ErasureBody) -> dict[str, Any]:
    """Erase a pupil for good, also from backups that are restored later; answers with the receipt."""
    journal = ErasureJournal(caller.context.settings.erasure_journal)
    return await erase(caller.context, journal, caller.actor, (caller.urn, PupilRef(ref)), body.reason)


@router.post("/pupils/{ref}/record/links", Permission.EXPORT_RECORD, status_code=status.HTTP_201_CREATED)
async def post_record_link(caller: AdmittedToSchool, ref: Ref, body: LinkBody) -> dict[str, Any]:
    """Make a link that opens the record as a page, for the pupil; its path is told here and never again."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await make_record_link(unit, SERVICE_NAME, PupilRef(ref), body.days)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/pupils/{ref}/record/links", Permission.EXPORT_RECORD)
async def get_record_links(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """List the links that open a pupil's record: by whom, until when, how often used; not what is in them."""
    await caller.context.read_logged(caller.actor, caller.urn, "links.listed", f"pupils/{ref}/record/links")
    return await record_links(caller.context, caller.urn, PupilRef(ref))


@router.post("/pupils/{ref}/record/links/{identity}/revocation", Permission.EXPORT_RECORD)
async def post_link_revocation(caller: AdmittedToSchool, ref: Ref, identity: Id) -> dict[str, Any]:
    """End a link at once; a second time changes nothing."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await revoke_record_link(unit, PupilRef(ref), LinkId(identity))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/retention", Permission.ERASE_PUPIL)
async def get_retention(caller: AdmittedToSchool) -> dict[str, Any]:
    """List the pupils who left so long ago that their record must go, and count the others by their day."""
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", "retention")
    return await retention(caller.context, caller.urn)


@router.post("/retention/erasures", Permission.ERASE_PUPIL)
async def post_due_erasures(caller: AdmittedToSchool) -> dict[str, Any]:
    """Erase the pupils whose record must go, some at a time; `left` says how many are still due."""
    receipts, left = await erase_due(caller.context, caller.actor, caller.urn, ERASED_AT_ONCE)
    return {"erased": receipts, "left": left}


@router.post("/retention/pseudonymisations", Permission.ERASE_PUPIL)
async def post_pseudonymisations(
    caller: AdmittedToSchool,
    confirm_leavers: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter, always by name
) -> dict[str, Any]:
    """Take names and free texts away from leavers, some at a time; `left` says how many are still due.

    With `confirm_leavers`, also from those that are held back because most of a year would go at once.
    """

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await pseudonymise_leavers(unit, confirmed=confirm_leavers)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/retention/settings", Permission.ERASE_PUPIL)
async def get_retention_settings(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show when names go, and what the Hub does by itself."""
    return await retention_settings(caller.context, caller.urn)


@router.put("/retention/settings", Permission.ERASE_PUPIL)
async def put_retention_settings(caller: AdmittedToSchool, body: RetentionBody) -> dict[str, Any]:
    """Choose when names go, and whether the Hub takes them away and erases by itself or somebody says so."""
    wanted = RetentionSettings(body.pseudonymise_after_days, body.pseudonymise, body.erase)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await change_retention(unit, wanted)

    return await caller.context.in_school(caller.actor, caller.urn, work)


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
