"""What `employers` tells: which schools and employers are in the Hub's shared directory.

Both kinds are listed in full: a later listing of the same URN or employer id replaces the earlier one.
Names are those of organisations, from open registers. An Enterprise Adviser is a person: what is told of a
school's relationship with one carries an id of the relationship, and none of the adviser.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.vocabulary import (
    OPAQUE_ID_PATTERN,
    DataClass,
    DateField,
    EmployerIdField,
    Payload,
    SettingField,
    SicSection,
    UrnField,
)

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


RelationshipState = Annotated[
    Literal["proposed", "introduced", "active", "paused", "ended"], DataClass.INSTITUTIONAL
]
RelationshipEnd = Literal[
    "declined_by_school",
    "declined_by_adviser",
    "withdrawn",
    "completed",
    "school_asked",
    "adviser_asked",
    "adviser_left",
    "adviser_paused",
    "conflict_of_interest",
    "school_closed",
]
"""Why a school and an adviser parted, as far as another service may know; why an adviser left the Hub is not
in it, and nothing about safeguarding."""
RelationshipIdField = Annotated[str, Field(pattern=OPAQUE_ID_PATTERN), DataClass.TECHNICAL]


class AdviserRelationshipChanged(Payload):
    """A school's relationship with an Enterprise Adviser entered a state, on the day `since`.

    Told for each state entered, in full: the latest of a relationship is how it stands. A school can have two
    relationships. Who the adviser is cannot be told from it, nor that two schools have the same one.
    """

    urn: UrnField
    relationship_id: RelationshipIdField
    state: RelationshipState
    since: DateField
    ended_because: Annotated[RelationshipEnd, DataClass.INSTITUTIONAL] | None = None
