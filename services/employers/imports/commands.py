"""Brings a file's employers into the directory, or says what that would do.

As a listing (`commands.py`), an import is written in units of work; one that was cut off is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from services.employers.commands import DIRECTORY_KEY, ENTRIES_A_UNIT, IDS_A_READ, tell_changes
from services.employers.details.store import (
    EMPLOYER_DETAILS,
    Database,
    from_document,
    no_details,
    replacing,
)
from services.employers.model.details import KeptDetails, Mark, change
from services.employers.model.directory import Changes, Employer, Tally, compare
from services.employers.model.incoming import Incoming
from services.employers.store import EMPLOYER_SHELF
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document, Insert, Replace
from services.runtime.uow import Actor, UnitOfWork


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do: entries by what became of them, and how many details changed."""

    employers: Tally
    details_changed: int
    entries: tuple[Employer, ...]

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.employers + other.employers,
            self.details_changed + other.details_changed,
            self.entries + other.entries,
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    entries: tuple[Employer, ...]
    changes: Changes[Employer]
    details: tuple[KeptDetails, ...]

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.changes.tally, len(self.details), self.entries)


async def import_employers(context: ServiceContext, actor: Actor, rows: Sequence[Incoming]) -> Outcome:
    """Bring rows into the directory; each unit of work stores its entries and tells of them, or neither."""
    done = Outcome(Tally(), 0, ())
    for some in _units(rows):
        done += await context.in_hub(actor, DIRECTORY_KEY, partial(_bring_in, rows=some))
    return done


async def preview_employers(context: ServiceContext, actor: Actor, rows: Sequence[Incoming]) -> Outcome:
    """Say what an import would do; nothing is written."""
    mark = Mark(actor.subject, context.clock())
    done = Outcome(Tally(), 0, ())
    for some in _units(rows):
        done += (await _plan(context.database(), some, mark)).outcome
    return done


def _units(rows: Sequence[Incoming]) -> list[Sequence[Incoming]]:
    return [rows[first : first + ENTRIES_A_UNIT] for first in range(0, len(rows), ENTRIES_A_UNIT)]


async def _bring_in(unit: UnitOfWork, rows: Sequence[Incoming]) -> Outcome:
    plan = await _plan(unit, rows, Mark(unit.actor.subject, unit.now))
    await unit.collection(EMPLOYER_SHELF.collection).write(
        *(Insert(EMPLOYER_SHELF.write(entry)) for entry in plan.changes.listed),
        *(Replace({"_id": entry.id}, EMPLOYER_SHELF.write(entry)) for entry in plan.changes.changed),
    )
    await unit.collection(EMPLOYER_DETAILS).write(*map(replacing, plan.details))
    await tell_changes(unit, plan.changes)
    return plan.outcome


async def _plan(database: Database, rows: Sequence[Incoming], mark: Mark) -> _Plan:
    ids = [row.id for row in rows]
    entries = await _documents(database, EMPLOYER_SHELF.collection, ids)
    details = await _documents(database, EMPLOYER_DETAILS, ids)
    stored = {identity: EMPLOYER_SHELF.read(document) for identity, document in entries.items()}
    after = tuple(row.onto(stored.get(row.id)) for row in rows)
    changed: list[KeptDetails] = []
    for row in rows:
        document = details.get(row.id)
        kept = no_details(row.id) if document is None else from_document(document)
        wanted = row.onto_details(kept.details)
        # Details of which nothing is known need no document.
        if wanted != kept.details and (new := change(kept, kept.version, wanted, mark)) is not None:
            changed.append(new)
    return _Plan(after, compare(after, stored), tuple(changed))


async def _documents(database: Database, collection: str, ids: Sequence[str]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for first in range(0, len(ids), IDS_A_READ):
        some = list(ids[first : first + IDS_A_READ])
        for document in await database.collection(collection).find({"_id": {"$in": some}}):
            found[document["_id"]] = document
    return found
