"""Erasures: what the store keeps of them, the journal beside the store, and the deletion itself.

The journal is a folder with one small file an erasure, complete and synced before anything is erased. It is
no part of a backup of the store. Whoever restores an older backup finds in it what must be erased again
(`commands/erasure.py` does so before anything is served). A file holds no name and no UPN: keyed digests.
One file each, because several processes may write to a folder on a shared volume, and to one file not without
mixing their lines.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Collection as Names
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import orjson

from contracts.vocabulary import AcademicYear, Urn
from services.pupils.model.erasure import Erased, Erasure, ErasureId
from services.pupils.model.sheets import PupilRef
from services.pupils.store.conversations import CONVERSATION_VERSIONS, CONVERSATIONS
from services.pupils.store.destinations import DESTINATION_SPELLS, INTENDED_DESTINATIONS
from services.pupils.store.interests import INTERESTS
from services.pupils.store.plans import PLAN_RESPONSES
from services.pupils.store.reads import Database, activities_concerning
from services.pupils.store.rectifications import RECTIFICATIONS
from services.pupils.store.restrictions import RESTRICTIONS
from services.pupils.store.self_assessments import SELF_ASSESSMENT_VERSIONS, SELF_ASSESSMENTS
from services.runtime.errors import UnavailableError
from services.runtime.links import LINKS
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

ERASURES: Final = "erasures"
ERASURE_INDEXES: Final = {ERASURES: (Index((("upn_digest", 1),)),), LINKS: (Index((("pupil", 1),)),)}
ABOUT_A_PUPIL: Final = (
    CONVERSATIONS,
    CONVERSATION_VERSIONS,
    INTERESTS,
    INTENDED_DESTINATIONS,
    DESTINATION_SPELLS,
    SELF_ASSESSMENTS,
    SELF_ASSESSMENT_VERSIONS,
    PLAN_RESPONSES,
    RECTIFICATIONS,
    RESTRICTIONS,
    LINKS,
)
"""Collections whose documents are about one pupil, named in the field `pupil`."""
_NO_JOURNAL: Final = (
    "Pupils cannot be erased here yet: the service has no erasure journal, without which a restored backup "
    "would bring them back. Name a folder for it in CAREERS_HUB_ERASURE_JOURNAL."
)
_SUFFIX: Final = ".json"


class ErasureJournal:
    """The folder of a service's erasures."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def note(self, erasure: Erasure) -> None:
        """Write an erasure down for good; raises UnavailableError if that is not possible."""
        if self._folder is None:
            raise UnavailableError(_NO_JOURNAL)
        content = orjson.dumps(_entry(erasure))
        try:
            await asyncio.to_thread(_write, self._folder, f"{erasure.id}{_SUFFIX}", content)
        except OSError as error:
            message = "The erasure journal cannot be written, so nothing was erased. Try again."
            raise UnavailableError(message) from error

    async def read(self) -> list[Erasure]:
        """Read every erasure, the oldest first; what a crash left unfinished had erased nothing yet."""
        if self._folder is None:
            return []
        found = await asyncio.to_thread(_read_all, self._folder)
        return sorted(map(_read_entry, found), key=lambda erasure: (erasure.asked_at, erasure.id))

    async def copies(self) -> list[str]:
        """Copy every erasure as text, for a backup."""
        return [orjson.dumps(_entry(erasure)).decode() for erasure in await self.read()]

    async def take_in(self, copies: Iterable[str]) -> int:
        """Note the erasures of a backup that are missing here; returns how many. None is ever taken out."""
        known = {erasure.id for erasure in await self.read()}
        missing = [e for e in map(_read_entry, map(orjson.loads, copies)) if e.id not in known]
        for erasure in missing:
            await self.note(erasure)
        return len(missing)


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{name}.unfinished"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    unfinished.rename(folder / name)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read_all(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(file.read_bytes()) for file in folder.glob(f"*{_SUFFIX}")]


