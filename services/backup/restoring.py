"""Brings a backup back: checks the file, closes the Hub, replaces, compares, and erases the erased again.

Until the end the Hub is closed by one document (`runtime/timeline.py`), so a restore that was broken off is
served by nobody, and can be begun again. At the end the Hub goes on in a new timeline: its ledgers are
published anew from their first event, and whatever the broker still has of the history before is passed over.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from services.backup.archive import Archive, DamagedBackupError
from services.backup.fitting import Wish, complete_journal, require_fitting, require_same_heads, there
from services.backup.making import NOT_SAVED, PAGE, Progress
from services.backup.manifest import CollectionTally, Manifest
from services.backup.since import forget_since, keep_since, note_since
from services.pupils.store.erasures import ERASURES
from services.registry import SERVICES
from services.runtime.access_log import ACCESS_LOG, Access
from services.runtime.context import ServiceContext, utc_now
from services.runtime.errors import UnavailableError
from services.runtime.lease import LEASES
from services.runtime.mongo import Document, decode_documents
from services.runtime.sealing import Sealer
from services.runtime.tenancy import SchoolDatabase
from services.runtime.timeline import WHOLE

# A worker looks every 5 s, and takes up to 23 s to end what it has begun (`runtime/process.py`).
WORKERS_END_WITHIN_S: Final = 40.0
TIMELINE_BYTES: Final = 16
OPERATOR: Final = "operator's restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back, and how often a pupil had to be erased again."""

    databases: int
    documents: int
    erased_again: int
    timeline: str


async def restore(context: ServiceContext, archive: Archive, wish: Wish, progress: Progress) -> Restored:
    """Bring a backup back; raises ConflictError for one that would do harm, before anything is changed.

    Raises DamagedBackupError or SecretError for a file that cannot be read whole.
    """
    progress(f"Checking {archive.path} ...")
    manifest = await asyncio.to_thread(check, archive, context.sealer)
    await require_fitting(context, archive, manifest, wish)
    journal = await complete_journal(context, archive, manifest, wish)
    urn = archive.header.urn
    before = await context.timeline.begin_restore(urn or WHOLE)
    if not before.restoring:
        try:
            await _wait_for_others(context, wish, progress)
            await require_same_heads(context, urn, manifest)
        except BaseException:
            # Nothing was changed yet: whatever ends it here leaves the Hub as it was.
            await asyncio.shield(context.timeline.end_restore(before.id))
            raise
    if urn is None:
        await note_since(context)
    kept = set() if urn is None else await _logs_to_keep(context, archive)
    await _replace_all(context, archive, kept, progress)
    progress("Comparing what was written ...")
    await _compare(context, manifest, kept)
    if urn is None:
        await keep_since(context)
    timeline = secrets.token_hex(TIMELINE_BYTES)
    erased = await _finish(context, urn, timeline)
    await context.timeline.end_restore(timeline)
    await forget_since(context)
    progress(f"{len(journal)} erasures of the journal were looked at, {erased} carried out again.")
    return Restored(len(manifest.collections), manifest.documents, erased, timeline)


def check(archive: Archive, sealer: Sealer) -> Manifest:
    """Read the whole file, and compare what it has with what it says; raises DamagedBackupError."""
    tallies: dict[str, dict[str, CollectionTally]] = {}
    last = b""
    for piece in archive.pieces(sealer):
        if last:
            place, documents = _documents(last)
            tallies.setdefault(place[0], {}).setdefault(place[1], CollectionTally()).add(documents)
        last = piece
    try:
        manifest = Manifest.model_validate_json(last)
    except ValidationError as error:
        message = f"{archive.path} is damaged: its last piece does not say what it holds"
        raise DamagedBackupError(message) from error
    said = {
        (parts, name): tally
        for parts, names in manifest.collections.items()
        for name, tally in names.items()
        if tally.documents
    }
    found = {(parts, name): tally for parts, names in tallies.items() for name, tally in names.items()}
    if said != found:
        message = f"{archive.path} is damaged: it does not hold what it says"
        raise DamagedBackupError(message)
    return manifest


def _documents(piece: bytes) -> tuple[tuple[str, str], list[Document]]:
    header, *documents = decode_documents(piece)
    return (header["database"], header["collection"]), documents


