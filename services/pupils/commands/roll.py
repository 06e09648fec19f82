"""Imports a school's roll of an academic year, or says what an import would change."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import AcademicYear
from services.pupils.commands.keeping import tell_roll
from services.pupils.commands.looking_up import LookingUp
from services.pupils.commands.summaries import tell_sectors
from services.pupils.model.identity import Refusal
from services.pupils.model.pupil import Pupil
from services.pupils.model.roll import RollReading
from services.pupils.model.roll_change import Identified, Import, RollChange, change_roll
from services.pupils.model.sheets import PupilRef, Register
from services.pupils.store.erasures import erased_digests
from services.pupils.store.reads import all_pupils
from services.pupils.store.scopes import read_scopes
from services.pupils.store.writes import write_pupils, write_sheets
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, FieldProblem
from services.runtime.uow import UnitOfWork

REF_BYTES: Final = 8
"""Random bytes of a pupil's id: a school's few thousand never meet by chance."""


@dataclass(frozen=True, slots=True)
class RollImport:
    """A roll as it was read, and whether somebody confirmed that many leave.

    `lost_rows` counts rows that could not be read so far as to know whom they mean.
    """

    year: AcademicYear
    reading: RollReading
    lost_rows: int
    leavers_confirmed: bool
    scopes: tuple[str, ...] = ()
    """Those that the file was read with."""
    refused_columns: tuple[str, ...] = ()


async def import_roll(unit: UnitOfWork, context: ServiceContext, roll: RollImport) -> RollChange:
    """Bring pupils and sheets to what the roll says; the same roll again changes nothing.

    Rows of pupils who were erased are refused: a roll must not bring them back by accident.
    """
    decided = await _decide(unit, context, roll)
    change = decided.change
    await write_pupils(unit, decided.pupils, change.added, change.updated)
    await write_sheets(unit, decided.register.changed())
    tell_roll(unit, change)
    if change.figures_changed:
        await tell_sectors(unit)
    unit.log_access("roll.imported", f"roll/{roll.year}")
    for column in roll.refused_columns:
        unit.log_access("roll.column_refused", f"roll/{roll.year}/{column}")
    return change


async def preview_roll(unit: UnitOfWork, context: ServiceContext, roll: RollImport) -> RollChange:
    """Decide what an import would change, by the same code, and write nothing of it."""
    decided = await _decide(unit, context, replace(roll, leavers_confirmed=True))
    unit.log_access("roll.previewed", f"roll/{roll.year}")
    return decided.change


@dataclass(frozen=True, slots=True)
class _Decided:
    change: RollChange
    register: Register
    pupils: dict[str, Pupil]


async def _decide(unit: UnitOfWork, context: ServiceContext, roll: RollImport) -> _Decided:
    looking_up = LookingUp(unit, context)
    if await read_scopes(unit) != roll.scopes:
        message = "What the school wants held was changed while the file was being read. Send it again."
        raise ConflictError(message)
    register = Register(await looking_up.sheets_of({roll.year}))
    pupils = await all_pupils(unit)
    reading, digest = roll.reading, looking_up.digest
    found = Identified(
        entries={digest(entry.upn): entry for entry in reading.entries},
        kept_digests=frozenset(map(digest, reading.refused_upns)),
        unreadable_upns=reading.unreadable_upns + roll.lost_rows,
        pupils=pupils,
        former_digests={
            digest(entry.upn): tuple(map(digest, entry.former_upns))
            for entry in reading.entries
            if entry.former_upns
        },
        erased=frozenset(await erased_digests(unit)),
    )
    how = Import(
        year=roll.year,
        today=looking_up.today,
        new_ref=new_ref,
        seal=lambda upn: context.sealer.seal(unit.urn, upn),
        leavers_confirmed=roll.leavers_confirmed,
    )
    change = change_roll(found, register, how)
    change.refused = [_problem_of(refusal, reading) for refusal in change.refusals]
    return _Decided(change, register, pupils)


def new_ref() -> PupilRef:
    """Make up the id of a new pupil."""
    return PupilRef(secrets.token_hex(REF_BYTES))


def _problem_of(refusal: Refusal, reading: RollReading) -> FieldProblem:
    other = "" if refusal.other is None else f": row {reading.rows[refusal.other].number}"
    return reading.rows[refusal.upn].problem(refusal.column, refusal.reason + other)
