"""Changes which of a school's own headers name which column of its roll."""

from __future__ import annotations

from collections.abc import Mapping

from services.pupils.commands.looking_up import mark_of
from services.pupils.store.roll_mapping import keep_mapping, read_mapping
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def change_mapping(unit: UnitOfWork, columns: Mapping[str, str]) -> Document:
    """Read files with these headers from now on, in the place of all that were kept before."""
    wanted = dict(columns)
    if wanted == await read_mapping(unit):
        return {"outcome": "unchanged", "columns": wanted}
    await keep_mapping(unit, wanted, mark_of(unit))
    unit.log_access("roll.mapping_changed", "roll/mapping")
    return {"outcome": "changed", "columns": wanted}
