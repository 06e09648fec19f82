"""What can be seen of the directory, and of an employer's engagement with the Hub's schools.

The directory is small, changes seldom and is looked at all the time, so each process keeps it in memory. The
head of its ledger is its version: every change of an entry is told in the transaction that makes it. Each
request reads that one number, and reads the directory anew if it has moved; so whatever was acknowledged
before a request began is in its answer, whichever process wrote it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from contracts.vocabulary import AcademicYear, EmployerId
from services.employers.commands import DIRECTORY_KEY
from services.employers.model.directory import Employer, School
from services.employers.model.engagement import Part, YearFigures, figures_of
from services.employers.model.search import EmployerIndex, EmployerPage, EmployerQuery, words_of
from services.employers.store import EMPLOYER_SHELF, SCHOOL_SHELF
from services.employers.stream import ENGAGEMENT
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class _Directory:
    """The directory as it was at a version, schools in order of name."""

    version: int
    schools: tuple[School, ...] = ()
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

    Reads every school's document: tens of documents of tens of employers each.
    """
    documents = await context.projection(ENGAGEMENT)
    parts: dict[AcademicYear, list[Part]] = {}
    for document in await documents.find({}, fields=["state"]):
        for year, counts_by_employer in document["state"].items():
            if (counts := counts_by_employer.get(identity)) is not None:
                parts.setdefault(year, []).append(Part(**counts))
    return figures_of(parts, for_hub_team=for_hub_team)


async def _directory(context: ServiceContext) -> _Directory:
    """Return the directory as it is now, read anew if it has changed."""
    kept = _kept.setdefault(context, _Kept())
    version = await _version(context)
    if kept.directory.version != version:
        async with kept.reading:
            # Whoever waited here may find that it has been read meanwhile.
            if kept.directory.version != version:
                kept.directory = await _read(context)
    return kept.directory


async def _read(context: ServiceContext) -> _Directory:
    """Read it whole. Its version is read first: what changes in between is read again by the next request."""
    version = await _version(context)
    database = context.database()
    found_schools = await database.collection(SCHOOL_SHELF.collection).find({})
    found_employers = await database.collection(EMPLOYER_SHELF.collection).find({})
    in_order = sorted(map(SCHOOL_SHELF.read, found_schools), key=lambda one: (words_of(one.name), one.id))
    return _Directory(version, tuple(in_order), EmployerIndex(map(EMPLOYER_SHELF.read, found_employers)))


async def _version(context: ServiceContext) -> int:
    return next((h.head for h in await context.ledger.heads() if h.key == DIRECTORY_KEY), 0)
