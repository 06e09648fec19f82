"""What `audit` reads, on one screen: topic, event, fold or handler.

| topic | event | fold |
|---|---|---|
| pupils.events | RollChanged | `projections.on_roll_changed` |
| pupils.events | ActivityRecorded, ActivityCorrected, ActivityRetracted | `projections.on_coverage_told` |
| pupils.events | DestinationsCounted | `projections.on_destinations_counted` |
| employers.events | SchoolListed | `services.web.schools.on_school_listed` |
"""

from __future__ import annotations

from typing import Final

from contracts.employers import SchoolListed
from contracts.pupils import (
    ActivityCorrected,
    ActivityRecorded,
    ActivityRetracted,
    DestinationsCounted,
    RollChanged,
)
from contracts.topics import EMPLOYERS, PUPILS
from services.audit.projections import on_coverage_told, on_destinations_counted, on_roll_changed
from services.runtime.projection import Projection
from services.runtime.reaction import Reaction
from services.web.schools import on_school_listed

LISTED_SCHOOLS: Final = Reaction(
    name="listed_schools",
    version=1,
    topics=(EMPLOYERS,),
    on={SchoolListed: on_school_listed},
)

SCHOOL_RECORDS: Final = Projection(
    name="school_records",
    version=1,
    topics=(PUPILS,),
    on={
        RollChanged: on_roll_changed,
        ActivityRecorded: on_coverage_told,
        ActivityCorrected: on_coverage_told,
        ActivityRetracted: on_coverage_told,
        DestinationsCounted: on_destinations_counted,
    },
)
