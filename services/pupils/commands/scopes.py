"""Changes what a school wants held of its pupils."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.pupils.commands.keeping import tell_roll
from services.pupils.commands.looking_up import mark_of
from services.pupils.model.groups import COLUMNS, tracked, within
from services.pupils.model.pupil import Pupil
from services.pupils.model.roll_change import RollChange, figures_of, note_figures
from services.pupils.model.sheets import Register
from services.pupils.store.reads import all_pupils, all_sheets
from services.pupils.store.scopes import keep_scopes, read_scopes
from services.pupils.store.writes import write_pupils, write_sheets
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def change_scopes(unit: UnitOfWork, wanted: frozenset[str]) -> Document:
    """Hold these columns from now on; what is held of any other goes at once."""
    columns = tuple(column for column in COLUMNS if column in wanted)
    before = await read_scopes(unit)
    if columns == before:
        return {"outcome": "unchanged", "columns": list(columns), "pupils_cleared": 0}
    pupils = await all_pupils(unit)
    cleared = [less for pupil in pupils.values() if (less := _narrowed(pupil, columns)) != pupil]
    await write_pupils(unit, pupils, [], cleared)
    await _tell_groups(unit, cleared)
    await keep_scopes(unit, columns, mark_of(unit))
    unit.log_access("roll.scopes_changed", "roll/scopes")
    return {"outcome": "changed", "columns": list(columns), "pupils_cleared": len(cleared)}


async def _tell_groups(unit: UnitOfWork, cleared: Sequence[Pupil]) -> None:
    """Take the pupils out of the tracked groups that are no longer known, and tell what that changes."""
    register = Register(await all_sheets(unit) if cleared else ())
    years = sorted({sheet.academic_year for sheet in register})
    before = {year: figures_of(register, year) for year in years}
    for pupil in cleared:
        for year in pupil.years:
            register.describe(year, pupil.ref, tracked(pupil.groups.get(year, ())))
    await write_sheets(unit, register.changed())
    for year in years:
        change = RollChange(year)
        note_figures(change, register, before[year])
        tell_roll(unit, change)


def _narrowed(pupil: Pupil, columns: tuple[str, ...]) -> Pupil:
    held = {year: within(groups, columns) for year, groups in pupil.groups.items()}
    return replace(pupil, groups={year: groups for year, groups in held.items() if groups})
