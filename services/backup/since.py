"""What has happened since a backup and stays so after a restore: who lost access, which schools have left.

Read from the store that is being replaced and written down in it, because a restore may be broken off;
applied to what was restored. Where that store is lost, nobody knows: the operator does it again
(docs/operations/backup.md).
"""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import Urn
from services.backup.making import SINCE
from services.leaving.leaving import delete_stored, end_memberships
from services.runtime.context import ServiceContext
from services.runtime.departures import Departure, departures, note_departure
from services.runtime.memberships import Memberships
from services.runtime.mongo import Document, Replace

_NOTE: Final = "note"


async def note_since(context: ServiceContext) -> None:
    """Write down which memberships have an end and which schools have left, unless a first attempt has."""
    notes = context.tenancy.memberships().collection(SINCE)
    if await notes.get(_NOTE) is not None:
        return
    known = await Memberships(context.tenancy, context.clock).all()
    left = (await departures(context.tenancy)).values()
    note: Document = {
        "_id": _NOTE,
        "ended": [[one.id, one.until] for one in known if one.until is not None],
        "left": [[one.urn, one.left_at, one.deleted_at] for one in left],
    }
    await notes.write(Replace({"_id": _NOTE}, note, upsert=True))


async def keep_since(context: ServiceContext) -> None:
    """End again what the backup has without an end, or with a later one; have the schools left again."""
    note = await context.tenancy.memberships().collection(SINCE).get(_NOTE)
    if note is None:
        return
    memberships = Memberships(context.tenancy, context.clock)
    restored = {one.id: one for one in await memberships.all()}
    for identity, until in note["ended"]:
        again = restored.get(identity)
        if again is not None and (again.until is None or again.until > until):
            await memberships.end(identity, until)
    for urn, left_at, deleted_at in note["left"]:
        await note_departure(context.tenancy, Departure(Urn(urn), left_at, deleted_at))
        await end_memberships(context, Urn(urn))
        if deleted_at is not None:
            await delete_stored(context, Urn(urn))


async def forget_since(context: ServiceContext) -> None:
    """Throw the note away once the Hub is open again, or was never replaced."""
    await context.tenancy.memberships().collection(SINCE).delete({"_id": _NOTE})
