"""Which brokers tests run on is chosen by the environment, and a choice that nobody knows is refused."""

from __future__ import annotations

import pytest

from tests.brokers import BOOTSTRAP_VARIABLE, CHOICE_VARIABLE, Choice, chosen


@pytest.mark.parametrize(
    ("environment", "choice"),
    [
        ({}, Choice(("embedded", "kafka"), insisted=False)),
        ({BOOTSTRAP_VARIABLE: "broker:9092"}, Choice(("kafka",), insisted=False)),
        ({CHOICE_VARIABLE: "kafka"}, Choice(("kafka",), insisted=True)),
        ({CHOICE_VARIABLE: "kafka, embedded"}, Choice(("embedded", "kafka"), insisted=True)),
        (
            {CHOICE_VARIABLE: "embedded,kafka", BOOTSTRAP_VARIABLE: "broker:9092"},
            Choice(("embedded", "kafka"), insisted=True),
        ),
    ],
)
def test_the_environment_chooses_the_brokers(environment: dict[str, str], choice: Choice) -> None:
    assert chosen(environment) == choice


@pytest.mark.parametrize("text", ["redpanda", "embedded,", "kafka,kafka", ","])
def test_an_unknown_choice_is_refused_with_what_can_be_chosen(text: str) -> None:
    with pytest.raises(ValueError, match="embedded and kafka"):
        chosen({CHOICE_VARIABLE: text})
