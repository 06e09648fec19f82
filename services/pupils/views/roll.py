"""What the school reads back of its roll, and of whom its activities have reached."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import CREDITED_BENCHMARKS, AcademicYear
from services.pupils.store import YEAR_GROUPS
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase

_SHEET_FIGURES: Final = ("year_group", "on_roll", "subsidiary", "reached", "tutor_groups")


async def roll(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Count the pupils on roll by year group, with the names of the tutor groups.

    `subsidiary` says how many of them have their main registration at another school.
    """
    sheets = await _sheet_figures(context.school(urn), year)
    return {
        "academic_year": year,
        "on_roll": sum(sheet["on_roll"] for sheet in sheets),
        "subsidiary": sum(sheet["subsidiary"] for sheet in sheets),
        "year_groups": [
            {
                "year_group": sheet["year_group"],
                "on_roll": sheet["on_roll"],
                "subsidiary": sheet["subsidiary"],
                "tutor_groups": sheet["tutor_groups"],
            }
            for sheet in sheets
        ],
    }


async def coverage(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Count pupils reached for each benchmark by year group: the school's own figures, not suppressed.

    Percentages are floored, so nothing short of everybody shows as 100 (domain rule 2).
    """
    sheets = await _sheet_figures(context.school(urn), year)
    return {
        "academic_year": year,
        "year_groups": [
            {
                "year_group": sheet["year_group"],
                "on_roll": sheet["on_roll"],
                "benchmarks": {
                    benchmark: _share(sheet["reached"].get(benchmark, 0), sheet["on_roll"])
                    for benchmark in CREDITED_BENCHMARKS
                },
            }
            for sheet in sheets
        ],
    }


async def _sheet_figures(database: SchoolDatabase, year: AcademicYear) -> list[Document]:
    found = await database.collection(YEAR_GROUPS).find({"academic_year": year}, fields=_SHEET_FIGURES)
    sheets = sorted((sheet for sheet in found if sheet["on_roll"]), key=lambda sheet: sheet["year_group"])
    if not sheets:
        raise NotFoundError(f"No roll of {year} has been imported for this school.")
    return sheets


def _share(reached: int, on_roll: int) -> View:
    return {"reached": reached, "percent": 100 * reached // on_roll}
