"""A term's published offers, kept in memory as the directory is (`views/__init__.py`).

A Hub at its largest has 25,000 offers in a term. Reading them takes the embedded store a second or more, and
a round is solved again after each change. Every change of an offer is told under one key in the transaction
that makes it, so the head of that key is the version of them all. Whoever asks reads that one number; of a
few changes only the offers that the ledger names are read. So what was acknowledged before is always there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from contracts.catalogue import decode
from contracts.employers import OfferListed
from services.employers.commands.offers import OFFERS_KEY
from services.employers.model.calendar import SchoolTerm
from services.employers.model.offer import Offering
from services.employers.store.offers import OFFERS, documents_of_term
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document

TERMS_KEPT: Final = 3
"""An academic year's; some 20 MB each at a Hub's largest."""
MOST_CHANGES_READ: Final = 100
"""The embedded store answers so many ids in 10 ms, but 500 in as many as 500 ms."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A term's offers as they were at a version; -1 before they were ever read."""

    version: int = -1
    offers: Mapping[str, Offering] = field(default_factory=dict)


@dataclass(slots=True)
class _Kept:
    """What one process knows, the term last asked for last; one request reads for all that wait."""

    terms: dict[SchoolTerm, _Known] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


_kept: Final[WeakKeyDictionary[ServiceContext, _Kept]] = WeakKeyDictionary()


async def term_offers(context: ServiceContext, term: SchoolTerm) -> Mapping[str, Offering]:
    """Read a term's offers that are not withdrawn, by id."""
    kept = _kept.setdefault(context, _Kept())
    async with kept.reading:
        known = kept.terms.pop(term, _Known())
        while len(kept.terms) >= TERMS_KEPT:
            del kept.terms[next(iter(kept.terms))]
        kept.terms[term] = known
        version = await _version(context)
        if version != known.version:
            known = kept.terms[term] = await _read(context, term, known, version)
    return known.offers


async def _read(context: ServiceContext, term: SchoolTerm, known: _Known, version: int) -> _Known:
    """Bring what is known to a version, or past it: what changes meanwhile is read again the next time."""
    database = context.database()
    if known.version < 0 or not 0 <= version - known.version <= MOST_CHANGES_READ:
        found = await documents_of_term(database, term)
        # Others are to be answered meanwhile.
        return _Known(version, await asyncio.to_thread(_offers, found))
    rows = await context.ledger.read(OFFERS_KEY, known.version, version - known.version)
    events = [decode(row.event.type, row.event.value.encode()) for row in rows]
    named = {event.offer_id for event in events if isinstance(event, OfferListed)}
    changed = _offers(await database.collection(OFFERS.name).find({"_id": {"$in": sorted(named)}}))
    offers = {identity: one for identity, one in known.offers.items() if identity not in named}
    offers |= {one: it for one, it in changed.items() if it.term == term and it.state == "published"}
    return _Known(version, offers)


def _offers(documents: Sequence[Document]) -> dict[str, Offering]:
    return {kept.id: kept.content for kept in map(OFFERS.read, documents)}


async def _version(context: ServiceContext) -> int:
    return next((h.head for h in await context.ledger.heads() if h.key == OFFERS_KEY), 0)
