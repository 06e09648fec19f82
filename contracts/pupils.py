"""What `pupils` tells: that activities happened and whom they reached, in numbers. Never a pupil.

The figures of an activity are counts per year group. `coverage` is absolute ("so many different pupils of
Year 10 have been reached for gb5 this academic year, now"), so a reader need not know who they are, and a
correction is one message that carries the figures before and after.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.vocabulary import (
    AcademicYearField,
    ActivityIdField,
    CountField,
    CreditedBenchmarkField,
    DataClass,
    DateField,
    EmployerIdField,
    Payload,
    UrnField,
    YearGroupField,
)

ActivityTypeField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$"), DataClass.INSTITUTIONAL]
"""A code of the activity types' rule file, such as `employer_talk`."""


class YearGroupRoll(Payload):
    """How many pupils of a year group are on roll."""

    year_group: YearGroupField
    on_roll: CountField


class CoverageCell(Payload):
    """Different pupils of a year group reached for a benchmark this academic year, after this event."""

    year_group: YearGroupField
    benchmark: CreditedBenchmarkField
    reached: CountField


class RollChanged(Payload):
    """A school's roll for an academic year was imported and differs from what was known.

    `year_groups` lists every year group with its pupils now; one that is absent has none. `coverage` holds
    the cells that the change moved: a pupil who leaves takes the credits along.
    """

    urn: UrnField
    academic_year: AcademicYearField
    year_groups: tuple[YearGroupRoll, ...]
    coverage: tuple[CoverageCell, ...] = ()


class YearGroupFigures(Payload):
    """What one activity meant for one year group.

    `encounters` counts participations that pass the meaningful tests of gb5 or gb7, each once; `credits`
    counts participations per benchmark that they count for.
    """

    year_group: YearGroupField
    attended: CountField
    absent: CountField
    excused: CountField
    encounters: CountField
    credits: dict[CreditedBenchmarkField, CountField] = Field(default_factory=dict)


class ActivityFigures(Payload):
    """An activity as the Hub may know it."""

    activity_type: ActivityTypeField
    held_on: DateField
    employer_id: EmployerIdField | None = None
    year_groups: tuple[YearGroupFigures, ...]


class ActivityRecorded(Payload):
    """A school recorded an activity with its attendance, for the first time."""

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
    """A recorded activity did not happen; `before` leaves every count."""

    urn: UrnField
    academic_year: AcademicYearField
    activity_id: ActivityIdField
    before: ActivityFigures
    coverage: tuple[CoverageCell, ...]
