"""CloudEvents 1.0 in Kafka's binary content mode: attributes travel as `ce_*` headers, payloads as values.

Two extension attributes carry our guarantees. `sequence` is the event's place in its key's ledger, counted
from 1 without gaps: a reader that sees n+2 after n knows that it missed one. `hub` names the deployment,
so that an event of one Hub can never be taken for another's. A third one, `timeline`, is there once the
Hub was restored from a backup: an event of before, whose sequence was given a second time, is told from it.

Control messages (`hub.control`) are not in any ledger and have no sequence.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"

# 18 digits fit the 64-bit integers that sequences are stored as.
_SEQUENCE: Final = re.compile(r"[1-9][0-9]{0,17}")

Headers = list[tuple[str, bytes]]


class MalformedEnvelopeError(ValueError):
    """The headers are not those of one of our events; the message says which one is wrong."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of one event; `sequence` is None for control messages only."""

    id: str
    type: str
    source: str
    key: str
    hub: str
    time: dt.datetime
    sequence: int | None = None
    traceparent: str | None = None
    timeline: str | None = None

    def to_headers(self) -> Headers:
        """Render the attributes as Kafka headers (CloudEvents Kafka binding §3.2)."""
        headers: Headers = [
            ("content-type", CONTENT_TYPE.encode()),
            ("ce_specversion", SPEC_VERSION.encode()),
            ("ce_id", self.id.encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_subject", self.key.encode()),
            ("ce_partitionkey", self.key.encode()),
            ("ce_time", self.time.isoformat().encode()),
            ("ce_hub", self.hub.encode()),
        ]
        if self.sequence is not None:
            headers.append(("ce_sequence", str(self.sequence).encode()))
        if self.traceparent is not None:
            headers.append(("ce_traceparent", self.traceparent.encode()))
        if self.timeline is not None:
            headers.append(("ce_timeline", self.timeline.encode()))
        return headers

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> Envelope:
        """Read the attributes back; raises MalformedEnvelopeError naming the attribute that is wrong."""
        found = dict(headers)
        if _text(found, "ce_specversion") != SPEC_VERSION:
            message = f"header ce_specversion is not {SPEC_VERSION}, the version that this reader knows"
            raise MalformedEnvelopeError(message)
        return cls(
            id=_text(found, "ce_id"),
            type=_text(found, "ce_type"),
            source=_text(found, "ce_source"),
            key=_text(found, "ce_subject"),
            hub=_text(found, "ce_hub"),
            time=_time(found),
            sequence=_sequence(found) if "ce_sequence" in found else None,
            traceparent=_text(found, "ce_traceparent") if "ce_traceparent" in found else None,
            timeline=_text(found, "ce_timeline") if "ce_timeline" in found else None,
        )

    @property
    def service(self) -> str:
        """The emitting service: the last part of `source`, which is `/hubs/<hub>/<service>`."""
        return self.source.rpartition("/")[2]


def source_of(hub: str, service: str) -> str:
    """Build the `source` attribute of a service's events."""
    return f"/hubs/{hub}/{service}"


def _text(found: Mapping[str, bytes], name: str) -> str:
    if name not in found:
        message = f"header {name} is missing"
        raise MalformedEnvelopeError(message)
    try:
        text = found[name].decode()
    except (UnicodeDecodeError, AttributeError) as unreadable:
        # Kafka also carries headers without a value.
        message = f"header {name} is not UTF-8 text"
        raise MalformedEnvelopeError(message) from unreadable
    if not text:
        message = f"header {name} is empty"
        raise MalformedEnvelopeError(message)
    return text


def _time(found: Mapping[str, bytes]) -> dt.datetime:
    text = _text(found, "ce_time")
    message = "header ce_time is not a date and time with its offset from UTC"
    try:
        time = dt.datetime.fromisoformat(text)
        in_utc = time.astimezone(dt.UTC)
    except (ValueError, OverflowError) as wrong:
        raise MalformedEnvelopeError(message) from wrong
    if time.tzinfo is None:
        raise MalformedEnvelopeError(message)
    return in_utc


def _sequence(found: Mapping[str, bytes]) -> int:
    text = _text(found, "ce_sequence")
    if not _SEQUENCE.fullmatch(text):
        message = "header ce_sequence is not a whole number from 1"
        raise MalformedEnvelopeError(message)
    return int(text)
