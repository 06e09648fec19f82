"""What `employers` reads, on one screen: topic, event, handler.

| topic | event | handler |
|---|---|---|
| pupils.events | ActivityRecorded | `projections.count_recorded` |
| pupils.events | ActivityCorrected | `projections.count_corrected` |
| pupils.events | ActivityRetracted | `projections.count_retracted` |
| pupils.events | ActivityRecorded | `reactions.on_activity_recorded` |
| pupils.events | ActivityCorrected | `reactions.on_activity_corrected` |
| pupils.events | ActivityRetracted | `reactions.on_activity_retracted` |
| pupils.events | RollChanged | `projections.signals.on_roll_changed` |
| pupils.events | ActivityRecorded, -Corrected, -Retracted | `projections.signals.on_coverage_told` |
| pupils.events | SectorsWanted | `projections.signals.on_sectors_wanted` |
| audit.events | EvaluationCompleted, EvaluationShared | `projections.signals.on_evaluation_told` |
| audit.events | EvaluationSuperseded, EvaluationUnshared | `projections.signals.on_evaluation_gone` |
"""

from __future__ import annotations

from typing import Final

from contracts.audit import (
    EvaluationCompleted,
    EvaluationShared,
    EvaluationSuperseded,
    EvaluationUnshared,
)
from contracts.pupils import (
    ActivityCorrected,
    ActivityRecorded,
    ActivityRetracted,
    RollChanged,
    SectorsWanted,
)
from contracts.topics import AUDIT, PUPILS
from services.employers.projections import count_corrected, count_recorded, count_retracted
from services.employers.projections.signals import (
    on_coverage_told,
    on_evaluation_gone,
    on_evaluation_told,
    on_roll_changed,
    on_sectors_wanted,
)
from services.employers.reactions import (
    on_activity_corrected,
    on_activity_recorded,
    on_activity_retracted,
)
from services.runtime.projection import Projection
from services.runtime.reaction import Reaction

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
SIGNALS: Final = Projection(
    name="signals",
    version=1,
    topics=(PUPILS, AUDIT),
    on={
        RollChanged: on_roll_changed,
        ActivityRecorded: on_coverage_told,
        ActivityCorrected: on_coverage_told,
        ActivityRetracted: on_coverage_told,
        SectorsWanted: on_sectors_wanted,
        EvaluationCompleted: on_evaluation_told,
        EvaluationShared: on_evaluation_told,
        EvaluationSuperseded: on_evaluation_gone,
        EvaluationUnshared: on_evaluation_gone,
    },
)
COMPLETED_MATCHES: Final = Reaction(
    name="completed_matches",
    version=1,
    topics=(PUPILS,),
    on={
        ActivityRecorded: on_activity_recorded,
        ActivityCorrected: on_activity_corrected,
        ActivityRetracted: on_activity_retracted,
    },
)
