"""Events as the relay sends them, made beforehand: for the projector, which must not wait for an API."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from typing import Final

from contracts.catalogue import event_of
from contracts.envelope import Envelope, source_of
from contracts.pupils import ActivityFigures, ActivityRecorded, CoverageCell, YearGroupFigures
from contracts.vocabulary import AcademicYear, ActivityId, Urn
from services.runtime.broker import Message

# A Hub has 20 to 40 schools; 40 make the most streams that a batch has to be sorted into.
SCHOOLS: Final = tuple(Urn(str(136_500 + number)) for number in range(40))
HELD_ON: Final = dt.date(2025, 11, 3)
TOLD_AT: Final = dt.datetime(2025, 11, 4, 9, 30, tzinfo=dt.UTC)


def ledger_messages(hub: str, events: int) -> Iterator[Message]:
    """Yield events of the `pupils` ledger in the order of a busy day: each school's in sequence, mixed."""
    for place in range(events):
        urn = SCHOOLS[place % len(SCHOOLS)]
        payload = _recorded(urn, place)
        envelope = Envelope(
            id=str(uuid.UUID(int=place)),
            type=event_of(payload).name,
            source=source_of(hub, "pupils"),
            key=urn,
            hub=hub,
            time=TOLD_AT,
            sequence=place // len(SCHOOLS) + 1,
        )
        yield Message(urn.encode(), payload.model_dump_json().encode(), envelope.to_headers())


def mean_size(messages: Sequence[Message]) -> float:
    """Average the bytes of the values."""
    return sum(len(message.value) for message in messages) / len(messages)


def _recorded(urn: Urn, place: int) -> ActivityRecorded:
    year_group = 7 + place % 7
    attended = 100 + place % 90
    return ActivityRecorded(
        urn=urn,
        academic_year=AcademicYear("2025/26"),
        activity_id=ActivityId(f"{place:032x}"),
        activity=ActivityFigures(
            activity_type="employer_talk",
            held_on=HELD_ON,
            year_groups=(
                YearGroupFigures(
                    year_group=year_group,
                    attended=attended,
                    absent=3,
                    excused=1,
                    encounters=attended,
                    credits={"gb5": attended, "gb2": attended},
                ),
            ),
        ),
        coverage=(
            CoverageCell(year_group=year_group, benchmark="gb2", reached=attended),
            CoverageCell(year_group=year_group, benchmark="gb5", reached=attended),
        ),
    )
