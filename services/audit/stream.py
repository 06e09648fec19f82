"""What `audit` reads, on one screen: topic, event, fold.

| topic | event | fold |
|---|---|---|
| pupils.events | RollChanged | `projections.on_roll_changed` |
| pupils.events | ActivityRecorded, ActivityCorrected, ActivityRetracted | `projections.on_coverage_told` |
| pupils.events | DestinationsCounted | `projections.on_destinations_counted` |
"""

from __future__ import annotations

from typing import Final

from contracts.pupils import (
    ActivityCorrected,
    ActivityRecorded,
    ActivityRetracted,
    DestinationsCounted,
    RollChanged,
)
from contracts.topics import PUPILS
from services.audit.projections import on_coverage_told, on_destinations_counted, on_roll_changed
from services.runtime.projection import Projection

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