async def erased_digests(database: Database) -> set[str]:
    """Name, by the digest of every UPN that they had, the pupils whom no roll may bring back.

    Whoever was erased because their time was up may come back to the school, as somebody new.
    """
    standing = {"lifted": None, "reason": {"$ne": "retention"}}
    found = await database.collection(ERASURES).find(standing, fields=["upn_digest", "former_digests"])
    return {
        digest
        for document in found
        for digest in (document["upn_digest"], *document.get("former_digests", ()))
    }


async def find_erased(database: Database, identity: ErasureId) -> Erased | None:
    """Read what an erasure did, or None if it has not been carried out."""
    document = await database.collection(ERASURES).get(identity)
    return None if document is None else _read(document)


async def all_erased(database: Database) -> list[Erased]:
    """Read every erasure that was carried out, the oldest first."""
    found = await database.collection(ERASURES).find({}, sort=[("carried_out_at", 1), ("_id", 1)])
    return [_read(document) for document in found]


async def keep_erased(unit: UnitOfWork, erased: Erased) -> None:
    """Write down what an erasure did."""
    document = {
        "_id": erased.erasure.id,
        "urn": erased.erasure.urn,
        "upn_digest": erased.erasure.upn_digest,
        "former_digests": list(erased.erasure.former_digests),
        "reason": erased.erasure.reason,
        "asked_at": erased.erasure.asked_at,
        "asked_by": erased.erasure.asked_by,
        "carried_out_at": erased.carried_out_at,
        "removed": dict(erased.removed),
        "made_anonymous": dict(erased.made_anonymous),
        "lifted": None if erased.lifted_at is None else {"at": erased.lifted_at, "by": erased.lifted_by},
    }
    await unit.collection(ERASURES).write(Replace({"_id": erased.erasure.id}, document, upsert=True))


async def delete_all_about(unit: UnitOfWork, pupil: PupilRef) -> dict[str, int]:
    """Delete every document that is about a pupil; returns how many went, by collection."""
    removed = {}
    for name in ABOUT_A_PUPIL:
        number = await unit.collection(name).delete({"pupil": pupil})
        if number:
            removed[name] = number
    return removed


async def make_anonymous(
    unit: UnitOfWork, collection: str, pupil: PupilRef, years: Names[AcademicYear], nobody: PupilRef
) -> int:
    """Put nobody in a pupil's place in activities, or in their versions; returns in how many that was."""
    found = await activities_concerning(unit, collection, pupil, years)
    for document in found:
        document["attendance"] = document["attendance"].replace(pupil.encode(), nobody.encode())
    await unit.collection(collection).write(
        *(Replace({"_id": document["_id"]}, document) for document in found)
    )
    return len(found)


def _entry(erasure: Erasure) -> dict[str, Any]:
    return {
        "id": erasure.id,
        "urn": erasure.urn,
        "upn_digest": erasure.upn_digest,
        "reason": erasure.reason,
        "asked_at": erasure.asked_at.isoformat(),
        "asked_by": erasure.asked_by,
        "former_digests": erasure.former_digests,
    }


def _read_entry(entry: dict[str, Any]) -> Erasure:
    return Erasure(
        id=ErasureId(entry["id"]),
        urn=Urn(entry["urn"]),
        upn_digest=entry["upn_digest"],
        reason=entry["reason"],
        asked_at=dt.datetime.fromisoformat(entry["asked_at"]),
        asked_by=entry["asked_by"],
        former_digests=tuple(entry.get("former_digests", ())),
    )


def _read(document: Document) -> Erased:
    lifted = document["lifted"]
    return Erased(
        erasure=Erasure(
            id=document["_id"],
            urn=document["urn"],
            upn_digest=document["upn_digest"],
            reason=document["reason"],
            asked_at=document["asked_at"],
            asked_by=document["asked_by"],
            former_digests=tuple(document.get("former_digests", ())),
        ),
        carried_out_at=document["carried_out_at"],
        removed=document["removed"],
        made_anonymous=document["made_anonymous"],
        lifted_at=None if lifted is None else lifted["at"],
        lifted_by=None if lifted is None else lifted["by"],
    )
