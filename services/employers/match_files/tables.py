"""Schools and employers from CSV files, in the columns of the open registers that ship in `services/areas`.

Columns beyond those are ignored, except `ask_budget` of employers. Rows are counted as a spreadsheet counts
them: the header is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from services.areas.area import Employer as AreaEmployer
from services.areas.area import School as AreaSchool
from services.areas.area import read_employer, read_school
from services.employers.match_files.defaults import DefaultOffers
from services.employers.matching.limits import MOST_EMPLOYERS
from services.employers.matching.round import Employer, Position, School
from services.runtime.errors import FieldProblem, InvalidError, TooLargeError

SCHOOL_COLUMNS: Final = (
    *("urn", "name", "phase", "low_age", "high_age", "sixth_form", "pupils", "fsm_percent", "postcode"),
    *("la_code", "la_name", "latitude", "longitude", "district_name"),
    *("special_school", "alternative_provision", "post16_only"),
)
EMPLOYER_COLUMNS: Final = (
    *("gpg_employer_id", "employer_name", "public_sector", "sic_section", "sic_codes", "employer_size"),
    *("address_town", "latitude", "longitude"),
)
FIRST_ROW: Final = 2


def read_schools(text: str) -> tuple[School, ...]:
    """Read a schools file; raises InvalidError, which names row and reason."""
    return tuple(_school(row, number) for row, number in _rows(text, "schools", SCHOOL_COLUMNS))


def read_employers(text: str, defaults: DefaultOffers) -> tuple[Employer, ...]:
    """Read an employers file; an ask budget that it leaves out goes by size. Raises InvalidError."""
    rows = _rows(text, "employers", EMPLOYER_COLUMNS)
    return tuple(_employer(row, number, defaults) for row, number in rows)


def _rows(text: str, kind: str, columns: tuple[str, ...]) -> Iterator[tuple[Mapping[str, str], int]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise _invalid(kind, 1, f"lacks the columns {', '.join(missing)}")
        for number, row in enumerate(reader, start=FIRST_ROW):
            if number - FIRST_ROW >= MOST_EMPLOYERS:
                raise TooLargeError(f"A file of {kind} can have {MOST_EMPLOYERS:,} rows. Split it.")
            if None in row or None in row.values():
                raise _invalid(kind, number, "has more or fewer cells than the header")
            yield row, number
    except csv.Error as error:
        raise _invalid(kind, reader.line_num, f"is not CSV ({error})") from error


def _school(row: Mapping[str, str], number: int) -> School:
    try:
        read: AreaSchool = read_school(row)
    except ValueError as error:
        raise _invalid("schools", number, "has an age, number or position that is none") from error
    return School(read.urn, read.setting, _position(read.latitude, read.longitude))


def _employer(row: Mapping[str, str], number: int, defaults: DefaultOffers) -> Employer:
    try:
        read: AreaEmployer = read_employer(row)
        budget = int(row["ask_budget"]) if row.get("ask_budget") else defaults.ask_budget[read.size_band]
    except ValueError as error:
        raise _invalid("employers", number, "has a number or position that is none") from error
    return Employer(
        id=read.employer_id,
        name=read.name,
        sic_section=read.sic_section,
        size_band=read.size_band,
        position=_position(read.latitude, read.longitude),
        ask_budget=budget,
    )


def _position(latitude: float | None, longitude: float | None) -> Position | None:
    return None if latitude is None or longitude is None else Position(latitude, longitude)


def _invalid(kind: str, row: int, reason: str) -> InvalidError:
    return InvalidError(f"The file of {kind}, row {row}, {reason}.", (FieldProblem(kind, reason, row=row),))
