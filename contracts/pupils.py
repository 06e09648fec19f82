"""What `pupils` tells: that activities happened and whom they reached, in numbers. Never a pupil.

The figures of an activity are counts per year group. `coverage` is absolute ("so many different pupils of
Year 10 have been reached for gb5 this academic year, now"), so a reader need not know who they are, and a
correction is one message that carries the figures before and after.

`by_group` is the same for the groups whose coverage is told beside everybody's. A group is absent where it
counts nobody, or where the school does not hold who belongs to it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.vocabulary import (
    AcademicYearField,
    ActivityIdField,
    CountField,
    CreditedBenchmarkField,
    DataClass,
    DateField,
    EmployerIdField,
    OpaqueIdField,
    Payload,
    SicSection,
    TrackedGroupField,
    UrnField,
    YearGroupField,
)

ActivityTypeField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$"), DataClass.INSTITUTIONAL]
"""A code of the activity types' rule file, such as `employer_talk`."""


class YearGroupRoll(Payload):
    """How many pupils of a year group are on roll.

    `subsidiary` says how many of them have their main registration at another school, which counts them too.
    """

    year_group: YearGroupField
    on_roll: CountField
    by_group: dict[TrackedGroupField, CountField] = Field(default_factory=dict)
    subsidiary: CountField = 0


class CoverageCell(Payload):
    """Different pupils of a year group reached for a benchmark this academic year, after this event."""

    year_group: YearGroupField
    benchmark: CreditedBenchmarkField
    reached: CountField
    by_group: dict[TrackedGroupField, CountField] = Field(default_factory=dict)


class RollChanged(Payload):
    """A school's roll for an academic year was imported and differs from what was known.

    `year_groups` lists every year group with its pupils now; one that is absent has none. `coverage` holds
    the cells that the change moved: a pupil who leaves takes the credits along. `changed_on` is the day, in
    England, on which the school's roll became so.
    """

    urn: UrnField
    academic_year: AcademicYearField
    year_groups: tuple[YearGroupRoll, ...]
    coverage: tuple[CoverageCell, ...] = ()
    changed_on: DateField | None = None


class GroupFigures(Payload):
    """What one activity meant for those of a year group who belong to one group."""

    attended: CountField
    encounters: CountField


AccessPhaseField = Annotated[int, Field(ge=1, le=3), DataClass.INSTITUTIONAL]
"""A phase of the provider access legislation: 1 is Years 8 and 9, 2 Years 10 and 11, 3 Years 12 and 13."""


class ProviderAccess(Payload):
    """An encounter that counts for a phase of provider access, and for how many pupils of the year group.

    In phases 1 and 2 those who attended count, in phase 3 all to whom it was offered (domain st.7).
    """

    phase: AccessPhaseField
    counted: CountField


class YearGroupFigures(Payload):
    """What one activity meant for one year group.

    `encounters` counts participations that pass the meaningful tests of gb5 or gb7, each once; `credits`
    counts participations per benchmark that they count for. `work_minutes` are the minutes of work experience
    of all who attended, added up.
    """

    year_group: YearGroupField
    attended: CountField
    absent: CountField
    excused: CountField
    encounters: CountField
    credits: dict[CreditedBenchmarkField, CountField] = Field(default_factory=dict)
    by_group: dict[TrackedGroupField, GroupFigures] = Field(default_factory=dict)
    provider_access: ProviderAccess | None = None
    work_minutes: CountField = 0


class ActivityFigures(Payload):
    """An activity as the Hub may know it; `match_id` names the confirmed match that it completes."""

    activity_type: ActivityTypeField
    held_on: DateField
    employer_id: EmployerIdField | None = None
    match_id: OpaqueIdField | None = None
    year_groups: tuple[YearGroupFigures, ...]


class ActivityRecorded(Payload):
    """A school recorded an activity with its attendance; `activity` enters every count.

    It is told again of an activity that left every count because it was a repeat of another, once the two are
    separated. Readers count it as they do any other.
    """

    urn: UrnField
    academic_year: AcademicYearField
    activity_id: ActivityIdField
    activity: ActivityFigures
    coverage: tuple[CoverageCell, ...]


class ActivityCorrected(Payload):
    """A recorded activity was wrong; `before` leaves every count that `after` enters."""

    urn: UrnField
    academic_year: AcademicYearField
    activity_id: ActivityIdField
    before: ActivityFigures
    after: ActivityFigures
    coverage: tuple[CoverageCell, ...]


class ActivityRetracted(Payload):
    """A recorded activity did not happen, or counts through another now; `before` leaves every count."""

    urn: UrnField
    academic_year: AcademicYearField
    activity_id: ActivityIdField
    before: ActivityFigures
    coverage: tuple[CoverageCell, ...]


class SectorCount(Payload):
    """How many different young people name a sector: at least so many, a multiple of five."""

    sic_section: SicSection
    at_least: CountField


class SectorsWanted(Payload):
    """The sectors of industry that a school's pupils say they are drawn to, now.

    Suppressed where it is told: a sector named by fewer than six is left out, and the others are rounded down
    to a multiple of five, so that the difference between two events does not show one pupil's choice.
    Counted are those on the academic year's roll, each once a sector.
    """

    urn: UrnField
    academic_year: AcademicYearField
    sectors: tuple[SectorCount, ...]


DestinationCategory = Literal[
    "education", "apprenticeship", "employment", "training", "other", "neet", "not_known"
]
DestinationCategoryField = Annotated[DestinationCategory, DataClass.AGGREGATE]
SustainedCategory = Literal[
    "apprenticeship", "education", "employment", "mixed", "not_sustained", "not_captured"
]
SustainedCategoryField = Annotated[SustainedCategory, DataClass.AGGREGATE]


class DestinationsCounted(Payload):
    """Where a year group of an academic year means to go, is, and has stayed, counted.

    `on_roll` is who was there at its end (now, while it lasts). `intended` counts what was said last;
    whoever has said nothing is `not_known`. `actual` is of `on`, by category, and absent before the year
    group's last day. `sustained` follows the DfE's rule, and is absent until the destination year is over.
    NEET is never shown without not known beside it (domain rule 12).
    """

    urn: UrnField
    academic_year: AcademicYearField
    year_group: YearGroupField
    on_roll: CountField
    intended: dict[DestinationCategoryField, CountField]
    on: DateField | None = None
    actual: dict[DestinationCategoryField, CountField] = Field(default_factory=dict)
    sustained: dict[SustainedCategoryField, CountField] = Field(default_factory=dict)
