"""Event type <-> payload model <-> topic: the one table of everything that travels.

`EVENTS` is the list to read. A type is `<service>.<thing>.<past tense>.v<version>`. When a payload must
change its meaning, add a new version beside the old one and an upcaster that turns the old JSON into the
new: readers then only ever see the newest model, whatever the ledger holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from contracts import audit, employers, hub, pupils
from contracts.topics import AUDIT, CONTROL, EMPLOYERS, PUPILS, TopicCard
from contracts.vocabulary import Payload

Json = dict[str, Any]


class UnknownEventError(LookupError):
    """No event of this type is in the catalogue."""


class MalformedPayloadError(ValueError):
    """The value does not fit its type's model; the message names the fields, never their contents."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the catalogue; `name` is the event type.

    `upcast` is for an old version alone: it turns that version's JSON into the JSON of the newest model.
    """

    name: str
    model: type[Payload]
    topic: TopicCard
    upcast: Callable[[Json], Json] | None = None


EVENTS: Final[tuple[Event, ...]] = (
    Event("pupils.roll.changed.v1", pupils.RollChanged, PUPILS),
    Event("pupils.activity.recorded.v1", pupils.ActivityRecorded, PUPILS),
    Event("pupils.activity.corrected.v1", pupils.ActivityCorrected, PUPILS),
    Event("pupils.activity.retracted.v1", pupils.ActivityRetracted, PUPILS),
    Event("pupils.sectors.wanted.v1", pupils.SectorsWanted, PUPILS),
    Event("pupils.destinations.counted.v1", pupils.DestinationsCounted, PUPILS),
    Event("audit.evaluation.completed.v1", audit.EvaluationCompleted, AUDIT),
    Event("audit.evaluation.superseded.v1", audit.EvaluationSuperseded, AUDIT),
    Event("audit.evaluation.shared.v1", audit.EvaluationShared, AUDIT),
    Event("audit.evaluation.unshared.v1", audit.EvaluationUnshared, AUDIT),
    Event("audit.plan.progressed.v1", audit.PlanProgressed, AUDIT),
    Event("employers.school.listed.v1", employers.SchoolListed, EMPLOYERS),
    Event("employers.employer.listed.v1", employers.EmployerListed, EMPLOYERS),
    Event("employers.adviser-relationship.changed.v1", employers.AdviserRelationshipChanged, EMPLOYERS),
    Event("employers.offer.listed.v1", employers.OfferListed, EMPLOYERS),
    Event("employers.need.raised.v1", employers.NeedRaised, EMPLOYERS),
    Event("employers.match.changed.v1", employers.MatchChanged, EMPLOYERS),
    Event("hub.ledger-heads.announced.v1", hub.LedgerHeadsAnnounced, CONTROL),
    Event("hub.catch-up.requested.v1", hub.CatchUpRequested, CONTROL),
)

BY_TYPE: Final[Mapping[str, Event]] = MappingProxyType({event.name: event for event in EVENTS})
BY_MODEL: Final[Mapping[type[Payload], Event]] = MappingProxyType(
    {event.model: event for event in EVENTS if event.upcast is None}
)


def event_of(payload: Payload) -> Event:
    """Find the row of a payload that is about to be told; raises UnknownEventError for a part of one."""
    try:
        return BY_MODEL[type(payload)]
    except KeyError:
        message = f"{type(payload).__name__} is not an event; add it to contracts/catalogue.py"
        raise UnknownEventError(message) from None


def decode(event_type: str, value: bytes) -> Payload:
    """Read a value as the newest model of its type.

    Raises UnknownEventError for a type that is not in the catalogue and MalformedPayloadError for a value
    that is not JSON or does not fit.
    """
    event = BY_TYPE.get(event_type)
    if event is None:
        raise UnknownEventError(event_type)
    try:
        if event.upcast is None:
            return event.model.model_validate_json(value)
        return event.model.model_validate(event.upcast(json.loads(value)))
    except ValidationError as invalid:
        where = ", ".join(
            f"{'.'.join(map(str, error['loc'])) or 'value'}: {error['type']}"
            for error in invalid.errors(include_input=False, include_url=False, include_context=False)[:5]
        )
        message = f"{event_type} does not fit its model ({where})"
        raise MalformedPayloadError(message) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as wrong:
        # What `json.loads` raises for bytes that are no JSON, and an upcaster for JSON of another shape.
        message = f"{event_type} cannot be read ({type(wrong).__name__})"
        raise MalformedPayloadError(message) from None
