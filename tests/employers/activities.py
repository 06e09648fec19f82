"""What `pupils` tells, for tests: series of activities recorded, corrected and retracted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contracts.pupils import (
    ActivityCorrected,
    ActivityFigures,
    ActivityRecorded,
    ActivityRetracted,
    YearGroupFigures,
)
from contracts.vocabulary import AcademicYear, ActivityId, EmployerId, Urn

URN = Urn("136500")
YEAR = AcademicYear("2025/26")
ACTIVITY = ActivityId("activity-1")
Told = ActivityRecorded | ActivityCorrected | ActivityRetracted


def figures(
    employer_id: str | None = "gpg-1",
    attended: int = 28,
    encounters: int | None = None,
    match_id: str | None = None,
) -> ActivityFigures:
    """An activity of one year group; every attendance is an encounter unless told otherwise."""
    return ActivityFigures(
        activity_type="employer_talk",
        held_on=dt.date(2026, 3, 12),
        employer_id=None if employer_id is None else EmployerId(employer_id),
        match_id=match_id,
        year_groups=(
            YearGroupFigures(
                year_group=10,
                attended=attended,
                absent=2,
                excused=0,
                encounters=attended if encounters is None else encounters,
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Tale:
    """One activity of one school, told as things happen to it."""

    urn: Urn = URN
    academic_year: AcademicYear = YEAR
    activity_id: ActivityId = ACTIVITY

    def recorded(self, activity: ActivityFigures) -> ActivityRecorded:
        return ActivityRecorded(
            urn=self.urn,
            academic_year=self.academic_year,
            activity_id=self.activity_id,
            activity=activity,
            coverage=(),
        )

    def corrected(self, before: ActivityFigures, after: ActivityFigures) -> ActivityCorrected:
        return ActivityCorrected(
            urn=self.urn,
            academic_year=self.academic_year,
            activity_id=self.activity_id,
            before=before,
            after=after,
            coverage=(),
        )

    def retracted(self, before: ActivityFigures) -> ActivityRetracted:
        return ActivityRetracted(
            urn=self.urn,
            academic_year=self.academic_year,
            activity_id=self.activity_id,
            before=before,
            coverage=(),
        )
