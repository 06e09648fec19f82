"""Where destinations are kept: `intended_destinations` and `destination_spells`, one document each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection as Names
from typing import Final

from services.pupils.model.activity import Mark
from services.pupils.model.destination import DestinationId, Intended, Intention, Spell, Tracked
from services.pupils.model.sheets import PupilRef
from services.pupils.store.activity_documents import (
    mark_document,
    read_mark,
)
from services.pupils.store.reads import Database
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

INTENDED_DESTINATIONS: Final = "intended_destinations"
DESTINATION_SPELLS: Final = "destination_spells"
DESTINATION_INDEXES: Final = {
    INTENDED_DESTINATIONS: (Index((("pupil", 1),)),),
    DESTINATION_SPELLS: (Index((("pupil", 1),)),),
}


async def find_intended(database: Database, identity: DestinationId) -> Intended | None:
    """Read one intended destination, or None."""
    document = await database.collection(INTENDED_DESTINATIONS).get(identity)
    return None if document is None else _read_intended(document)


async def find_spell(database: Database, identity: DestinationId) -> Tracked | None:
    """Read one spell, or None."""
    document = await database.collection(DESTINATION_SPELLS).get(identity)
    return None if document is None else _read_tracked(document)


async def intended_by(
    database: Database, pupils: Names[PupilRef] | None = None
) -> dict[PupilRef, list[Intended]]:
    """Read what these pupils (None: all) have meant to do, the newest first, without what was retracted."""
    found = await database.collection(INTENDED_DESTINATIONS).find(_of(pupils))
    by_pupil: dict[PupilRef, list[Intended]] = defaultdict(list)
    for intended in map(_read_intended, found):
        by_pupil[intended.pupil].append(intended)
    for kept in by_pupil.values():
        kept.sort(key=lambda one: (one.intention.said_on, one.recorded.at), reverse=True)
    return dict(by_pupil)


async def spells_of(
    database: Database, pupils: Names[PupilRef] | None = None
) -> dict[PupilRef, list[Tracked]]:
    """Read what these pupils (None: all) have done since they left, in order, without what was retracted."""
    found = await database.collection(DESTINATION_SPELLS).find(_of(pupils))
    by_pupil: dict[PupilRef, list[Tracked]] = defaultdict(list)
    for tracked in map(_read_tracked, found):
        by_pupil[tracked.pupil].append(tracked)
    for kept in by_pupil.values():
        kept.sort(key=lambda one: (one.spell.starts_on, one.recorded.at))
    return dict(by_pupil)


async def keep_intended(unit: UnitOfWork, intended: Intended) -> None:
    """Write an intended destination, new or changed."""
    said = intended.intention
    document = {
        "_id": intended.id,
        "pupil": intended.pupil,
        "status": said.status,
        "words": said.words,
        "said_on": said.said_on.isoformat(),
        "has_offer": said.has_offer,
        "recorded": mark_document(intended.recorded),
        "retracted": _maybe(intended.retracted),
    }
    await unit.collection(INTENDED_DESTINATIONS).write(Replace({"_id": intended.id}, document, upsert=True))


async def keep_spell(unit: UnitOfWork, tracked: Tracked) -> None:
    """Write a spell, new or changed."""
    spell = tracked.spell
    document = {
        "_id": tracked.id,
        "pupil": tracked.pupil,
        "status": spell.status,
        "provider": spell.provider,
        "source": spell.source,
        "starts_on": spell.starts_on.isoformat(),
        "seen_on": spell.seen_on.isoformat(),
        "ends_on": None if spell.ends_on is None else spell.ends_on.isoformat(),
        "recorded": mark_document(tracked.recorded),
        "changed": _maybe(tracked.changed),
        "retracted": _maybe(tracked.retracted),
    }
    await unit.collection(DESTINATION_SPELLS).write(Replace({"_id": tracked.id}, document, upsert=True))


def _of(pupils: Names[PupilRef] | None) -> Document:
    standing: Document = {"retracted": None}
    return standing if pupils is None else standing | {"pupil": {"$in": sorted(pupils)}}


def _maybe(mark: Mark | None) -> Document | None:
    return None if mark is None else mark_document(mark)


def _maybe_read(document: Document | None) -> Mark | None:
    return None if document is None else read_mark(document)


def _read_intended(document: Document) -> Intended:
    return Intended(
        id=document["_id"],
        pupil=document["pupil"],
        intention=Intention(
            status=document["status"],
            words=document["words"],
            said_on=dt.date.fromisoformat(document["said_on"]),
            has_offer=document["has_offer"],
        ),
        recorded=read_mark(document["recorded"]),
        retracted=_maybe_read(document["retracted"]),
    )


def _read_tracked(document: Document) -> Tracked:
    return Tracked(
        id=document["_id"],
        pupil=document["pupil"],
        spell=Spell(
            status=document["status"],
            provider=document["provider"],
            source=document["source"],
            starts_on=dt.date.fromisoformat(document["starts_on"]),
            seen_on=dt.date.fromisoformat(document["seen_on"]),
            ends_on=None if document["ends_on"] is None else dt.date.fromisoformat(document["ends_on"]),
        ),
        recorded=read_mark(document["recorded"]),
        changed=_maybe_read(document["changed"]),
        retracted=_maybe_read(document["retracted"]),
    )
