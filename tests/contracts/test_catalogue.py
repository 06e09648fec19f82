"""The catalogue keeps its rules, which are tried on planted breaches too, and reads what it is given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import pytest

from contracts import catalogue
from contracts.audit import BenchmarkScore, EvaluationCompleted
from contracts.catalogue import (
    EVENTS,
    Event,
    MalformedPayloadError,
    UnknownEventError,
    decode,
    event_of,
)
from contracts.pupils import ActivityRetracted, RollChanged
from contracts.topics import ALL_TOPICS, AUDIT, CONTROL, LEDGER_TOPICS, PUPILS, TopicCard

SERVICES: Final = {"audit", "employers", "pupils", "reporting"}
TYPE: Final = re.compile(
    r"(?P<service>[a-z]+)\.(?P<thing>[a-z]+(-[a-z]+)*)\.(?P<past>[a-z]+)\.v(?P<version>[1-9][0-9]*)"
)
# English verbs that a fact may end in without -ed.
IRREGULAR: Final = {"made", "met", "sent", "withdrawn"}
DAY_MS: Final = 86_400_000

ROLL_CHANGED: Final = EVENTS[0]
VALUE: Final = b'{"urn":"136850","academic_year":"2025/26","year_groups":[{"year_group":7,"on_roll":181}]}'


def problems(events: Sequence[Event]) -> Iterator[str]:
    """Say which rows of a catalogue break its rules."""
    newest = [event for event in events if event.upcast is None]
    for what, counted in (
        ("type", Counter(event.name for event in events)),
        ("model", Counter(event.model.__name__ for event in newest)),
    ):
        yield from (f"{what} {name} stands {times} times" for name, times in counted.items() if times > 1)
    for event in events:
        parts = TYPE.fullmatch(event.name)
        if parts is None:
            yield f"{event.name} is not <service>.<thing>.<past tense>.v<version>"
            continue
        if not (parts["past"].endswith("ed") or parts["past"] in IRREGULAR):
            yield f"{event.name} is not in the past tense"
        if event.topic.name.partition(".")[0] != parts["service"]:
            yield f"{event.name} travels on {event.topic.name}"
        words = f"{parts['thing']}-{parts['past']}".split("-")
        if event.model.__name__ != "".join(word.capitalize() for word in words):
            yield f"{event.name} has the model {event.model.__name__}"
        if event.upcast is not None and not any(_follows(event, later) for later in newest):
            yield f"{event.name} is an old version of nothing"


def _follows(old: Event, later: Event) -> bool:
    old_stem, _, old_version = old.name.rpartition(".v")
    stem, _, version = later.name.rpartition(".v")
    return (old_stem, old.model, old.topic) == (stem, later.model, later.topic) and int(version) > int(
        old_version
    )


def unchanged(old: dict[str, Any]) -> dict[str, Any]:
    """Upcast what needs none."""
    return old


def test_the_catalogue_keeps_its_rules() -> None:
    assert list(problems(EVENTS)) == []


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([ROLL_CHANGED, ROLL_CHANGED], "type pupils.roll.changed.v1 stands 2 times"),
        (
            [ROLL_CHANGED, replace(ROLL_CHANGED, name="pupils.roll.changed.v2")],
            "model RollChanged stands 2 times",
        ),
        ([replace(ROLL_CHANGED, name="pupils.roll.changed")], "pupils.roll.changed is not <service>"),
        ([replace(ROLL_CHANGED, name="pupils.RollChanged.v1")], "pupils.RollChanged.v1 is not <service>"),
        (
            [replace(ROLL_CHANGED, name="pupils.roll.change.v1")],
            "pupils.roll.change.v1 is not in the past tense",
        ),
        ([replace(ROLL_CHANGED, topic=AUDIT)], "pupils.roll.changed.v1 travels on audit.events"),
        (
            [replace(ROLL_CHANGED, model=EvaluationCompleted)],
            "pupils.roll.changed.v1 has the model Evaluation",
        ),
        ([replace(ROLL_CHANGED, upcast=unchanged)], "pupils.roll.changed.v1 is an old version of nothing"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_planted_breach_of_the_catalogue_is_found(events: list[Event], problem: str) -> None:
    assert [line for line in problems(events) if line.startswith(problem)]


def test_an_old_version_beside_a_new_one_keeps_the_rules() -> None:
    old, new = replace(ROLL_CHANGED, upcast=unchanged), replace(ROLL_CHANGED, name="pupils.roll.changed.v2")

    assert list(problems([old, new])) == []


def test_every_topic_carries_something_and_nothing_else_is_a_topic() -> None:
    assert {event.topic.name for event in EVENTS} == {card.name for card in ALL_TOPICS}
    assert len({card.name for card in ALL_TOPICS}) == len(ALL_TOPICS)


@pytest.mark.parametrize("card", LEDGER_TOPICS, ids=lambda card: card.name)
def test_a_service_owns_the_topic_of_its_name_and_others_read_it(card: TopicCard) -> None:
    assert card.owner in SERVICES
    assert card.name == f"{card.owner}.events"
    assert card.readers
    assert set(card.readers) <= SERVICES - {card.owner}


@pytest.mark.parametrize("card", ALL_TOPICS, ids=lambda card: card.name)
def test_a_topic_has_no_personal_data_and_an_end(card: TopicCard) -> None:
    assert card.personal_data == "none"
    assert card.partitions >= 1
    assert DAY_MS <= card.retention_ms <= 366 * DAY_MS


def test_control_messages_are_everybodys_and_in_one_order() -> None:
    assert CONTROL not in LEDGER_TOPICS
    assert (CONTROL.owner, CONTROL.readers, CONTROL.partitions) == ("every worker", ("every worker",), 1)


def test_a_payload_finds_its_row_and_a_part_of_one_does_not() -> None:
    assert event_of(decode("pupils.roll.changed.v1", VALUE)) is ROLL_CHANGED
    with pytest.raises(UnknownEventError, match="BenchmarkScore is not an event"):
        event_of(BenchmarkScore(benchmark="gb1", score_percent=88, achieved=False))


def test_a_type_that_is_not_in_the_catalogue_is_unknown() -> None:
    with pytest.raises(UnknownEventError, match=r"pupils\.roll\.changed\.v99"):
        decode("pupils.roll.changed.v99", VALUE)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (b"", "value: json_invalid"),
        (b"\xff\xfe", "value: json_invalid"),
        (b"[" * 100_000, "value: json_invalid"),
        (b"[]", "value: model_type"),
        (b"null", "value: model_type"),
        (b"{}", "urn: missing, academic_year: missing, year_groups: missing"),
        (VALUE.replace(b"136850", b"Jo Bloggs"), "urn: string_pattern_mismatch"),
        (VALUE.replace(b"136850", b"13685"), "urn: string_pattern_mismatch"),
        (VALUE.replace(b"/26", b"/27"), "academic_year: value_error"),
        (VALUE.replace(b"181", b"-1"), "year_groups.0.on_roll: greater_than_equal"),
        (VALUE.replace(b"181", b"181.5"), "year_groups.0.on_roll: int_from_float"),
        (VALUE.replace(b":7", b":15"), "year_groups.0.year_group: less_than_equal"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_malformed_value_is_refused_by_field_and_never_repeated(value: bytes, problem: str) -> None:
    with pytest.raises(MalformedPayloadError) as raised:
        decode("pupils.roll.changed.v1", value)

    assert str(raised.value) == f"pupils.roll.changed.v1 does not fit its model ({problem})"


def renamed(old: dict[str, Any]) -> dict[str, Any]:
    """Upcast an invented version 0 that called the academic year `year`."""
    return {"academic_year": old["year"], **{name: part for name, part in old.items() if name != "year"}}


@pytest.fixture
def _old_version(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Event("pupils.roll.changed.v0", RollChanged, PUPILS, renamed)
    monkeypatch.setattr(catalogue, "BY_TYPE", MappingProxyType({**catalogue.BY_TYPE, old.name: old}))


@pytest.mark.usefixtures("_old_version")
def test_an_old_version_is_read_as_the_newest_model() -> None:
    old = VALUE.replace(b"academic_year", b"year")

    assert decode("pupils.roll.changed.v0", old) == decode("pupils.roll.changed.v1", VALUE)


@pytest.mark.usefixtures("_old_version")
@pytest.mark.parametrize(
    "value",
    [b"", b"\xff\xfe", b"[" * 100_000, b"[]", b"null", b"{}", b'{"year":"2025/27"}'],
    ids=["empty", "not UTF-8", "deep", "a list", "null", "without the field", "a wrong field"],
)
def test_a_malformed_value_of_an_old_version_is_refused_too(value: bytes) -> None:
    with pytest.raises(MalformedPayloadError, match=r"pupils\.roll\.changed\.v0"):
        decode("pupils.roll.changed.v0", value)


def test_a_payload_cannot_be_changed() -> None:
    payload = decode("pupils.roll.changed.v1", VALUE)

    with pytest.raises(ValueError, match="frozen"):
        payload.urn = "113961"  # type: ignore[attr-defined]


def test_the_newest_version_of_a_type_is_the_one_that_is_written() -> None:
    old = {event.name for event in EVENTS if event.upcast is not None}

    assert not old & {event.name for event in catalogue.BY_MODEL.values()}
    assert catalogue.BY_MODEL[ActivityRetracted].name == "pupils.activity.retracted.v1"
