"""Records that no relay of ours would send. Garbage belongs to no stream; impostors claim a place in one."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from contracts.envelope import Envelope, Headers, source_of
from contracts.topics import PUPILS
from services.runtime.broker import topic_name
from services.runtime.settings import Settings
from tests.faults.injection import Raw

RECORDED: Final = "pupils.activity.recorded.v1"
FROM_THE_FUTURE: Final = "pupils.activity.recorded.v99"
BROKEN_JSON: Final = b'{"urn": "'
MEBIBYTE: Final = 1024 * 1024
FAR_AHEAD: Final = 1_000_000


def garbage(settings: Settings, urn: str, other: str) -> dict[str, Raw]:
    """Records that cannot be an event of this Hub, by what is wrong with them; `other` is another school."""
    hub, topic = settings.hub_id, topic_name(settings, PUPILS)
    key = urn.encode()
    good = _headers(hub, urn, 1)
    return {
        "no headers": Raw(topic, key, BROKEN_JSON, []),
        "no key": Raw(topic, None, b"{}", good),
        "no value and no headers": Raw(topic, key, None, []),
        "another school in the header": Raw(topic, key, b"{}", _headers(hub, other, 1)),
        "another hub": Raw(topic, key, b"{}", _headers("elsewhere", urn, 1)),
        "another service": Raw(topic, key, b"{}", _with(good, "ce_source", f"/hubs/{hub}/audit".encode())),
        "another service's type": Raw(
            topic, key, b"{}", _with(good, "ce_type", b"audit.evaluation.completed.v1")
        ),
        "a sequence that is no number": Raw(topic, key, b"{}", _with(good, "ce_sequence", b"one")),
        "a sequence below one": Raw(topic, key, b"{}", _with(good, "ce_sequence", b"0")),
        "headers that are no text": Raw(topic, key, b"{}", _with(good, "ce_subject", b"\xff\xfe")),
    }


def huge(settings: Settings, urn: str, mebibytes: int) -> Raw:
    """A record that claims to be an event far ahead, and is larger than any of ours."""
    value = b'{"urn": "' + b"x" * (mebibytes * MEBIBYTE) + b'"}'
    return Raw(topic_name(settings, PUPILS), urn.encode(), value, _headers(settings.hub_id, urn, FAR_AHEAD))


def impostor(settings: Settings, urn: str, sequence: int, event_type: str, value: bytes) -> Raw:
    """A record that claims a place in a school's stream which belongs to another one."""
    headers = _with(_headers(settings.hub_id, urn, sequence), "ce_type", event_type.encode())
    return Raw(topic_name(settings, PUPILS), urn.encode(), value, headers)


def _headers(hub: str, urn: str, sequence: int) -> Headers:
    return Envelope(
        id=str(uuid.uuid4()),
        type=RECORDED,
        source=source_of(hub, "pupils"),
        key=urn,
        hub=hub,
        time=dt.datetime.now(dt.UTC),
        sequence=sequence,
    ).to_headers()


def _with(headers: Headers, name: str, value: bytes) -> Headers:
    return [(known, value if known == name else before) for known, before in headers]
