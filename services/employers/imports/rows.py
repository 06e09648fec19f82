"""Reads one row's cells: what is usable becomes an `Incoming`, what is not gets a reason."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from contracts.vocabulary import EMPLOYER_ID_PATTERN, EmployerId
from services.employers.fields import LONGEST_NAME, plain_company_number, plain_postcode
from services.employers.matching.land import Land
from services.employers.model.directory import Position, SizeBand
from services.employers.model.incoming import ImportTerms, Incoming, own_id
from services.employers.model.names import NameTerms
from services.employers.model.search import words_of
from services.runtime.errors import FieldProblem
from services.runtime.tables import row_problem

SIZES: Final[tuple[SizeBand, ...]] = get_args(SizeBand)
_ID: Final = re.compile(EMPLOYER_ID_PATTERN)
_GPG_ID: Final = re.compile(r"^[0-9]{1,10}$")
_BETWEEN_CODES: Final = re.compile(r"[\s,;]+")
_MOST_DEGREES: Final = {"latitude": 90.0, "longitude": 180.0}


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one file; `problems` are why a row is refused, `left_out` what a usable one lost."""

    terms: ImportTerms
    names: NameTerms
    land: Land
    problems: list[FieldProblem] = field(default_factory=list)
    left_out: list[FieldProblem] = field(default_factory=list)

    def own(self, row: int, cells: Mapping[str, str]) -> Incoming | None:
        """Read a row of a Hub's own file; a wrong cell refuses the row, as its sender can mend it."""
        before = len(self.problems)
        name = self._name(row, cells["name"])
        postcode = self._postcode(row, cells["postcode"], self.problems)
        identity = cells["employer_id"] or own_id(name, postcode or cells["town"] or None, self.names)
        if not _ID.match(identity):
            self._refuse(row, "employer_id", "must be small letters, digits and hyphens, at most 64")
        if len(cells["town"]) > LONGEST_NAME:
            self._refuse(row, "town", f"has more than {LONGEST_NAME} characters")
        incoming = Incoming(
            row=row,
            id=EmployerId(identity),
            name=name,
            town=cells["town"] or None,
            postcode=postcode,
            company_number=self._company_number(row, cells["company_number"], self.problems),
            sic_section=self._section(row, cells),
            size_band=self._size(row, cells["size_band"]),
            position=self._position(row, cells),
        )
        return None if len(self.problems) > before else incoming

    def gender_pay_gap(self, row: int, cells: Mapping[str, str]) -> Incoming | None:
        """Read a row of the service's file; what its sender cannot mend is left out, and listed."""
        before = len(self.problems)
        name = self._name(row, cells["name"] or cells["reported_name"], "EmployerName")
        if not _GPG_ID.match(cells["employer_id"]):
            self._refuse(row, "EmployerId", "is not a number")
        size = self.terms.gender_pay_gap.sizes.get(cells["size"]) if cells["size"] else "unknown"
        if size is None:
            self._refuse(row, "EmployerSize", "is none of the sizes that the service knows")
        incoming = Incoming(
            row=row,
            id=EmployerId(f"gpg-{cells['employer_id']}"),
            name=name,
            postcode=self._postcode(row, cells["postcode"], self.left_out, "PostCode"),
            company_number=self._company_number(row, cells["company_number"], self.left_out, "CompanyNumber"),
            sic_section=self._first_section(cells["sic_codes"]),
            size_band=size,
        )
        return None if len(self.problems) > before else incoming

    def _refuse(self, row: int, column: str, reason: str) -> None:
        self.problems.append(row_problem(row, column, reason))

    def _name(self, row: int, name: str, column: str = "name") -> str:
        if not words_of(name):
            self._refuse(row, column, "needs a letter or a digit")
        elif len(name) > LONGEST_NAME:
            self._refuse(row, column, f"has more than {LONGEST_NAME} characters")
        return name

    def _postcode(
        self, row: int, cell: str, problems: list[FieldProblem], column: str = "postcode"
    ) -> str | None:
        postcode = plain_postcode(cell)
        if cell and postcode is None:
            problems.append(row_problem(row, column, "is not a postcode"))
        return postcode

    def _company_number(
        self, row: int, cell: str, problems: list[FieldProblem], column: str = "company_number"
    ) -> str | None:
        number = plain_company_number(cell) if cell else None
        if cell and number is None:
            problems.append(row_problem(row, column, "is not a company number"))
        return number

    def _section(self, row: int, cells: Mapping[str, str]) -> str | None:
        section, codes = cells["sic_section"].upper(), cells["sic_codes"]
        if section and section not in self.terms.sections:
            self._refuse(row, "sic_section", "must be a section's letter, A to U")
        if codes and self._first_section(codes) is None:
            self._refuse(row, "sic_codes", "has no SIC 2007 code of five digits")
        return section or self._first_section(codes)

    def _first_section(self, codes: str) -> str | None:
        """Find the section of the first code that is one; the service's mark of a public body is none."""
        sections = map(self.terms.section_of, _BETWEEN_CODES.split(codes))
        return next((section for section in sections if section is not None), None)

    def _size(self, row: int, cell: str) -> SizeBand | None:
        wanted = cell.casefold().replace(" ", "_")
        found = next((size for size in SIZES if size == wanted), None)
        if cell and found is None:
            self._refuse(row, "size_band", f"must be one of: {', '.join(SIZES)}")
        return found

    def _position(self, row: int, cells: Mapping[str, str]) -> Position | None:
        given = {name: cells[name] for name in _MOST_DEGREES if cells[name]}
        if not given:
            return None
        if len(given) == 1:
            [there] = given
            self._refuse(row, there, "give both latitude and longitude, or neither")
            return None
        degrees = {name: self._degrees(row, name, cell) for name, cell in given.items()}
        latitude, longitude = degrees["latitude"], degrees["longitude"]
        if latitude is None or longitude is None:
            return None
        position = Position(latitude, longitude)
        if (reason := self.land.problem(position)) is not None:
            self._refuse(row, "latitude", reason)
        return position

    def _degrees(self, row: int, column: str, cell: str) -> float | None:
        try:
            degrees = float(cell)
        except ValueError:
            degrees = math.nan
        # A number that is none is not below the limit either.
        if abs(degrees) <= _MOST_DEGREES[column]:
            return degrees
        self._refuse(row, column, f"must be degrees, at most {_MOST_DEGREES[column]:g}")
        return None
