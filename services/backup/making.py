"""Saves a Hub, or one school, as it is at one moment, while it is being used.

State and ledgers lie in different databases and are written in one transaction, so all of them are read in
one snapshot. Stores differ in how one is had, and some say that they give one and do not: so the store is
asked to prove it, by a document that is changed beside the snapshot and must not change inside it.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from contracts.vocabulary import Urn
from services.backup.archive import ArchiveWriter, BackupHeader, writing
from services.backup.manifest import CollectionTally, Manifest
from services.pupils.store.erasures import ErasureJournal
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError, UnavailableError
from services.runtime.ledger import SEQUENCES
from services.runtime.mongo import Document, Replace, Session, encode_document
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase
from services.runtime.timeline import TIMELINE

Progress = Callable[[str], None]
Databases = Sequence[SchoolDatabase | ServiceDatabase]

PROBE: Final = "backup_probe"
SINCE: Final = "restore_since"
NOT_SAVED: Final = frozenset({PROBE, TIMELINE, SINCE})
"""Of the Hub that is there, not of the one that was: a restore goes on in a timeline of its own."""
PAGE: Final = 200
# Read, compressed and sealed at once; one document may be larger.
BYTES_A_PIECE: Final = 4 * 1024 * 1024
# Collections are made at a school's first import and at a release's first start: hardly three times in a row.
ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, and where."""

    path: Path
    header: BackupHeader
    databases: int
    documents: int


async def make_backup(context: ServiceContext, path: Path, urn: str | None, progress: Progress) -> Saved:
    """Save the Hub, or the school of a URN, to a file that is not there yet.

    Raises FileExistsError, NotFoundError for a school of which nothing is stored, and UnavailableError for a
    store that gives no snapshot.
    """
    tenant = None if urn is None else (await context.successions.lineage()).tenant_of(urn)
    header = BackupHeader(
        hub=context.hub,
        urn=tenant,
        made_at=context.clock(),
        release=version("careers-hub"),
        key=context.sealer.key_id,
    )
    with writing(path, header, context.sealer) as archive:
        # Before the snapshot: who is erased in between is in the store still, and in a later journal.
        journal = ErasureJournal(context.settings.erasure_journal)
        erasures = tuple(e.id for e in await journal.read() if tenant in {None, e.urn})
        copies = () if tenant is not None else tuple(await journal.copies())
        for _attempt in range(ATTEMPTS):
            before = await _collections(await databases_of(context, tenant))
            async with snapshot(context) as session:
                # A collection that was made in between may be in the snapshot, and would not be saved.
                if await _collections(await databases_of(context, tenant)) != before:
                    continue
                tallies = await _save(context, session, before, archive, progress)
                manifest = Manifest(
                    collections=tallies,
                    heads=await heads_of(context, tenant, session),
                    erasures=erasures,
                    journal=copies,
                )
            archive.add(manifest.model_dump_json().encode(), last=True)
            return Saved(path, header, len(tallies), manifest.documents)
    message = "collections are being made all the time; try again when the Hub has started"
    raise UnavailableError(message)


async def databases_of(context: ServiceContext, urn: Urn | None) -> Databases:
    """List the databases of the Hub or of one school; raises NotFoundError if there are none."""
    found: Databases = (
        await context.tenancy.everything() if urn is None else await context.tenancy.everywhere(urn)
    )
    if not found:
        whose = "this Hub" if urn is None else f"a school of the URN {urn}"
        message = f"Nothing of {whose} is stored here."
        raise NotFoundError(message)
    return sorted(found, key=lambda database: database.parts)


async def heads_of(
    context: ServiceContext, urn: Urn | None, session: Session | None = None
) -> dict[str, dict[str, int]]:
    """Read where the ledgers stand, by service and key; of one school its own key alone."""
    heads = {}
    for database in await context.tenancy.services():
        found = await database.collection(SEQUENCES, session).find({} if urn is None else {"_id": urn})
        if found:
            heads[database.parts] = {str(row["_id"]): int(row["head"]) for row in found}
    return heads


@asynccontextmanager
async def snapshot(context: ServiceContext) -> AsyncIterator[Session]:
    """Read everything as it is now, whatever is written meanwhile.

    Raises UnavailableError for a store that lets a reader see it.
    """
    probes = context.tenancy.memberships().collection(PROBE)
    probe: Document = {"_id": secrets.token_hex(8), "changed": False}
    await probes.insert(dict(probe))
    try:
        for way in (context.store.reading_snapshot, context.store.reading_transaction):
            async with way() as session:
                if await _stands_still(context, session, probe):
                    yield session
                    return
            await probes.write(Replace({"_id": probe["_id"]}, probe))
    finally:
        await probes.delete({"_id": probe["_id"]})
    message = "the data store gives no snapshot, so what was saved would not fit together"
    raise UnavailableError(message)


async def _stands_still(context: ServiceContext, session: Session, probe: Document) -> bool:
    hub = context.tenancy.memberships()
    before = await hub.collection(PROBE, session).get(probe["_id"])
    await hub.collection(PROBE).write(Replace({"_id": probe["_id"]}, {**probe, "changed": True}))
    after = await hub.collection(PROBE, session).get(probe["_id"])
    return before == probe and after == probe


async def _collections(databases: Databases) -> dict[str, list[str]]:
    return {
        database.parts: sorted(set(await database.collection_names()) - NOT_SAVED) for database in databases
    }


async def _save(
    context: ServiceContext,
    session: Session,
    collections: dict[str, list[str]],
    archive: ArchiveWriter,
    progress: Progress,
) -> dict[str, dict[str, CollectionTally]]:
    tallies: dict[str, dict[str, CollectionTally]] = {}
    for number, (parts, names) in enumerate(collections.items(), start=1):
        database = context.tenancy.named(parts)
        tallies[parts] = {}
        for name in names:
            tally = tallies[parts][name] = CollectionTally()
            place = encode_document({"database": parts, "collection": name})
            piece = bytearray()
            async for page in database.collection(name, session).pages(PAGE):
                tally.add(page)
                for document in page:
                    piece += encode_document(document)
                    if len(piece) >= BYTES_A_PIECE:
                        archive.add(place + piece)
                        piece.clear()
            if piece:
                archive.add(place + piece)
        documents = sum(tally.documents for tally in tallies[parts].values())
        progress(f"{number} of {len(collections)}: {parts}, {documents} documents")
    return tallies
