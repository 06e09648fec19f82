"""A row of a file of employers, and what it makes of what is known.

A column that the file lacks, or a cell that is empty, leaves what is stored: a register without positions
takes none away. So the same file a second time changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary import EmployerId
from services.employers.model.details import Details
from services.employers.model.directory import Employer, Position, SizeBand
from services.employers.model.names import NameTerms

_DIGITS_OF_A_SIC_CODE: Final = 5
_ID_DIGITS: Final = 16
"""Hex digits of a digest: among 12,000 employers two meet by chance once in 10^11 directories."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GenderPayGapTerms(_Data):
    """The Gender Pay Gap Service's columns, its size bands, and its mark of a public body."""

    columns: Mapping[str, str]
    never_read: str
    sizes: Mapping[str, SizeBand]
    public_sector_mark: str


class SicSectionTerms(_Data):
    """One section of industry and its divisions, two digits each."""

    section: str
    title: str
    divisions: tuple[str, ...]


class ImportTerms(_Data):
    """How files of employers are read (`terms/imports-*.json`)."""

    version: str
    about: str
    sources: tuple[str, ...]
    confidence: str
    gender_pay_gap: GenderPayGapTerms
    not_an_industry: Mapping[str, str]
    sic_sections: tuple[SicSectionTerms, ...]

    @cached_property
    def _sections(self) -> Mapping[str, str]:
        return {division: one.section for one in self.sic_sections for division in one.divisions}

    @property
    def sections(self) -> frozenset[str]:
        """The sections' letters."""
        return frozenset(one.section for one in self.sic_sections)

    def section_of(self, code: str) -> str | None:
        """Find the section of a five-digit SIC code; None for what is none, or names no industry.

        A spreadsheet drops a leading zero, so four digits are read with one: 1110 is 01110.
        """
        if not (code.isascii() and code.isdecimal()):
            return None
        if len(code) == _DIGITS_OF_A_SIC_CODE - 1:
            code = f"0{code}"
        if len(code) != _DIGITS_OF_A_SIC_CODE or code in self.not_an_industry:
            return None
        return self._sections.get(code[:2])


@dataclass(frozen=True, slots=True)
class Incoming:
    """One usable row: what it says of an employer, None for what it does not say."""

    row: int
    id: EmployerId
    name: str
    town: str | None = None
    postcode: str | None = None
    company_number: str | None = None
    sic_section: str | None = None
    size_band: SizeBand | None = None
    position: Position | None = None

    def onto(self, stored: Employer | None) -> Employer:
        """Bring the row into the entry that is stored, or make a new one."""
        base = stored or Employer(self.id, self.name, None, "unknown", None, None)
        # A register that cannot tell a small firm's size does not know better than who said it.
        known_size = self.size_band not in {None, "unknown"}
        return replace(
            base,
            name=self.name,
            sic_section=self.sic_section or base.sic_section,
            size_band=self.size_band if known_size and self.size_band is not None else base.size_band,
            town=self.town or base.town,
            position=self.position or base.position,
        )

    def onto_details(self, stored: Details) -> Details:
        """Bring the row into what else is known."""
        return replace(
            stored,
            company_number=self.company_number or stored.company_number,
            postcode=self.postcode or stored.postcode,
        )


def own_id(name: str, place: str | None, terms: NameTerms) -> EmployerId:
    """Make an id for an employer whose file gives none: one name at one place is one employer."""
    text = f"{terms.plain(name)}|{(place or '').casefold()}"
    return EmployerId(f"own-{hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]}")
