"""Makes links to a pupil's own record, and ends them."""

from __future__ import annotations

import datetime as dt

from services.pupils.model.restriction import Use
from services.pupils.model.sheets import PupilRef
from services.pupils.store.reads import the_pupil
from services.pupils.store.record_links import RECORD_LINK, record_of
from services.runtime.linked_routes import LINK_PATH
from services.runtime.links import LinkId, make_link, revoke_link
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def make_record_link(unit: UnitOfWork, service: str, ref: PupilRef, days: int) -> Document:
    """Make a link that opens a pupil's record as a page; only this answer has its path."""
    await the_pupil(unit, ref, Use.RIGHTS)
    link, secret = await make_link(unit, RECORD_LINK, record_of(ref), dt.timedelta(days=days))
    path = f"/{service}{LINK_PATH.format(urn=unit.urn, secret=secret)}"
    return {"link_id": link.id, "path": path, "ends_at": link.ends_at.isoformat()}


async def revoke_record_link(unit: UnitOfWork, ref: PupilRef, identity: LinkId) -> Document:
    """End a link at once; a second time changes nothing."""
    link = await revoke_link(unit, RECORD_LINK, record_of(ref), identity)
    return {
        "link_id": link.id,
        "revoked_at": None if link.revoked_at is None else link.revoked_at.isoformat(),
    }
