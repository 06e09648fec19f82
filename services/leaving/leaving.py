"""A school leaves: its people are let in no more, it has its archive, and after a time its data are deleted.

In that order, and each step may be done again. The time in between is for a mistake: until the data are
deleted, the school is back as soon as somebody grants memberships again and takes the departure back.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.vocabulary import Urn
from services.backup.making import NOT_SAVED, Progress
from services.leaving.export import check_export, export_school
from services.pupils.store.erasures import ERASURES
from services.runtime.access_log import ACCESS_LOG, Access
from services.runtime.context import ServiceContext
from services.runtime.departures import Departure, departures, note_departure, take_back_departure
from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.links import LINKS
from services.runtime.memberships import Memberships
from services.runtime.mongo import Update
from services.runtime.tenancy import SchoolDatabase

# As the data-sharing agreement has it (docs/data-protection/data-sharing-agreement.md, section 6).
KEPT_DAYS: Final = 30
KEPT: Final = frozenset({ACCESS_LOG, ERASURES}) | NOT_SAVED
"""Who saw what, and whom no backup may bring back; neither names a pupil."""
OPERATOR: Final = "operator: a school leaves"


@dataclass(frozen=True, slots=True)
class Left:
    """What leaving has done."""

    urn: Urn
    left_at: dt.datetime
    memberships_ended: int
    links_revoked: int
    files: int


async def leave(context: ServiceContext, urn: str, path: Path, progress: Progress) -> Left:
    """End a school's memberships and links, note the day, and write its archive.

    Raises FileExistsError, and NotFoundError for a school of which nothing is stored. Said again, it writes
    another archive, and the day stays.
    """
    tenant = await _tenant(context, urn)
    known = (await departures(context.tenancy)).get(tenant)
    left_at = context.clock() if known is None else known.left_at
    if await asyncio.to_thread(path.exists):
        raise FileExistsError(path)
    ended = await end_memberships(context, tenant)
    revoked = await _revoke_links(context, tenant)
    if known is None:
        await note_departure(context.tenancy, Departure(tenant, left_at))
        await _log(context, tenant, "school.left")
    progress(f"{ended} memberships ended, {revoked} links revoked.")
    manifest = await export_school(context, tenant, path, progress)
    return Left(tenant, left_at, ended, revoked, len(manifest["files"]))


async def delete(context: ServiceContext, urn: str, export: Path, *, now: bool) -> int:
    """Delete what is kept of a school that has left; returns how many documents that were.

    `export` is its archive, which is read once more. Raises ConflictError for a school that has not left, or
    not long enough ago, and for an archive of another one.
    """
    tenant = await _tenant(context, urn)
    known = (await departures(context.tenancy)).get(tenant)
    if known is None:
        message = "This school has not left. `careers-hub school leave` first."
        raise ConflictError(message)
    until = known.left_at + dt.timedelta(days=KEPT_DAYS)
    if context.clock() < until and not now:
        message = (
            f"The school left on {known.left_at.date()}; its data are kept until {until.date()}. --now "
            "deletes them at once, if the school has asked for it in writing."
        )
        raise ConflictError(message)
    if check_export(export)["school"] != tenant:
        message = f"{export} is the archive of another school."
        raise ConflictError(message)
    await _log(context, tenant, "school.deleted")
    deleted = await delete_stored(context, tenant)
    await note_departure(context.tenancy, Departure(tenant, known.left_at, context.clock()))
    return deleted


async def come_back(context: ServiceContext, urn: str) -> Departure:
    """Take a departure back; raises NotFoundError for a school that has not left."""
    tenant = (await context.successions.lineage()).tenant_of(urn)
    known = (await departures(context.tenancy)).get(tenant)
    if known is None or not await take_back_departure(context.tenancy, tenant):
        message = "This school has not left."
        raise NotFoundError(message)
    await _log(context, tenant, "school.came_back")
    return known


async def _tenant(context: ServiceContext, urn: str) -> Urn:
    tenant = (await context.successions.lineage()).tenant_of(urn)
    if not await context.tenancy.everywhere(tenant):
        message = f"Nothing of a school of the URN {urn} is stored here."
        raise NotFoundError(message)
    return tenant


async def delete_stored(context: ServiceContext, tenant: Urn) -> int:
    """Delete what every service keeps of a school, but for `KEPT`; returns how many documents that were."""
    deleted = 0
    for database in await context.tenancy.everywhere(tenant):
        for name in set(await database.collection_names()) - KEPT:
            deleted += await database.collection(name).count({})
            await database.collection(name).drop()
    return deleted


async def end_memberships(context: ServiceContext, tenant: Urn) -> int:
    """End every membership of a school, under any of its URNs; returns how many had not ended."""
    memberships = Memberships(context.tenancy, context.clock)
    lineage = await context.successions.lineage()
    now = context.clock()
    current = [
        one
        for one in await memberships.all()
        if one.urn is not None
        and lineage.tenant_of(one.urn) == tenant
        and (one.until is None or one.until > now)
    ]
    for one in current:
        await memberships.end(one.id, now)
    return len(current)


async def _revoke_links(context: ServiceContext, tenant: Urn) -> int:
    revoked = 0
    ended = {"at": context.clock(), "by": OPERATOR}
    for database in await context.tenancy.everywhere(tenant):
        links = database.collection(LINKS)
        found = await links.find({"revoked": None}, fields=["_id"])
        revoked += await links.write(
            *(Update({"_id": one["_id"]}, {"$set": {"revoked": ended}}) for one in found)
        )
    return revoked


async def _log(context: ServiceContext, tenant: Urn, action: str) -> None:
    """Note it in the access log of each service that holds something of the school."""
    for database in await context.tenancy.everywhere(tenant):
        own = context.sibling(_service_of(database))
        entry = Access(OPERATOR, action, f"schools/{tenant}", context.clock())
        await own.access_log(tenant).append(None, [entry])


def _service_of(database: SchoolDatabase) -> str:
    return database.parts.partition("_")[0]
