"""What `employers` reads, on one screen: topic, event, handler.

| topic | event | handler |
|---|---|---|
| pupils.events | ActivityRecorded | `projections.count_recorded` |
| pupils.events | ActivityCorrected | `projections.count_corrected` |
| pupils.events | ActivityRetracted | `projections.count_retracted` |
| pupils.events | SectorsWanted | `projections.keep_sectors` |
"""

from __future__ import annotations

from typing import Final

from contracts.pupils import ActivityCorrected, ActivityRecorded, ActivityRetracted, SectorsWanted
from contracts.topics import PUPILS
from services.employers.projections import (
    count_corrected,
    count_recorded,
    count_retracted,
    keep_sectors,
)
from services.runtime.projection import Projection

ENGAGEMENT: Final = Projection(
    name="engagement",
    version=1,
    topics=(PUPILS,),
    on={
        ActivityRecorded: count_recorded,
        ActivityCorrected: count_corrected,
        ActivityRetracted: count_retracted,
    },
)
WANTED_SECTORS: Final = Projection(
    name="wanted_sectors", version=1, topics=(PUPILS,), on={SectorsWanted: keep_sectors}
)
