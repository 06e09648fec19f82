"""The committed schema of every type is that of its model; its readers pass over what they do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.catalogue import EVENTS, Event
from contracts.evolution import advice, breaches, inlined, schema_of
from tests.contracts.published import PUBLISHED, REGENERATE
from tests.contracts.regenerate import lost_types

NEWEST = [event for event in EVENTS if event.upcast is None]


@pytest.mark.parametrize("event", NEWEST, ids=lambda event: event.name)
def test_the_published_schema_is_that_of_the_model(event: Event) -> None:
    published, today = PUBLISHED.schema(event.name), schema_of(event.model)
    if published is None:
        pytest.fail(f"{event.name} has no published schema. Run: {REGENERATE}")
    if found := breaches(published, today):
        pytest.fail(advice(event.name, found))
    if published != today:
        pytest.fail(f"{event.name} differs from what is published, and may. Run: {REGENERATE}")


def test_no_published_type_is_lost() -> None:
    assert lost_types(PUBLISHED) == []


def test_an_old_version_keeps_its_published_schema() -> None:
    old = {event.name for event in EVENTS if event.upcast is not None}

    assert old <= PUBLISHED.types()


@pytest.mark.parametrize("event_type", sorted(PUBLISHED.types()))
def test_readers_of_a_published_schema_pass_over_fields_that_they_do_not_know(event_type: str) -> None:
    schema = PUBLISHED.schema(event_type)
    assert schema is not None
    objects = [node for node in nodes_of(inlined(schema)) if "properties" in node]

    assert objects
    assert [node for node in objects if "additionalProperties" in node] == []


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes_of(part)
