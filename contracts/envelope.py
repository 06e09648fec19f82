"""CloudEvents 1.0 in Kafka's binary content mode: attributes travel as `ce_*` headers, the value is the payload.

Two extension attributes carry our guarantees. `sequence` is the event's place in its key's ledger, counted
from 1 without gaps: a reader that sees n+2 after n knows that it missed one. `hub` names the deployment,
so that an event of one Hub can never be taken for another's.

Control messages (`hub.control`) are not in any ledger and have no sequence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"

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
        return headers

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> Envelope:
        """Read the attributes back; raises MalformedEnvelopeError naming the attribute that is wrong."""
        found = dict(headers)
        try:
            if found["ce_specversion"] != SPEC_VERSION.encode():
                message = f"ce_specversion is {found['ce_specversion']!r}, this reader knows {SPEC_VERSION}"
                raise MalformedEnvelopeError(message)
            sequence = found.get("ce_sequence")
            traceparent = found.get("ce_traceparent")
            return cls(
                id=found["ce_id"].decode(),
                type=found["ce_type"].decode(),
                source=found["ce_source"].decode(),
                key=found["ce_subject"].decode(),
                hub=found["ce_hub"].decode(),
                time=dt.datetime.fromisoformat(found["ce_time"].decode()),
                sequence=None if sequence is None else _positive(sequence),
                traceparent=None if traceparent is None else traceparent.decode(),
            )
        except KeyError as missing:
            message = f"header {missing.args[0]} is missing"
            raise MalformedEnvelopeError(message) from missing
        except (UnicodeDecodeError, AttributeError) as unreadable:
            message = "a ce_ header is not UTF-8 text"
            raise MalformedEnvelopeError(message) from unreadable
        except ValueError as wrong:
            raise MalformedEnvelopeError(str(wrong)) from wrong

    @property
    def service(self) -> str:
        """The emitting service: the last part of `source`, which is `/hubs/<hub>/<service>`."""
        return self.source.rpartition("/")[2]


def source_of(hub: str, service: str) -> str:
    """Build the `source` attribute of a service's events."""
    return f"/hubs/{hub}/{service}"


def _positive(text: bytes) -> int:
    if not text.isdigit() or int(text) < 1:
        message = f"ce_sequence is {text!r}, not a whole number from 1"
        raise MalformedEnvelopeError(message)
    return int(text)
