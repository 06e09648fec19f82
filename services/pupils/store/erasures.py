"""Erasures: what the store keeps of them, the journal beside the store, and the deletion itself.

The journal is a file of JSON lines, one an erasure, written and synced before anything is erased. It is no
part of a backup of the store. Whoever restores an older backup finds in it what must be erased again
(`commands/erasure.py` does so before anything is served). A line holds no name and no UPN: a keyed digest.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Collection as Names
from pathlib import Path
from typing import Any, Final

import orjson

from contracts.vocabulary import AcademicYear, Urn
from services.pupils.model.erasure import Erased, Erasure, ErasureId
from services.pupils.model.sheets import PupilRef
from services.pupils.store.conversations import CONVERSATION_VERSIONS, CONVERSATIONS
from services.pupils.store.destinations import DESTINATION_SPELLS, INTENDED_DESTINATIONS
from services.pupils.store.interests import INTERESTS
from services.pupils.store.reads import Database, activities_concerning
from services.pupils.store.self_assessments import SELF_ASSESSMENT_VERSIONS, SELF_ASSESSMENTS
from services.runtime.errors import UnavailableError
from services.runtime.mongo import Document, Index, Replace
from services.runtime.uow import UnitOfWork

ERASURES: Final = "erasures"
ERASURE_INDEXES: Final = {ERASURES: (Index((("upn_digest", 1),)),)}
ABOUT_A_PUPIL: Final = (
    CONVERSATIONS,
    CONVERSATION_VERSIONS,
    INTERESTS,
    INTENDED_DESTINATIONS,
    DESTINATION_SPELLS,
    SELF_ASSESSMENTS,
    SELF_ASSESSMENT_VERSIONS,
)
"""Collections whose documents are about one pupil, named in the field `pupil`."""
_NO_JOURNAL: Final = (
    "Pupils cannot be erased here yet: the service has no erasure journal, without which a restored backup "
    "would bring them back. Name a file for it in CAREERS_HUB_ERASURE_JOURNAL."
)


class ErasureJournal:
    """The file of a service's erasures."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def note(self, erasure: Erasure) -> None:
        """Write an erasure down for good; raises UnavailableError if that is not possible."""
        if self._path is None:
            raise UnavailableError(_NO_JOURNAL)
        try:
            await asyncio.to_thread(_append, self._path, orjson.dumps(_line(erasure)) + b"\n")
        except OSError as error:
            message = "The erasure journal cannot be written, so nothing was erased. Try again."
            raise UnavailableError(message) from error

    async def read(self) -> list[Erasure]:
        """Read every erasure; a last line that was cut off by a crash had erased nothing yet."""
        if self._path is None or not self._path.exists():
            return []
        content = await asyncio.to_thread(self._path.read_bytes)
        whole, _, _cut_off = content.rpartition(b"\n")
        return [_read_line(orjson.loads(line)) for line in whole.splitlines() if line]


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # One write, so that lines of several processes do not mix; synced, as the store's commit will be.
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def erased_digests(database: Database) -> set[str]:
    """Name, by the digest of the UPN, the pupils whose erasure stands."""
    found = await database.collection(ERASURES).find({"lifted": None}, fields=["upn_digest"])
    return {document["upn_digest"] for document in found}


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

    def renamed(refs: list[PupilRef]) -> list[PupilRef]:
        return [nobody if ref == pupil else ref for ref in refs]

    for document in found:
        document["attendance"] = {
            year_group: {status: renamed(refs) for status, refs in by_status.items()}
            for year_group, by_status in document["attendance"].items()
        }
        if "listed" in document:
            document["listed"] = renamed(document["listed"])
    await unit.collection(collection).write(
        *(Replace({"_id": document["_id"]}, document) for document in found)
    )
    return len(found)


def _line(erasure: Erasure) -> dict[str, str]:
    return {
        "id": erasure.id,
        "urn": erasure.urn,
        "upn_digest": erasure.upn_digest,
        "reason": erasure.reason,
        "asked_at": erasure.asked_at.isoformat(),
        "asked_by": erasure.asked_by,
    }


def _read_line(line: dict[str, Any]) -> Erasure:
    return Erasure(
        id=ErasureId(line["id"]),
        urn=Urn(line["urn"]),
        upn_digest=line["upn_digest"],
        reason=line["reason"],
        asked_at=dt.datetime.fromisoformat(line["asked_at"]),
        asked_by=line["asked_by"],
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
        ),
        carried_out_at=document["carried_out_at"],
        removed=document["removed"],
        made_anonymous=document["made_anonymous"],
        lifted_at=None if lifted is None else lifted["at"],
        lifted_by=None if lifted is None else lifted["by"],
    )
