"""Records from the broker, put in order: whose they are, which of them are next, which are late or early.

Pure: nothing here reads or writes anything. A stream is one key of one service's ledger. Because a stream's
sequences have no gaps, comparing a record's sequence with the last one applied says all there is to say:
at or below it is a duplicate, one above it is next, anything more is early and something is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from contracts.catalogue import BY_MODEL, BY_TYPE, EVENTS, decode
from contracts.vocabulary import URN_PATTERN, Payload

H = TypeVar("H")

MAX_VALUE_BYTES: Final = 1024 * 1024
"""Nothing of ours comes near; the relay could not send more either."""
# 18 digits fit the 64-bit integers that sequences are stored as.
_SEQUENCE: Final = re.compile(rb"[1-9][0-9]{0,17}")
# As in contracts/hub.py: only such keys are ever announced.
_KEY: Final = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
_URN: Final = re.compile(URN_PATTERN)


class Stream(NamedTuple):
    """One key of one service's ledger."""

    service: str
    key: str

    def __str__(self) -> str:
        return f"{self.service}/{self.key}"


class Arrival(NamedTuple):
    """One record that claims to be an event of ours."""

    stream: Stream
    sequence: int
    type: str
    value: bytes
    traceparent: str | None
    record: Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that cannot be one of a ledger: it has no usable key, sequence, type or hub."""

    record: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader has applied a stream; `held`: the next event is parked, later ones go behind it."""

    sequence: int
    held: bool = False


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch's arrivals of one stream, compared with the cursor."""

    next: tuple[Arrival, ...] = ()
    claims: tuple[Arrival, ...] = ()
    """Of a held stream: they claim the place whose event is parked."""
    behind: tuple[Arrival, ...] = ()
    duplicates: int = 0
    early: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """The next events of one stream."""

    stream: Stream
    cursor: Cursor
    arrivals: Sequence[Arrival]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: how many were applied; the first that could not be, and why; or beaten to it."""

    applied: int
    error: str | None = None
    raced: bool = False


def read_record(
    record: Any,  # noqa: ANN401 - a Kafka client's record
    hub: str,
    topics: dict[str, str],
    timeline: str = "",
) -> Arrival | Unreadable | None:
    """Tell whose event a record is; `topics` maps a topic to the service that owns it.

    None for an event of a history that a restore has ended: its sequence is given to another one now.
    """
    headers = dict(record.headers)
    try:
        number = _SEQUENCE.fullmatch(headers["ce_sequence"])
        event_type = headers["ce_type"].decode()
        subject = headers["ce_subject"]
        source = headers["ce_source"].decode()
        foreign = headers["ce_hub"].decode() != hub
        traceparent = headers.get("ce_traceparent")
        told_on = (headers.get("ce_timeline") or b"").decode()
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        # Kafka also carries headers without a value.
        return Unreadable(record, f"its headers are not those of an event ({type(error).__name__}: {error})")
    service = topics.get(record.topic, "")
    if foreign or source != f"/hubs/{hub}/{service}":
        return Unreadable(record, "it comes from another Hub, or from a service that does not own the topic")
    if number is None or not subject or record.key != subject or not _KEY.fullmatch(subject):
        return Unreadable(record, "its record key, subject and sequence do not fit together")
    if event_type.partition(".")[0] != service:
        return Unreadable(record, "its type is not one of the service that owns the topic")
    if len(record.value or b"") > MAX_VALUE_BYTES:
        return Unreadable(record, f"its value has {len(record.value)} bytes, more than any ledger's")
    arrival = Arrival(
        Stream(service, subject.decode()),
        int(number[0]),
        event_type,
        record.value or b"",
        None if traceparent is None else traceparent.decode(errors="replace"),
        record,
    )
    return arrival if told_on == timeline else None


def group(arrivals: Iterable[Arrival]) -> dict[Stream, list[Arrival]]:
    """Put arrivals by stream, each in the order of arrival."""
    streams: dict[Stream, list[Arrival]] = {}
    for arrival in arrivals:
        streams.setdefault(arrival.stream, []).append(arrival)
    return streams


def sort_out(arrivals: Sequence[Arrival], cursor: Cursor) -> Sorted:
    """Compare a stream's arrivals with what has been applied."""
    if cursor.held:
        claims = tuple(a for a in arrivals if a.sequence == cursor.sequence + 1)
        behind = tuple(a for a in arrivals if a.sequence > cursor.sequence + 1)
        return Sorted(claims=claims, behind=behind, duplicates=len(arrivals) - len(claims) - len(behind))
    last, duplicates, early = cursor.sequence, 0, 0
    ready: list[Arrival] = []
    for arrival in arrivals:
        if arrival.sequence == last + 1:
            ready.append(arrival)
            last += 1
        elif arrival.sequence <= last:
            duplicates += 1
        else:
            early += 1
    return Sorted(next=tuple(ready), duplicates=duplicates, early=early)


class Handlers(Generic[H]):
    """What a reader does about which event: looked up by the type that a record carries, in any version."""

    def __init__(self, on: Mapping[type[Payload], H]) -> None:
        self._by_type = {event.name: on[event.model] for event in EVENTS if event.model in on}
        self._families = {_family(BY_MODEL[model].name) for model in on}

    def find(self, event_type: str) -> H | None:
        """Find the handler; None if the reader does not care for such events.

        Raises LookupError for a version that is not in the catalogue of an event that it does care for: it
        is a newer writer's, and to pass it over would lose it.
        """
        handler = self._by_type.get(event_type)
        if handler is None and _family(event_type) in self._families and event_type not in BY_TYPE:
            message = f"{event_type} is a version that this reader does not know yet"
            raise LookupError(message)
        return handler


def _family(event_type: str) -> str:
    """Strip the version from an event type."""
    return event_type.rpartition(".")[0]


def payload_of(arrival: Arrival) -> Payload:
    """Read an arrival's payload; raises ValueError if it does not fit its type or its school's stream."""
    payload = decode(arrival.type, arrival.value)
    urn = getattr(payload, "urn", None)
    if urn not in {None, arrival.stream.key} and _URN.fullmatch(arrival.stream.key):
        message = f"{arrival.type} tells of another school than the one whose stream it is in"
        raise ValueError(message)
    return payload
