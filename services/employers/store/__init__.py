"""How the directory's entries lie in the service's database: one document each, read and written by id.

They have no other index: what is looked for by name is found in memory (`views.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic

from services.employers.model.directory import E, Employer, Position, School
from services.runtime.mongo import Document

SCHOOLS: Final = "schools"
EMPLOYERS: Final = "employers"


@dataclass(frozen=True, slots=True)
class Shelf(Generic[E]):
    """Where entries of one kind are, and how they are read and written."""

    collection: str
    read: Callable[[Document], E]
    write: Callable[[E], Document]


def _school_to_document(school: School) -> Document:
    return {
        "_id": school.id,
        "name": school.name,
        "phase": school.phase,
        "setting": school.setting,
        "lowest_year": school.lowest_year,
        "highest_year": school.highest_year,
        "has_post16": school.has_post16,
        "district": school.district,
        "position": _position_to_document(school.position),
    }


def _school_from_document(document: Document) -> School:
    return School(
        id=document["_id"],
        name=document["name"],
        phase=document["phase"],
        setting=document["setting"],
        lowest_year=document["lowest_year"],
        highest_year=document["highest_year"],
        has_post16=document["has_post16"],
        district=document["district"],
        position=_position_from_document(document["position"]),
    )


def _employer_to_document(employer: Employer) -> Document:
    return {
        "_id": employer.id,
        "name": employer.name,
        "sic_section": employer.sic_section,
        "size_band": employer.size_band,
        "town": employer.town,
        "position": _position_to_document(employer.position),
    }


def _employer_from_document(document: Document) -> Employer:
    return Employer(
        id=document["_id"],
        name=document["name"],
        sic_section=document["sic_section"],
        size_band=document["size_band"],
        town=document["town"],
        position=_position_from_document(document["position"]),
    )


def _position_to_document(position: Position | None) -> Document | None:
    return None if position is None else {"latitude": position.latitude, "longitude": position.longitude}


def _position_from_document(document: Document | None) -> Position | None:
    return None if document is None else Position(document["latitude"], document["longitude"])


SCHOOL_SHELF: Final = Shelf(SCHOOLS, _school_from_document, _school_to_document)
EMPLOYER_SHELF: Final = Shelf(EMPLOYERS, _employer_from_document, _employer_to_document)
