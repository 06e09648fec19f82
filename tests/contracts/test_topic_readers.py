"""A topic's card names who really reads it, and who really owns it: compared with what services declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pytest

from contracts.catalogue import BY_MODEL
from contracts.topics import AUDIT, EMPLOYERS, LEDGER_TOPICS, PUPILS, TopicCard
from services.registry import SERVICES
from services.runtime.projection import Projection
from services.runtime.reaction import Reaction
from services.runtime.service import Service

EVERYTHING: Final = tuple(SERVICES.values())
READING: Final = next(service for service in EVERYTHING if service.projections)


def problems(cards: Sequence[TopicCard], services: Sequence[Service]) -> Iterator[str]:
    """Say where cards and services tell different stories."""
    reading: dict[str, set[str]] = {card.name: set() for card in cards}
    for service in services:
        readers: tuple[Projection | Reaction, ...] = (*service.projections, *service.reactions)
        for reader in readers:
            handled = {BY_MODEL[model].topic.name for model in reader.on}
            subscribed = {card.name for card in reader.topics}
            yield from (f"{service.name}.{reader.name} never sees {name}" for name in handled - subscribed)
            yield from (
                f"{service.name}.{reader.name} reads {name} for nothing" for name in subscribed - handled
            )
            for name in subscribed:
                reading.setdefault(name, set()).add(service.name)
    for card in cards:
        if set(card.readers) != reading[card.name]:
            yield f"{card.name} names the readers {card.readers}, read by {sorted(reading[card.name])}"
        owners = {service.name for service in services if service.topic == card}
        if owners != {card.owner}:
            yield f"{card.name} names the owner {card.owner}, told by {sorted(owners)}"
    yield from (f"{name} has no card" for name in reading.keys() - {card.name for card in cards})


def test_every_card_names_those_who_read_its_topic_and_who_tells_on_it() -> None:
    assert list(problems(LEDGER_TOPICS, EVERYTHING)) == []


@pytest.mark.parametrize(
    ("cards", "services", "problem"),
    [
        (
            [PUPILS, replace(AUDIT, readers=("reporting", "pupils")), EMPLOYERS],
            EVERYTHING,
            "audit.events names the readers",
        ),
        (
            [replace(PUPILS, readers=("reporting",)), AUDIT, EMPLOYERS],
            EVERYTHING,
            "pupils.events names the readers",
        ),
        (
            [PUPILS, replace(AUDIT, owner="pupils"), EMPLOYERS],
            EVERYTHING,
            "audit.events names the owner pupils",
        ),
        (LEDGER_TOPICS, [s for s in EVERYTHING if s.name != "pupils"], "employers.events names the readers"),
        ([PUPILS, EMPLOYERS], EVERYTHING, "audit.events has no card"),
        (
            LEDGER_TOPICS,
            [replace(READING, projections=(replace(READING.projections[0], topics=()),))],
            f"{READING.name}.{READING.projections[0].name} never sees",
        ),
        (
            LEDGER_TOPICS,
            [replace(READING, projections=(replace(READING.projections[0], on={}),))],
            f"{READING.name}.{READING.projections[0].name} reads",
        ),
    ],
    ids=["a reader too many", "one too few", "a stranger", "one who left", "no card", "deaf", "idle"],
)
def test_a_planted_difference_is_found(
    cards: Sequence[TopicCard], services: Sequence[Service], problem: str
) -> None:
    assert [line for line in problems(cards, services) if line.startswith(problem)]
