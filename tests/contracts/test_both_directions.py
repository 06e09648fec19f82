"""Old and new services understand each other: today's readers the old messages, old readers today's.

An old reader is stood for by its published schema, a new one by the catalogue.
"""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from contracts.catalogue import BY_TYPE, EVENTS, Event, decode
from contracts.envelope import Envelope
from contracts.evolution import Schema, schema_of
from tests.contracts.published import PUBLISHED, GoldenMessage, as_bytes
from tests.contracts.schema_values import values

NEWEST: Final = [event for event in EVENTS if event.upcast is None]
MESSAGES: Final = PUBLISHED.messages()
# No deadline: the first example of a type pays for building its strategy, on whatever machine.
THOROUGH: Final = settings(max_examples=25, deadline=None)


def published_schema(event_type: str) -> Schema:
    """Read a type's published schema, which must be there."""
    schema = PUBLISHED.schema(event_type)
    assert schema is not None, f"{event_type} has no published schema"
    return schema


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.place)
def test_a_new_reader_reads_the_golden_messages_of_every_release(message: GoldenMessage) -> None:
    envelope = Envelope.from_headers(message.headers)
    payload = decode(envelope.type, message.value_bytes())

    read = json.loads(payload.model_dump_json())
    assert envelope.type == message.type
    assert isinstance(payload, BY_TYPE[message.type].model)
    if BY_TYPE[message.type].upcast is None:
        assert kept(message.value, read) == message.value


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.place)
def test_an_old_reader_reads_golden_messages_with_a_later_field(message: GoldenMessage) -> None:
    value = message.value_bytes(added_in_a_later_release={"reached": 1})

    assert decode(message.type, value) == decode(message.type, message.value_bytes())
    Draft202012Validator(published_schema(message.type)).validate(json.loads(value))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_a_new_reader_reads_whatever_an_old_writer_may_have_written(event: Event) -> None:
    @THOROUGH
    @given(values(published_schema(event.name)))
    def is_read(value: dict[str, object]) -> None:
        assert isinstance(decode(event.name, as_bytes(value)), event.model)

    is_read()


@pytest.mark.parametrize("event", NEWEST, ids=lambda event: event.name)
def test_an_old_reader_reads_whatever_a_new_writer_may_write(event: Event) -> None:
    old_reader = Draft202012Validator(published_schema(event.name), format_checker=FormatChecker())

    @THOROUGH
    @given(payloads(event))
    def is_read(written: bytes) -> None:
        old_reader.validate(json.loads(written))

    is_read()


@pytest.mark.parametrize("event", NEWEST, ids=lambda event: event.name)
def test_what_is_written_is_read_back_unchanged(event: Event) -> None:
    @THOROUGH
    @given(payloads(event))
    def is_unchanged(written: bytes) -> None:
        assert decode(event.name, written).model_dump_json().encode() == written

    is_unchanged()


def payloads(event: Event) -> st.SearchStrategy[bytes]:
    """Draw what today's writer may write: any payload of the model, as the services dump it."""
    drawn = values(schema_of(event.model)).map(event.model.model_validate)
    return drawn.map(lambda payload: payload.model_dump_json().encode())


def kept(pattern: object, found: object) -> object:
    """Cut from what was read what the message already said; fields of later releases fall away."""
    match pattern, found:
        case dict(), dict():
            return {name: kept(part, found.get(name)) for name, part in pattern.items()}
        case list(), list() if len(pattern) == len(found):
            return [kept(part, other) for part, other in zip(pattern, found, strict=True)]
        case _:
            return found
