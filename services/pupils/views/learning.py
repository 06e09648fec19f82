"""Which learning areas of the CDI framework each year group has met in an academic year."""

from __future__ import annotations

from contracts.vocabulary import AcademicYear
from services.pupils.model.learning import LearningFramework, Reach, Taught, reach
from services.pupils.model.sheets import Sheet
from services.pupils.rules import learning_framework
from services.pupils.store import ACTIVITIES
from services.pupils.store.activity_documents import (
    read_activity,
)
from services.pupils.store.reads import sheets_of_years
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.tenancy import SchoolDatabase


async def learning(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Count activities and pupils reached by year group and learning area; list the areas never met.

    Areas of the framework before 2021 are shown where somebody named them, and are no gap. Percentages are
    floored, so nothing short of everybody shows as 100 (domain rule 2).
    """
    database, framework = context.school(urn), learning_framework()
    sheets = sorted(await sheets_of_years(database, {year}), key=lambda sheet: sheet.year_group)
    on_roll = [sheet for sheet in sheets if sheet.pupils]
    if not on_roll:
        raise NotFoundError(f"No roll of {year} has been imported for this school.")
    found = reach(await _taught(database, year), {sheet.year_group: sheet.pupils for sheet in on_roll})
    return {
        "academic_year": year,
        "framework": {
            "version": framework.version,
            "areas": {code: area.model_dump() for code, area in framework.areas.items()},
            "outcomes": {name: outcome.model_dump() for name, outcome in framework.outcomes.items()},
        },
        "year_groups": [
            {
                "year_group": sheet.year_group,
                "on_roll": len(sheet.pupils),
                "areas": _areas(sheet, found, framework),
            }
            for sheet in on_roll
        ],
        "gaps": [
            {"year_group": sheet.year_group, "area": code}
            for sheet in on_roll
            for code in framework.current
            if (sheet.year_group, code) not in found
        ],
    }


def _areas(sheet: Sheet, found: dict[tuple[int, str], Reach], framework: LearningFramework) -> View:
    shown: View = {}
    for code, area in framework.areas.items():
        cell = found.get((sheet.year_group, code))
        if cell is None and area.legacy:
            continue
        reached = 0 if cell is None else len(cell.pupils)
        shown[code] = {
            "activities": 0 if cell is None else cell.activities,
            "reached": reached,
            "percent": 100 * reached // len(sheet.pupils),
        }
    return shown


async def _taught(database: SchoolDatabase, year: AcademicYear) -> list[Taught]:
    where = {"academic_year": year, "status": "recorded", "learning_areas": {"$exists": True}}
    activities = map(read_activity, await database.collection(ACTIVITIES).find(where))
    return [
        Taught(
            activity.facts.learning_areas,
            {
                year_group: by_status.get("attended", ())
                for year_group, by_status in activity.attendance.statuses.items()
            },
        )
        for activity in activities
    ]
