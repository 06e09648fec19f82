"""Imports a school's roll of an academic year."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from contracts.pupils import RollChanged
from contracts.vocabulary import AcademicYear
from services.pupils.commands.looking_up import LookingUp
from services.pupils.commands.summaries import tell_sectors
from services.pupils.model.roll import RollReading
from services.pupils.model.roll_change import Identified, Import, RollChange, change_roll
from services.pupils.model.sheets import PupilRef, Register
from services.pupils.store.erasures import erased_digests
from services.pupils.store.reads import all_pupils
from services.pupils.store.scopes import read_scopes
from services.pupils.store.writes import write_pupils, write_sheets
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError
from services.runtime.uow import UnitOfWork

ERASED: Final = "this pupil was erased; take the row out, or lift the erasure if the pupil is to come back"
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
    looking_up = LookingUp(unit, context)
    if await read_scopes(unit) != roll.scopes:
        message = "What the school wants held was changed while the file was being read. Send it again."
        raise ConflictError(message)
    register = Register(await looking_up.sheets_of({roll.year}))
    pupils = await all_pupils(unit)
    erased = await erased_digests(unit)
    entries = {looking_up.digest(entry.upn): entry for entry in roll.reading.entries}
    found = Identified(
        entries={digest: entry for digest, entry in entries.items() if digest not in erased},
        kept_digests=frozenset(map(looking_up.digest, roll.reading.refused_upns)),
        unreadable_upns=roll.reading.unreadable_upns + roll.lost_rows,
        pupils=pupils,
    )
    how = Import(
        year=roll.year,
        today=looking_up.today,
        new_ref=lambda: PupilRef(secrets.token_hex(REF_BYTES)),
        seal=lambda upn: context.sealer.seal(unit.urn, upn),
        leavers_confirmed=roll.leavers_confirmed,
    )
    change = change_roll(found, register, how)
    change.refused = [
        roll.reading.rows[entry.upn].problem("upn", ERASED)
        for digest, entry in entries.items()
        if digest in erased
    ]
    await write_pupils(unit, pupils, change.added, change.updated)
    await write_sheets(unit, register.changed())
    if change.figures_changed:
        unit.tell(
            RollChanged(
                urn=unit.urn,
                academic_year=roll.year,
                year_groups=change.rolls,
                coverage=change.coverage,
            )
        )
        await tell_sectors(unit)
    unit.log_access("roll.imported", f"roll/{roll.year}")
    for column in roll.refused_columns:
        unit.log_access("roll.column_refused", f"roll/{roll.year}/{column}")
    return change
