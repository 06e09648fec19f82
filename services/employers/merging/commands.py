"""Merges one employer into another, and takes that back."""

from __future__ import annotations

from contracts.vocabulary import EmployerId
from services.employers.listed import require_listed
from services.employers.merging.store import EMPLOYER_MERGES, keeping_merge, read_distinctions, read_merges
from services.employers.model.details import Mark
from services.employers.model.merging import Merges, merge_is_new, require_not_apart
from services.runtime.uow import UnitOfWork


async def merge_employer(unit: UnitOfWork, merged: EmployerId, into: EmployerId) -> Merges:
    """Merge an employer into another one; the same again changes nothing and tells nothing.

    Returns all merges that stand then. Raises NotFoundError, InvalidError or ConflictError for what cannot be
    (`model/merging.py`).
    """
    entry = await require_listed(unit, merged)
    await require_listed(unit, into)
    merges = await read_merges(unit)
    if not merge_is_new(merges, merged, into):
        return merges
    require_not_apart(await read_distinctions(unit), merges, merged, into)
    mark = Mark(unit.actor.subject, unit.now)
    await unit.collection(EMPLOYER_MERGES).write(keeping_merge(merged, into, mark))
    unit.tell(entry.told(merged_into=into))
    return {**merges, merged: into}


async def take_merge_back(unit: UnitOfWork, merged: EmployerId) -> Merges:
    """Have an employer be one of its own again; nothing changes if it is."""
    entry = await require_listed(unit, merged)
    merges = await read_merges(unit)
    if merged not in merges:
        return merges
    mark = Mark(unit.actor.subject, unit.now)
    await unit.collection(EMPLOYER_MERGES).write(keeping_merge(merged, None, mark))
    unit.tell(entry.told())
    return {one: into for one, into in merges.items() if one != merged}
