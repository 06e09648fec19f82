"""Sorting records out, without I/O: whatever is shuffled, doubled or lost, each event counts once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope
from contracts.pupils import RollChanged
from services.runtime.arrivals import (
    MAX_VALUE_BYTES,
    Arrival,
    Cursor,
    Stream,
    Unreadable,
    group,
    payload_of,
    read_record,
    sort_out,
)
from tests.conftest import NOW
from tests.runtime.sample_service import OTHER_URN, URN, Record, roll

HUB = "dorset"
TOPICS = {"x.pupils.events": "pupils"}
STREAM = Stream("pupils", URN)


def record() -> Record:
    envelope = Envelope(
        id="1",
        type="pupils.roll.changed.v1",
        source=f"/hubs/{HUB}/pupils",
        key=URN,
        hub=HUB,
        time=NOW,
        sequence=7,
        traceparent="00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
    )
    return Record("x.pupils.events", URN.encode(), b"{}", envelope.to_headers())


def test_an_event_of_a_history_that_a_restore_has_ended_is_passed_over_and_rubbish_is_not() -> None:
    later = record().with_header("ce_timeline", b"b" * 32)
    assert isinstance(read_record(later, HUB, TOPICS, "b" * 32), Arrival)
    assert read_record(later, HUB, TOPICS) is None
    assert read_record(record(), HUB, TOPICS, "b" * 32) is None
    assert isinstance(read_record(later.but(topic="x.other"), HUB, TOPICS, "c" * 32), Unreadable)


def test_a_record_of_ours_is_an_arrival_with_all_its_parts() -> None:
    arrival = read_record(record(), HUB, TOPICS)
    assert isinstance(arrival, Arrival)
    assert arrival.stream == STREAM
    assert (arrival.sequence, arrival.type, arrival.value) == (7, "pupils.roll.changed.v1", b"{}")
    assert arrival.traceparent is not None
    assert arrival.record == record()


def test_a_record_without_a_trace_or_a_value_is_an_arrival_too() -> None:
    bare = record().but(value=None, headers=[h for h in record().headers if h[0] != "ce_traceparent"])
    arrival = read_record(bare, HUB, TOPICS)
    assert isinstance(arrival, Arrival)
    assert arrival.traceparent is None
    assert arrival.value == b""


NEEDED = ("ce_sequence", "ce_type", "ce_subject", "ce_source", "ce_hub")


@pytest.mark.parametrize("name", NEEDED)
def test_a_record_without_a_header_is_unreadable(name: str) -> None:
    without = record().but(headers=[h for h in record().headers if h[0] != name])
    assert isinstance(read_record(without, HUB, TOPICS), Unreadable)


@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe"])
@pytest.mark.parametrize("name", NEEDED)
def test_a_header_that_is_no_text_makes_a_record_unreadable(name: str, value: bytes | None) -> None:
    assert isinstance(read_record(record().with_header(name, value), HUB, TOPICS), Unreadable)


@pytest.mark.parametrize("name", ["ce_traceparent", "surplus"])
def test_a_header_that_is_not_needed_may_be_anything(name: str) -> None:
    for value in (None, b"", b"\xff"):
        assert isinstance(read_record(record().with_header(name, value), HUB, TOPICS), Arrival)


@pytest.mark.parametrize(
    "sequence",
    [b"seven", b"0", b"-1", b"1.5", b" 7", b"+7", b"1_0", b"007", "\u0667".encode(), b"9" * 19, b"9" * 5000],
)
def test_a_sequence_that_no_ledger_gives_makes_a_record_unreadable(sequence: bytes) -> None:
    assert isinstance(read_record(record().with_header("ce_sequence", sequence), HUB, TOPICS), Unreadable)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_hub", b"devon"),
        ("ce_source", b"/hubs/devon/pupils"),
        ("ce_source", b"/hubs/dorset/audit"),
        ("ce_source", b"pupils"),
        ("ce_type", b"audit.evaluation.completed.v1"),
        ("ce_subject", OTHER_URN.encode()),
    ],
)
def test_a_record_of_another_hub_owner_or_key_is_unreadable(name: str, value: bytes) -> None:
    assert isinstance(read_record(record().with_header(name, value), HUB, TOPICS), Unreadable)


@pytest.mark.parametrize("key", [None, b"", b"\xff", OTHER_URN.encode()])
def test_a_record_whose_key_is_not_its_subject_is_unreadable(key: bytes | None) -> None:
    assert isinstance(read_record(record().but(key=key), HUB, TOPICS), Unreadable)


@pytest.mark.parametrize("key", [None, b"", b"a/b", b"a b", b"\xff", b"x" * 65])
def test_a_key_that_no_ledger_could_announce_makes_a_record_unreadable(key: bytes | None) -> None:
    assert isinstance(
        read_record(record().with_header("ce_subject", key).but(key=key), HUB, TOPICS), Unreadable
    )


def test_a_record_of_a_topic_that_nobody_owns_is_unreadable() -> None:
    assert isinstance(read_record(record().but(topic="x.other"), HUB, TOPICS), Unreadable)


def test_a_record_that_no_relay_could_have_sent_for_its_size_is_unreadable() -> None:
    assert isinstance(read_record(record().but(value=b" " * MAX_VALUE_BYTES), HUB, TOPICS), Arrival)
    assert isinstance(read_record(record().but(value=b" " * (MAX_VALUE_BYTES + 1)), HUB, TOPICS), Unreadable)


def told(event_type: str, value: bytes, key: str = URN) -> Arrival:
    return Arrival(Stream(event_type.partition(".")[0], key), 1, event_type, value, None, None)


def test_a_payload_is_read_as_its_model() -> None:
    arrival = told("pupils.roll.changed.v1", roll(3).model_dump_json().encode())
    assert payload_of(arrival) == roll(3)
    assert isinstance(payload_of(arrival), RollChanged)


def test_a_payload_that_tells_of_another_school_than_its_stream_is_refused() -> None:
    arrival = told("pupils.roll.changed.v1", roll(3, OTHER_URN).model_dump_json().encode())
    with pytest.raises(ValueError, match="another school"):
        payload_of(arrival)


def test_a_directory_tells_of_many_schools_in_one_stream() -> None:
    listed = (
        b'{"urn": "136500", "name": "A School", "setting": "school", "lowest_year": 7, '
        b'"highest_year": 11, "has_post16": false, "district": "Dorset"}'
    )
    assert payload_of(told("employers.school.listed.v1", listed, "directory")) is not None


def arrivals(sequences: list[int]) -> list[Arrival]:
    return [Arrival(STREAM, sequence, "t", b"", None, place) for place, sequence in enumerate(sequences)]


LAST = 12
BATCHES = st.lists(st.lists(st.integers(min_value=1, max_value=LAST), max_size=20), max_size=8)


@given(batches=BATCHES, catch_up_after=st.sets(st.integers(0, 7)))
def test_any_shuffle_doubling_or_loss_ends_in_each_event_once_and_in_order(
    batches: list[list[int]], catch_up_after: set[int]
) -> None:
    cursor, applied = Cursor(0), list[int]()

    def deliver(sequences: list[int]) -> None:
        nonlocal cursor
        result = sort_out(arrivals(sequences), cursor)
        assert len(result.next) + result.duplicates + result.early == len(sequences)
        assert result.behind == ()
        applied.extend(a.sequence for a in result.next)
        cursor = Cursor(cursor.sequence + len(result.next))

    for number, batch in enumerate(batches):
        deliver(batch)
        if number in catch_up_after:
            # The ledger publishes again what follows the cursor, beside whatever else is under way.
            deliver(list(range(cursor.sequence + 1, LAST + 1)))
    deliver(list(range(cursor.sequence + 1, LAST + 1)))

    assert applied == list(range(1, LAST + 1))


@given(sequences=st.lists(st.integers(min_value=1, max_value=LAST), max_size=20), at=st.integers(0, LAST))
def test_behind_a_held_event_nothing_is_applied_and_nothing_is_dropped(sequences: list[int], at: int) -> None:
    result = sort_out(arrivals(sequences), Cursor(at, held=True))
    assert result.next == ()
    assert [a.sequence for a in result.claims] == [s for s in sequences if s == at + 1]
    assert [a.sequence for a in result.behind] == [s for s in sequences if s > at + 1]
    assert result.duplicates == len([s for s in sequences if s <= at])


def test_grouping_keeps_the_order_of_arrival_within_a_stream() -> None:
    other = Stream("pupils", OTHER_URN)
    mixed = [
        Arrival(stream, sequence, "t", b"", None, None)
        for stream, sequence in [(STREAM, 2), (other, 1), (STREAM, 1), (STREAM, 2), (other, 3)]
    ]
    assert {stream: [a.sequence for a in found] for stream, found in group(mixed).items()} == {
        STREAM: [2, 1, 2],
        other: [1, 3],
    }
