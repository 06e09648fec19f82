"""What `employers` tells: which schools and employers are in the Hub's shared directory.

Both kinds are listed in full: a later listing of the same URN or employer id replaces the earlier one.
Names are those of organisations, from open registers.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.vocabulary import DataClass, EmployerIdField, Payload, SettingField, SicSection, UrnField

OrganisationName = Annotated[str, Field(min_length=1, max_length=200), DataClass.INSTITUTIONAL]
SizeBand = Annotated[
    Literal["sole_trader", "micro", "small", "medium", "large", "unknown"], DataClass.INSTITUTIONAL
]
NationalYear = Annotated[int, Field(ge=-2, le=14), DataClass.INSTITUTIONAL]


class SchoolListed(Payload):
    """A school or college is a member of the Hub."""

    urn: UrnField
    name: OrganisationName
    setting: SettingField
    lowest_year: NationalYear
    highest_year: NationalYear
    has_post16: Annotated[bool, DataClass.INSTITUTIONAL]
    district: OrganisationName


class EmployerListed(Payload):
    """An employer can be named in a school's activities.

    With `merged_into` it was found to be that employer: what names either means that one, which may itself be
    merged later. A later listing without it says that they are two after all.
    """

    employer_id: EmployerIdField
    name: OrganisationName
    sic_section: SicSection | None = None
    size_band: SizeBand
    merged_into: EmployerIdField | None = None
