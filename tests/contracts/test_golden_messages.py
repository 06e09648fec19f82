"""Golden messages: one at least for every type and every field, as they travel, and never edited."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from contracts.catalogue import BY_TYPE, EVENTS, Event
from contracts.envelope import Envelope
from contracts.evolution import Schema, inlined
from contracts.topics import CONTROL
from tests.contracts.published import PUBLISHED, REGENERATE, GoldenMessage, Published
from tests.contracts.regenerate import digest_problems

MESSAGES: Final = PUBLISHED.messages()
PLACE: Final = re.compile(r"[a-z.-]+\.v[0-9]+/[0-9]+\.[0-9]+\.[0-9]+-[a-z0-9-]+\.json")


@pytest.fixture
def copy(tmp_path: Path) -> Published:
    """The published files, to be spoiled."""
    shutil.copytree(PUBLISHED.examples, tmp_path / "examples")
    return Published(tmp_path)


def test_no_golden_message_has_been_edited_or_removed() -> None:
    assert PUBLISHED.listed_digests()
    assert digest_problems(PUBLISHED) == []


def test_every_golden_message_is_pinned() -> None:
    loose = PUBLISHED.digests().keys() - PUBLISHED.listed_digests().keys()

    assert not loose, f"not in DIGESTS: {sorted(loose)}. Run: {REGENERATE}"


def test_an_edit_of_a_single_figure_is_caught(copy: Published) -> None:
    place = MESSAGES[0].place
    path = copy.examples / place
    path.write_text(re.sub(r'"ce_sequence": "1"', '"ce_sequence": "2"', path.read_text(encoding="utf-8")))

    [problem] = digest_problems(copy)
    assert problem.startswith(f"{place} was edited")


def test_a_removed_golden_message_is_caught(copy: Published) -> None:
    (copy.examples / MESSAGES[0].place).unlink()

    [problem] = digest_problems(copy)
    assert problem.startswith(f"{MESSAGES[0].place} was removed")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.place)
def test_a_golden_message_is_named_by_its_type_and_release(message: GoldenMessage) -> None:
    assert PLACE.fullmatch(message.place)
    assert message.type in BY_TYPE


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.place)
def test_a_golden_message_travels_as_its_topic_demands(message: GoldenMessage) -> None:
    card = BY_TYPE[message.type].topic
    envelope = Envelope.from_headers(message.headers)

    assert message.topic == card.name
    assert dict(message.headers)["ce_partitionkey"].decode() == envelope.key == message.key
    assert envelope.source == f"/hubs/{envelope.hub}/{envelope.service}"
    if card is CONTROL:
        assert envelope.sequence is None
    else:
        assert envelope.sequence is not None
        assert envelope.service == card.owner


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_field_of_a_type_appears_in_one_of_its_golden_messages(event: Event) -> None:
    schema = PUBLISHED.schema(event.name)
    assert schema is not None
    wanted = set(places_of(inlined(schema)))
    shown = {place for message in MESSAGES if message.type == event.name for place in shown_by(message.value)}

    missing = sorted(wanted - shown)
    assert not missing, f"add a golden message of {event.name} with {missing}, then run: {REGENERATE}"


def places_of(schema: Schema, where: str = "") -> Iterator[str]:
    """Name every field of a schema, and every list that should hold something."""
    for choice in schema.get("anyOf", [schema]):
        for name, part in choice.get("properties", {}).items():
            yield f"{where}.{name}"
            yield from places_of(part, f"{where}.{name}")
        if "items" in choice:
            yield f"{where}[]"
            yield from places_of(choice["items"], f"{where}[]")
        if "propertyNames" in choice:
            yield f"{where}{{}}"


def shown_by(value: object, where: str = "") -> Iterator[str]:
    """Name every field and list that a message has something in."""
    match value:
        case dict():
            for name, part in value.items():
                # Where a dictionary's keys are free, what counts is that it has some.
                yield f"{where}.{name}"
                yield f"{where}{{}}"
                yield from shown_by(part, f"{where}.{name}")
        case list():
            for part in value:
                yield f"{where}[]"
                yield from shown_by(part, f"{where}[]")
