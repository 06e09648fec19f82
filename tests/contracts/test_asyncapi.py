"""The committed AsyncAPI document is generated, says what the cards say, and fits what really travels."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker, ValidationError

from contracts.catalogue import EVENTS, Event
from contracts.envelope import Envelope
from contracts.topics import ALL_TOPICS, CONTROL, TopicCard
from tests.contracts.published import PUBLISHED, REGENERATE, GoldenMessage, Json, asyncapi_of

MESSAGES: Final = PUBLISHED.messages()
WORD: Final = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@cache
def committed() -> Json:
    """Read the committed document."""
    return dict(json.loads(PUBLISHED.asyncapi.read_text(encoding="utf-8")))


def validator_of(event_type: str, part: str) -> Draft7Validator:
    """Make a validator of a message's `headers` or `payload`; references count from the document's root."""
    reference = {"$ref": f"#/components/messages/{event_type}/{part}"}
    return Draft7Validator({**committed(), **reference}, format_checker=FormatChecker())


def sent(envelope: Envelope) -> dict[str, str]:
    """Give an envelope's headers as text."""
    return {name: value.decode() for name, value in envelope.to_headers()}


def test_the_committed_document_is_what_cards_and_catalogue_give() -> None:
    assert committed() == asyncapi_of(PUBLISHED), (
        f"cards, catalogue or schemas have changed. Run: {REGENERATE}"
    )


@pytest.mark.parametrize("card", ALL_TOPICS, ids=lambda card: card.name)
def test_a_channel_says_all_that_its_card_says(card: TopicCard) -> None:
    channel = committed()["channels"][card.name]
    kafka = channel["bindings"]["kafka"]

    assert channel["address"] == kafka["topic"] == card.name
    assert channel["summary"] == card.about
    assert (channel["x-owner"], channel["x-readers"]) == (card.owner, list(card.readers))
    assert channel["x-key"] == card.key
    assert channel["x-personal-data"] == "none"
    assert kafka["partitions"] == card.partitions
    assert kafka["topicConfiguration"] == {"retention.ms": card.retention_ms}
    for said in (f"Owner: {card.owner}.", f"Key: {card.key}.", "Personal data: none.", *card.readers):
        assert said in channel["description"]


@pytest.mark.parametrize("card", ALL_TOPICS, ids=lambda card: card.name)
def test_the_owner_sends_and_each_reader_receives_every_message_of_a_channel(card: TopicCard) -> None:
    of_channel = [
        operation
        for operation in committed()["operations"].values()
        if operation["channel"] == {"$ref": f"#/channels/{card.name}"}
    ]
    messages = [
        {"$ref": f"#/channels/{card.name}/messages/{event.name}"} for event in EVENTS if event.topic is card
    ]

    assert [operation["action"] for operation in of_channel] == ["send", *("receive" for _ in card.readers)]
    assert all(operation["messages"] == messages for operation in of_channel)


def test_every_reference_leads_somewhere() -> None:
    references = list(references_of(committed()))

    assert references
    for reference in references:
        found: Any = committed()
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def references_of(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from (value for name, value in tree.items() if name == "$ref")
        yield from (found for part in tree.values() for found in references_of(part))
    if isinstance(tree, list):
        yield from (found for part in tree for found in references_of(part))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.place)
def test_a_golden_message_fits_the_document(message: GoldenMessage) -> None:
    headers = {name: value.decode() for name, value in message.headers}

    validator_of(message.type, "headers").validate(headers)
    validator_of(message.type, "payload").validate(message.value)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_headers_of_any_envelope_fit_the_document(event: Event) -> None:
    validator = validator_of(event.name, "headers")
    sequences = st.none() if event.topic is CONTROL else st.integers(1, 10**18 - 1)

    @settings(max_examples=25, deadline=None)
    @given(st.uuids(), WORD, st.datetimes(timezones=st.just(dt.UTC)), sequences, st.none() | WORD)
    def fit(
        identity: object, hub: str, time: dt.datetime, sequence: int | None, traceparent: str | None
    ) -> None:
        source = f"/hubs/{hub}/pupils"
        envelope = Envelope(str(identity), event.name, source, "136850", hub, time, sequence, traceparent)
        validator.validate(sent(envelope))

    fit()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_document_describes_every_header_that_is_sent_and_no_other(event: Event) -> None:
    sequence = None if event.topic is CONTROL else 1
    now = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)
    envelope = Envelope(
        "1", event.name, "/hubs/dorset/pupils", "136850", "dorset", now, sequence, "00", "a" * 32
    )
    [shared, _] = committed()["components"]["messages"][event.name]["headers"]["allOf"]
    described = committed()["components"]["schemas"][shared["$ref"].rpartition("/")[2]]

    assert described["properties"].keys() == sent(envelope).keys()
    assert set(described["required"]) == sent(envelope).keys() - {"ce_traceparent", "ce_timeline"}


@pytest.mark.parametrize(
    "spoiled",
    [{"ce_type": "pupils.roll.changed.v2"}, {"ce_specversion": "0.3"}, {"ce_sequence": "0"}, {"ce_hub": ""}],
    ids=str,
)
def test_a_spoiled_header_does_not_fit_the_document(spoiled: dict[str, str]) -> None:
    message = next(message for message in MESSAGES if message.type == "pupils.roll.changed.v1")
    headers = {name: value.decode() for name, value in message.headers} | spoiled

    with pytest.raises(ValidationError):
        validator_of(message.type, "headers").validate(headers)
