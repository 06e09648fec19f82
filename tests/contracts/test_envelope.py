"""Envelopes: what goes into the headers comes out again, and what is malformed is named."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope, MalformedEnvelopeError, source_of

# Whatever UTF-8 can carry; an attribute is never empty (CloudEvents 1.0, "REQUIRED Attributes").
TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
# A day from either end, so that every offset leaves the time within the calendar.
TIMES: Final = st.datetimes(
    min_value=dt.datetime(1, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
    max_value=dt.datetime(9999, 12, 30),  # noqa: DTZ001 - as above
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)
ENVELOPE: Final = Envelope(
    id="c7f4b9de-2f0b-4a44-8d2a-61c7f0a3b512",
    type="pupils.activity.recorded.v1",
    source="/hubs/dorset/pupils",
    key="136206",
    hub="dorset",
    time=dt.datetime(2025, 10, 8, 13, 5, 22, tzinfo=dt.UTC),
    sequence=7,
    traceparent="00-b90d4f2c81e64f33a7c5520e9f1d6b84-51c7e2a90b3f4d68-01",
)
REQUIRED: Final = ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_hub")
MALFORMED: Final[tuple[tuple[str, bytes | None, str], ...]] = (
    ("ce_specversion", b"0.3", "is not 1.0"),
    ("ce_specversion", b"1.0.2", "is not 1.0"),
    ("ce_time", b"yesterday", "is not a date and time with its offset"),
    ("ce_time", b"2025-10-08", "is not a date and time with its offset"),
    ("ce_time", b"2025-10-08T13:05:22", "is not a date and time with its offset"),
    ("ce_time", b"2025-02-29T13:05:22Z", "is not a date and time with its offset"),
    ("ce_time", b"9999-12-31T23:59:59-01:00", "is not a date and time with its offset"),
    ("ce_sequence", b"0", "is not a whole number from 1"),
    ("ce_sequence", b"-1", "is not a whole number from 1"),
    ("ce_sequence", b"1.0", "is not a whole number from 1"),
    ("ce_sequence", b" 1", "is not a whole number from 1"),
    ("ce_sequence", b"1_000", "is not a whole number from 1"),
    ("ce_sequence", "\N{ARABIC-INDIC DIGIT ONE}".encode(), "is not a whole number from 1"),
    ("ce_sequence", b"9" * 5000, "is not a whole number from 1"),
    ("ce_sequence", b"", "is empty"),
    ("ce_traceparent", b"\xff", "is not UTF-8 text"),
    *((name, b"\xff", "is not UTF-8 text") for name in REQUIRED),
    *((name, None, "is not UTF-8 text") for name in REQUIRED),
    *((name, b"", "is empty") for name in REQUIRED),
)


@given(
    st.builds(
        Envelope,
        id=TEXT,
        type=TEXT,
        source=TEXT,
        key=TEXT,
        hub=TEXT,
        time=TIMES,
        sequence=st.none() | st.integers(1, 10**18 - 1),
        traceparent=st.none() | TEXT,
    )
)
def test_an_envelope_comes_back_from_its_headers(envelope: Envelope) -> None:
    read = Envelope.from_headers(envelope.to_headers())

    assert read == envelope
    assert read.time.tzinfo is dt.UTC


def test_headers_are_cloud_events_in_binary_mode() -> None:
    assert dict(ENVELOPE.to_headers()) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": b"c7f4b9de-2f0b-4a44-8d2a-61c7f0a3b512",
        "ce_type": b"pupils.activity.recorded.v1",
        "ce_source": b"/hubs/dorset/pupils",
        "ce_subject": b"136206",
        "ce_partitionkey": b"136206",
        "ce_time": b"2025-10-08T13:05:22+00:00",
        "ce_hub": b"dorset",
        "ce_sequence": b"7",
        "ce_traceparent": b"00-b90d4f2c81e64f33a7c5520e9f1d6b84-51c7e2a90b3f4d68-01",
    }


def test_headers_that_are_not_ours_are_passed_over() -> None:
    more = [("correlation_id", b"\xff"), ("ce_dataschema", b"later")]

    assert Envelope.from_headers([*more, *ENVELOPE.to_headers()]) == ENVELOPE


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_header_is_named(name: str) -> None:
    headers = [header for header in ENVELOPE.to_headers() if header[0] != name]

    with pytest.raises(MalformedEnvelopeError, match=f"^header {name} is missing$"):
        Envelope.from_headers(headers)


@pytest.mark.parametrize(("name", "value", "problem"), MALFORMED, ids=lambda part: str(part)[:30])
def test_a_malformed_header_is_named_without_its_contents(name: str, value: bytes, problem: str) -> None:
    headers = dict(ENVELOPE.to_headers()) | {name: value}

    with pytest.raises(MalformedEnvelopeError, match=f"^header {name} {problem}") as raised:
        Envelope.from_headers(headers.items())
    assert not value or repr(value) not in str(raised.value)


def test_a_time_with_another_offset_is_read_as_utc() -> None:
    headers = dict(ENVELOPE.to_headers()) | {"ce_time": b"2025-10-08T14:05:22+01:00"}

    read = Envelope.from_headers(headers.items())

    assert read.time.isoformat() == "2025-10-08T13:05:22+00:00"


def test_a_source_names_the_hub_and_the_service() -> None:
    assert source_of("dorset", "pupils") == ENVELOPE.source
    assert ENVELOPE.service == "pupils"
