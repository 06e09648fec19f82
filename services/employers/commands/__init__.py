"""What the Hub's administrator can do here: list schools and employers in the shared directory.

A listing is written in units of work of `ENTRIES_A_UNIT` entries. Each stores its entries and tells of them,
or does neither. If the process dies in between, the units before are done and the caller has no answer;
sending the same listing again finds those entries unchanged, tells nothing of them, and does the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from services.employers.merging.store import read_merges
from services.employers.model.directory import (
    Changes,
    E,
    Employer,
    Entry,
    School,
    Tally,
    compare,
    require_on_land,
    require_once,
)
from services.employers.rules import land
from services.employers.store import EMPLOYER_SHELF, SCHOOL_SHELF, Shelf
from services.runtime.context import ServiceContext
from services.runtime.mongo import Insert, Replace
from services.runtime.uow import Actor, UnitOfWork

DIRECTORY_KEY: Final = "directory"
"""The key of all that is told of entries: the directory is one ordered story (`contracts/topics.py`)."""
# On the embedded store a transaction of 500 entries and 500 ledger rows takes about a fifth of a second: as
# long as others should wait for it.
ENTRIES_A_UNIT: Final = 500
# The embedded store answers 100 ids in 10 ms, but 500 in as many as 500 ms.
IDS_A_READ: Final = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a listing."""

    schools: Tally
    employers: Tally


async def list_directory(
    context: ServiceContext, actor: Actor, schools: Sequence[School], employers: Sequence[Employer]
) -> Receipt:
    """Add schools and employers to the directory, change those that differ, and tell of both.

    Raises InvalidError if an entry is in the listing twice or in the sea; nothing is stored then.
    """
    require_once(schools, employers)
    require_on_land(schools, employers, land())
    receipt = Receipt(Tally(), Tally())
    for some_schools, some_employers in _units(schools, employers):
        work = partial(_list_both, schools=some_schools, employers=some_employers)
        done = await context.in_hub(actor, DIRECTORY_KEY, work)
        receipt = Receipt(receipt.schools + done.schools, receipt.employers + done.employers)
    return receipt


def _units(
    schools: Sequence[School], employers: Sequence[Employer]
) -> Iterator[tuple[list[School], list[Employer]]]:
    """Share a listing out over units of work, schools first."""
    waiting_schools, waiting_employers = iter(schools), iter(employers)
    while True:
        some_schools = list(islice(waiting_schools, ENTRIES_A_UNIT))
        some_employers = list(islice(waiting_employers, ENTRIES_A_UNIT - len(some_schools)))
        if not some_schools and not some_employers:
            return
        yield some_schools, some_employers


async def _list_both(unit: UnitOfWork, schools: Sequence[School], employers: Sequence[Employer]) -> Receipt:
    return Receipt(
        schools=await _list(unit, SCHOOL_SHELF, schools),
        employers=await _list(unit, EMPLOYER_SHELF, employers),
    )


async def _list(unit: UnitOfWork, shelf: Shelf[E], entries: Sequence[E]) -> Tally:
    """Bring entries of one kind into the directory, with one write if anything is new or differs."""
    if not entries:
        return Tally()
    documents = unit.collection(shelf.collection)
    stored: dict[str, E] = {}
    for first in range(0, len(entries), IDS_A_READ):
        identities = [entry.id for entry in entries[first : first + IDS_A_READ]]
        for document in await documents.find({"_id": {"$in": identities}}):
            stored[document["_id"]] = shelf.read(document)
    changes: Changes[E] = compare(entries, stored)
    await documents.write(
        *(Insert(shelf.write(entry)) for entry in changes.listed),
        *(Replace({"_id": entry.id}, shelf.write(entry)) for entry in changes.changed),
    )
    await tell_changes(unit, changes)
    return changes.tally


async def tell_changes(unit: UnitOfWork, changes: Changes[E]) -> None:
    """Tell of each entry that is new or differs.

    An employer that is merged stays so when its entry changes.
    """
    merges = await read_merges(unit) if changes.changed else {}
    entries: list[Entry] = [*changes.listed, *changes.changed]
    for entry in entries:
        if isinstance(entry, Employer):
            unit.tell(entry.told(merges.get(entry.id)))
        else:
            unit.tell(entry.told())
