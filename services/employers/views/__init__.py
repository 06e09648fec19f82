"""What can be seen of the directory, and of an employer's engagement with the Hub's schools.

The directory is small, changes seldom and is looked at all the time, so each process keeps it in memory. The
head of its ledger is its version: every change of an entry is told in the transaction that makes it. Each
request reads that one number, and reads the directory anew if it has moved; so whatever was acknowledged
before a request began is in its answer, whichever process wrote it. Of a few changes only the entries that
the ledger names are read: 12,000 employers take most of a second, and a search should not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from contracts.catalogue import decode
from contracts.employers import EmployerListed, SchoolListed
from contracts.vocabulary import AcademicYear, EmployerId
from services.employers.commands import DIRECTORY_KEY
from services.employers.merging.store import read_merges
from services.employers.model.directory import Employer, School
from services.employers.model.engagement import Part, YearFigures, figures_of
from services.employers.model.merging import Merges, ids_of
from services.employers.model.search import EmployerIndex, EmployerPage, EmployerQuery, words_of
from services.employers.store import EMPLOYER_SHELF, SCHOOL_SHELF
from services.employers.stream import ENGAGEMENT
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError

MOST_CHANGES_READ: Final = 100
"""The embedded store answers so many ids in 10 ms, but 500 in as many as 500 ms."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """The directory as it was at a version, schools in order of name, employers but for merged ones."""

    version: int
    schools: tuple[School, ...] = ()
    merges: Merges = field(default_factory=dict)
    employers: EmployerIndex = field(default_factory=lambda: EmployerIndex(()))


@dataclass(slots=True)
class _Kept:
    """What one process knows of one Hub's directory; the lock lets one request read it for all that wait."""

    directory: _Directory = field(default_factory=lambda: _Directory(version=0))
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


_kept: Final[WeakKeyDictionary[ServiceContext, _Kept]] = WeakKeyDictionary()


async def schools(context: ServiceContext) -> tuple[School, ...]:
    """List the Hub's schools, in order of name."""
    return (await _directory(context)).schools


async def employers(context: ServiceContext, query: EmployerQuery) -> EmployerPage:
    """List employers in order of name, a page at a time; raises InvalidError (see `EmployerIndex.page`)."""
    return (await _directory(context)).employers.page(query)


async def all_employers(context: ServiceContext) -> tuple[Employer, ...]:
    """Name all employers, in order of name, but for those that are merged into another one."""
    return (await _directory(context)).employers.all


async def employers_by_id(context: ServiceContext) -> Mapping[EmployerId, Employer]:
    """Name all employers by id, but for those that are merged into another one."""
    return (await _directory(context)).employers.by_id


async def merges(context: ServiceContext) -> Merges:
    """Say which employers are merged, and into which."""
    return (await _directory(context)).merges


async def employer(context: ServiceContext, identity: EmployerId) -> Employer:
    """Read one employer; raises NotFoundError if it is not in the directory."""
    document = await context.database().collection(EMPLOYER_SHELF.collection).get(identity)
    if document is None:
        raise NotFoundError("There is no such employer in the directory.")
    return EMPLOYER_SHELF.read(document)


async def engagement_of(
    context: ServiceContext, identity: EmployerId, *, for_hub_team: bool
) -> tuple[YearFigures, ...]:
    """Sum what the Hub's schools did with an employer, by academic year, suppressed as its reader needs.

    What was recorded with an employer that was merged counts for the one that it was merged into.

    Reads every school's document: tens of documents of tens of employers each.
    """
    identities = ids_of(await merges(context), identity)
    documents = await context.projection(ENGAGEMENT)
    parts: dict[AcademicYear, list[Part]] = {}
    for document in await documents.find({}, fields=["state"]):
        for year, counts_by_employer in document["state"].items():
            found = [Part(**counts_by_employer[one]) for one in identities if one in counts_by_employer]
            if found:
                # One school is one part, however many ids it used: the rule of what is shown counts schools.
                parts.setdefault(year, []).append(sum(found[1:], found[0]))
    return figures_of(parts, for_hub_team=for_hub_team)


async def _directory(context: ServiceContext) -> _Directory:
    """Return the directory as it is now, read anew if it has changed."""
    kept = _kept.setdefault(context, _Kept())
    version = await _version(context)
    if kept.directory.version != version:
        async with kept.reading:
            # Whoever waited here may find that it has been read meanwhile.
            if kept.directory.version != version:
                kept.directory = await _read_changes(context, kept.directory)
    return kept.directory


async def _read_changes(context: ServiceContext, known: _Directory) -> _Directory:
    """Bring what is known up to now: by the entries that the ledger names since, or whole if many."""
    version = await _version(context)
    if not known.version or not 0 <= version - known.version <= MOST_CHANGES_READ:
        return await _read(context)
    rows = await context.ledger.read(DIRECTORY_KEY, known.version, version - known.version)
    events = [decode(row.event.type, row.event.value.encode()) for row in rows]
    named = {event.employer_id for event in events if isinstance(event, EmployerListed)}
    database = context.database()
    merged = await read_merges(database)
    found = await database.collection(EMPLOYER_SHELF.collection).find({"_id": {"$in": sorted(named)}})
    apart = [EMPLOYER_SHELF.read(document) for document in found if document["_id"] not in merged]
    in_order = known.schools
    if any(isinstance(event, SchoolListed) for event in events):
        in_order = await _read_schools(context)
    return _Directory(version, in_order, merged, known.employers.updated(apart, named & merged.keys()))


async def _read(context: ServiceContext) -> _Directory:
    """Read it whole. Its version is read first: what changes in between is read again by the next request."""
    version = await _version(context)
    database = context.database()
    found_employers = await database.collection(EMPLOYER_SHELF.collection).find({})
    merged = await read_merges(database)
    in_order = await _read_schools(context)
    apart = [EMPLOYER_SHELF.read(document) for document in found_employers if document["_id"] not in merged]
    # The other requests of this process go on meanwhile.
    return _Directory(version, in_order, merged, await asyncio.to_thread(EmployerIndex, apart))


async def _read_schools(context: ServiceContext) -> tuple[School, ...]:
    found = await context.database().collection(SCHOOL_SHELF.collection).find({})
    return tuple(sorted(map(SCHOOL_SHELF.read, found), key=lambda one: (words_of(one.name), one.id)))


async def _version(context: ServiceContext) -> int:
    return next((h.head for h in await context.ledger.heads() if h.key == DIRECTORY_KEY), 0)