def _pages(archive: Archive, sealer: Sealer) -> Iterator[tuple[tuple[str, str], list[Document]]]:
    """Read a checked file's documents, a page at a time."""
    last = b""
    for piece in archive.pieces(sealer):
        if last:
            place, documents = _documents(last)
            for begin in range(0, len(documents), PAGE):
                yield place, documents[begin : begin + PAGE]
        last = piece


async def _wait_for_others(context: ServiceContext, wish: Wish, progress: Progress) -> None:
    """Wait until no process stores anything any more; raises UnavailableError if a worker does not end."""
    if wish.settle_s:
        progress(f"Waiting {wish.settle_s:.0f} s for processes that have not heard of the restore ...")
        await asyncio.sleep(wish.settle_s)
    deadline_s = time.monotonic() + (WORKERS_END_WITHIN_S if wish.settle_s else 0.0)
    while holders := await _leases(context):
        if time.monotonic() >= deadline_s:
            message = f"a worker still holds {', '.join(sorted(holders))}; stop the workers, and try again"
            raise UnavailableError(message)
        await asyncio.sleep(1.0)


async def _leases(context: ServiceContext) -> set[str]:
    return {
        f"{database.parts}/{found['_id']}"
        for database in await context.tenancy.services()
        for found in await database.collection(LEASES).find({"until": {"$gt": utc_now()}})
    }


async def _logs_to_keep(context: ServiceContext, archive: Archive) -> set[str]:
    """Name the databases whose access log goes on from the backup's: its rows are not to be lost."""
    heads: dict[str, Document] = {}
    for (parts, name), documents in _pages(archive, context.sealer):
        if name == ACCESS_LOG:
            latest = max(documents, key=lambda row: int(row["_id"]))
            heads[parts] = max(heads.get(parts, latest), latest, key=lambda row: int(row["_id"]))
    kept = set()
    for database in await there(context, archive.header.urn):
        log = database.collection(ACCESS_LOG)
        head = heads.get(database.parts)
        present = None if head is None else await log.get(head["_id"])
        if head is None or (present is not None and present["mac"] == head["mac"]):
            kept.add(database.parts)
    return kept


async def _replace_all(context: ServiceContext, archive: Archive, kept: set[str], progress: Progress) -> None:
    for database in await there(context, archive.header.urn):
        for name in set(await database.collection_names()) - NOT_SAVED:
            if not (name == ACCESS_LOG and database.parts in kept):
                await database.collection(name).drop()
    at = ""
    for (parts, name), documents in _pages(archive, context.sealer):
        if parts != at:
            progress(f"Writing {parts} ...")
            at = parts
        if not (name == ACCESS_LOG and parts in kept):
            await context.tenancy.named(parts).collection(name).insert(*documents)


async def _compare(context: ServiceContext, manifest: Manifest, kept: set[str]) -> None:
    """Read back what was written; raises UnavailableError, and leaves the Hub closed, if it differs."""
    for parts, names in manifest.collections.items():
        for name, said in names.items():
            if name == ACCESS_LOG and parts in kept:
                continue
            found = CollectionTally()
            async for page in context.tenancy.named(parts).collection(name).pages(PAGE):
                found.add(page)
            if found != said:
                message = (
                    f"{parts}.{name} has {found.documents} documents and should have {said.documents}: "
                    "something else writes to this store. The Hub stays closed; stop it everywhere, and "
                    "restore again"
                )
                raise UnavailableError(message)


async def _finish(context: ServiceContext, urn: str | None, timeline: str) -> int:
    """Have the ledgers published anew, note the restore, and erase again who is to be erased."""
    before = after = 0
    for service in SERVICES.values():
        own = context.sibling(service.name)
        await own.ledger.rewind({head.key: 0 for head in await own.ledger.heads()})
        await own.prepare(service.indexes, service.school_indexes)
        schools = await context.tenancy.schools_of(service.name)
        for database in schools:
            if urn in {None, database.urn}:
                entry = Access(OPERATOR, "school.restored", f"timelines/{timeline}", context.clock())
                await own.access_log(database.urn).append(None, [entry])
        before += await _erasures(schools)
        if service.before_serving is not None:
            await service.before_serving(own)
        after += await _erasures(schools)
    return after - before


async def _erasures(schools: list[SchoolDatabase]) -> int:
    return sum([await database.collection(ERASURES).count({}) for database in schools])
