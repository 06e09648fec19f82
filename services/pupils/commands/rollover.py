"""Makes next year's provisional roll out of this year's."""

from __future__ import annotations

from contracts.vocabulary import AcademicYear
from services.pupils.commands.keeping import tell_roll
from services.pupils.commands.looking_up import LookingUp
from services.pupils.model.rollover import roll_over, year_after
from services.pupils.model.sheets import Register
from services.pupils.store.reads import all_pupils, years_with_roll
from services.pupils.store.writes import write_pupils, write_sheets
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork


async def roll_over_to(
    unit: UnitOfWork, context: ServiceContext, year: AcademicYear, *, preview: bool
) -> Document:
    """Put everybody who stays on the roll of the year after the last that has one, or say what that would do.

    Raises ConflictError for a year that has a roll, InvalidError for one that is not the next.
    """
    before = _last_year(await years_with_roll(unit), year)
    looking_up = LookingUp(unit, context)
    register = Register(await looking_up.sheets_of({before, year}))
    pupils = await all_pupils(unit)
    rolled = roll_over(pupils.values(), register, before)
    if not rolled.change.updated:
        raise ConflictError(f"Nobody on the roll of {before} stays for {year}. Import the roll of {year}.")
    if preview:
        unit.log_access("roll.previewed", f"roll/{year}")
    else:
        await write_pupils(unit, pupils, [], rolled.change.updated)
        await write_sheets(unit, register.changed())
        tell_roll(unit, rolled.change)
        unit.log_access("roll.rolled_over", f"roll/{year}")
    return {
        "outcome": "preview" if preview else "rolled_over",
        "academic_year": year,
        "from": before,
        "pupils": rolled.change.new,
        "leaving": [
            {"year_group": year_group, "pupils": number} for year_group, number in rolled.leaving.items()
        ],
        "year_groups": [figures.model_dump() for figures in rolled.change.rolls],
    }


def _last_year(with_roll: set[AcademicYear], year: AcademicYear) -> AcademicYear:
    """Find the year to start from: the last that has a roll, and the one before the year asked."""
    if year in with_roll:
        raise ConflictError(
            f"{year} has a roll already. Import the roll (PUT .../roll?academic_year={year}) to change it."
        )
    last = max(with_roll, default=None)
    if last is None:
        raise ConflictError(f"There is no roll to start from. Import the roll of {year}.")
    if year_after(last) != year:
        problem = FieldProblem("academic_year", f"is not the year after {last}, the last that has a roll")
        raise InvalidError("A roll can be rolled over to the next academic year only.", (problem,))
    return last
