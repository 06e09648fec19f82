"""Tells summaries over all of a school's pupils when what they count has changed.

Each is told within the unit of work that changed it, and only if it differs from what was told last. So a
reader needs the last one alone, and a school's hundred statements in which nothing new reaches the threshold
are not an event each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from contracts.pupils import DestinationsCounted, SectorsWanted
from contracts.vocabulary import academic_year_of
from services.pupils.model.destination import Spell
from services.pupils.model.destination_counts import (
    Cohort,
    count_categories,
    count_intended,
    count_statuses,
    count_sustained,
)
from services.pupils.model.facts import today_in_england
from services.pupils.model.pupil import Pupil
from services.pupils.model.sectors import sectors_named, sectors_wanted
from services.pupils.model.sheets import PupilRef, sheet_id
from services.pupils.rules import destination_rules, industries
from services.pupils.store.destinations import intended_by, spells_of
from services.pupils.store.interests import interests_of
from services.pupils.store.reads import find_sheets, sheets_of_years
from services.pupils.store.summaries import keep_sectors_named, read_sectors_named, tell_if_new
from services.runtime.uow import UnitOfWork

FIRST_YEAR_GROUP_WITH_PLANS: Final = 9
"""From here on schools ask where pupils mean to go, every year (domain §1c, gb3.4)."""


async def tell_sectors(unit: UnitOfWork, changed: PupilRef | None = None) -> None:
    """Tell the sectors that pupils are drawn to; `changed` is whose statements are not what they were."""
    said = await read_sectors_named(unit)
    if changed is not None:
        statements = [interest.statement for interest in await interests_of(unit, changed)]
        said[changed] = sectors_named(statements, industries())
        if not said[changed]:
            del said[changed]
        await keep_sectors_named(unit, said)
    year = academic_year_of(today_in_england(unit.now))
    on_roll = {ref for sheet in await sheets_of_years(unit, {year}) for ref in sheet.pupils}
    wanted = SectorsWanted(urn=unit.urn, academic_year=year, sectors=sectors_wanted(said, on_roll, year))
    nothing = wanted.model_copy(update={"sectors": ()})
    await tell_if_new(unit, f"sectors:{year}", wanted, nothing)


async def tell_destinations(unit: UnitOfWork, pupil: Pupil) -> None:
    """Tell where the year group that a pupil was in last means to go, is, and has stayed."""
    year = max(pupil.years)
    cohort = Cohort(year, pupil.years[year].year_group)
    if cohort.year_group < FIRST_YEAR_GROUP_WITH_PLANS:
        return
    sheets = await find_sheets(unit, {sheet_id(cohort.year, cohort.year_group)})
    on_roll = [ref for sheet in sheets for ref in sheet.pupils]
    # Reading all of a school's is quicker on the embedded store than looking up a year group's ids.
    intended = {ref: kept[0].intention for ref, kept in (await intended_by(unit)).items()}
    tracked = await spells_of(unit)
    spells = [[one.spell for one in tracked.get(ref, [])] for ref in on_roll]
    counted = _with_actual(
        DestinationsCounted(
            urn=unit.urn,
            academic_year=cohort.year,
            year_group=cohort.year_group,
            on_roll=len(on_roll),
            intended=count_intended(on_roll, intended, destination_rules()),
        ),
        *(cohort, today_in_england(unit.now), spells),
    )
    is_of_nothing = not any(spells) and intended.keys().isdisjoint(on_roll)
    name = f"destinations:{cohort.year}:{cohort.year_group}"
    await tell_if_new(unit, name, counted, counted if is_of_nothing else None)


def _with_actual(
    counted: DestinationsCounted, cohort: Cohort, today: dt.date, spells: Collection[list[Spell]]
) -> DestinationsCounted:
    """Add what has become of a cohort, as far as the time for asking has come."""
    if today <= cohort.last_day:
        return counted
    rules = destination_rules()
    on = min(today, cohort.day_after())
    over = cohort.has_destination_year_behind(today)
    actual = {
        "on": on,
        "actual": count_categories(count_statuses(spells, on), rules),
        "sustained": count_sustained(spells, rules, cohort.year) if over else {},
    }
    return counted.model_copy(update=actual)
