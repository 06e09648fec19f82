"""What `employers` tells: the Hub's shared directory, what is offered and needed, and which match stands how.

Directory entries, offers and needs are told in full: a later event of the same id replaces the earlier one.
Names are those of organisations, from open registers. A match is told of whenever its state changes. An
Enterprise Adviser is a person: what is told of a school's relationship with one carries an id of the
relationship, and none of the adviser.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from contracts.vocabulary import (
    OPAQUE_ID_PATTERN,
    AcademicYearField,
    BenchmarkField,
    CountField,
    DataClass,
    DateField,
    EmployerIdField,
    OpaqueIdField,
    Payload,
    SettingField,
    SicSection,
    UrnField,
    YearGroupField,
)

OrganisationName = Annotated[str, Field(min_length=1, max_length=200), DataClass.INSTITUTIONAL]
SizeBand = Annotated[
    Literal["sole_trader", "micro", "small", "medium", "large", "unknown"], DataClass.INSTITUTIONAL
]
EncounterTypeField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$"), DataClass.INSTITUTIONAL]
"""A code of the encounter types' rule file, such as `employer_talk`; `pupils` has the same codes."""
TermName = Literal["autumn", "spring", "summer"]
TERM_NAMES: Final[tuple[TermName, ...]] = get_args(TermName)
TermNameField = Annotated[TermName, DataClass.INSTITUTIONAL]
OfferState = Literal["published", "withdrawn"]
NeedState = Literal["open", "withdrawn"]
MatchState = Literal["proposed", "accepted", "declined", "confirmed", "completed", "cancelled", "replaced"]
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
    phase: OrganisationName | None = None
    """The register's word, such as `Secondary`; None where the register has none."""


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


class OfferListed(Payload):
    """An employer offers something `capacity` times in a term, or has withdrawn it."""

    offer_id: OpaqueIdField
    employer_id: EmployerIdField
    activity_type: EncounterTypeField
    academic_year: AcademicYearField
    term: TermNameField
    year_groups: tuple[YearGroupField, ...]
    group_size: CountField
    capacity: CountField
    virtual: Annotated[bool, DataClass.INSTITUTIONAL]
    state: Annotated[OfferState, DataClass.INSTITUTIONAL]


class NeedRaised(Payload):
    """A school looks for `slots` encounters of a type, or does no longer."""

    urn: UrnField
    need_id: OpaqueIdField
    activity_type: EncounterTypeField
    benchmark: BenchmarkField | None = None
    year_groups: tuple[YearGroupField, ...]
    group_size: CountField
    slots: CountField
    sic_sections: tuple[SicSection, ...] = ()
    state: Annotated[NeedState, DataClass.INSTITUTIONAL]


class MatchChanged(Payload):
    """A match of a round is proposed, or stands otherwise than before.

    `accepted` is by both sides. `completed`: the school recorded an activity of it; once it has taken that
    back, it is `confirmed` again. `replaced` was proposed, and a later plan of the round does without it.
    """

    urn: UrnField
    match_id: OpaqueIdField
    round_id: OpaqueIdField
    round_ends_on: DateField
    need_id: OpaqueIdField
    offer_id: OpaqueIdField
    employer_id: EmployerIdField
    activity_type: EncounterTypeField
    state: Annotated[MatchState, DataClass.INSTITUTIONAL]
