"""Lists of pupils by name, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import AcademicYear
from services.pupils.model.pupil import Pupil
from services.pupils.store import PUPILS
from services.pupils.store.documents import (
    read_pupil,
)
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PupilsAsked:
    """Which page of which pupils."""

    year: AcademicYear
    year_group: int | None
    offset: int
    limit: int


async def pupils_on_roll(database: SchoolDatabase, year: AcademicYear, year_group: int | None) -> list[Pupil]:
    """Read the pupils on roll of an academic year, by name.

    Sorted here and not in the store: a school has a few thousand at most, and names sort without case.
    """
    place = f"years.{year}"
    where: Document = {f"{place}.year_group": {"$exists": True}, f"{place}.left_on": {"$exists": False}}
    if year_group is not None:
        where[f"{place}.year_group"] = year_group
    found = [read_pupil(document) for document in await database.collection(PUPILS).find(where)]
    return sorted(found, key=lambda pupil: (pupil.surname.casefold(), pupil.forename.casefold(), pupil.ref))


def page_of(pupils: list[Pupil], asked: PupilsAsked) -> View:
    """Show the part of a list that was asked for; pupils with a restricted record are not named."""
    restricted = sum(pupil.restriction is not None for pupil in pupils)
    pupils = [pupil for pupil in pupils if pupil.restriction is None]
    end = asked.offset + asked.limit
    return {
        "academic_year": asked.year,
        "total": len(pupils),
        "restricted": restricted,
        "pupils": [
            {
                "pupil": pupil.ref,
                "surname": pupil.surname,
                "forename": pupil.forename,
                "year_group": pupil.years[asked.year].year_group,
                "tutor_group": pupil.years[asked.year].tutor_group,
            }
            for pupil in pupils[asked.offset : end]
        ],
        "next_offset": end if end < len(pupils) else None,
    }
