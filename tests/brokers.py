"""Which brokers tests run on, and where each comes from.

`embedded` is Tansu from its wheel. `kafka` is Apache Kafka: the one that `KAFKA_BOOTSTRAP` names; else one of
our own from Maven's artefacts, where there is Java; else one in a container, where an engine answers.

A test marked `every_broker` runs on each that is chosen, every other on the first. Both are chosen, unless
`KAFKA_BOOTSTRAP` is given, which means that one alone, or `CAREERS_HUB_TEST_SUBSTRATES`, such as `kafka`.

Where there is no Kafka, its tests are skipped and say why; if the variable names it, they fail.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from tests.kafka.container import kafka_container
from tests.kafka.jars import KafkaMissingError, kafka_jars, version
from tests.kafka.server import KafkaServer, kafka_answers
from tests.substrate import broker_command, child, free_port, listens

BrokerName = Literal["embedded", "kafka"]
CHOICE_VARIABLE: Final = "CAREERS_HUB_TEST_SUBSTRATES"
BOOTSTRAP_VARIABLE: Final = "KAFKA_BOOTSTRAP"
KNOWN: Final[tuple[BrokerName, ...]] = get_args(BrokerName)


@dataclass(frozen=True, slots=True)
class Choice:
    """The brokers to run on, the usual one first, and whether somebody insists on them."""

    names: tuple[BrokerName, ...]
    insisted: bool


def chosen(environment: Mapping[str, str]) -> Choice:
    """Read which brokers to run on; raises ValueError that says what the variable can be."""
    text = environment.get(CHOICE_VARIABLE, "")
    if not text:
        return Choice(("kafka",) if environment.get(BOOTSTRAP_VARIABLE) else KNOWN, insisted=False)
    wanted = [part.strip() for part in text.split(",")]
    names = tuple(name for name in KNOWN if name in wanted)
    if len(names) != len(wanted):
        message = f"{CHOICE_VARIABLE} is '{text}'; it can name {' and '.join(KNOWN)}, with a comma between"
        raise ValueError(message)
    return Choice(names, insisted=True)


def describe(name: BrokerName) -> str:
    """Say which program a broker is."""
    if name == "embedded":
        return "embedded (Tansu)"
    given = os.environ.get(BOOTSTRAP_VARIABLE)
    return f"kafka (Apache Kafka, given at {given})" if given else f"kafka (Apache Kafka {version()})"


@dataclass(slots=True)
class Brokers:
    """The brokers of a test process, each started when it is first asked for and running until the end."""

    folder: Path
    _running: ExitStack = field(default_factory=ExitStack)
    _addresses: dict[BrokerName, str] = field(default_factory=dict)
    _missing: str = ""

    def address(self, name: BrokerName) -> str:
        """Where a broker answers; raises KafkaMissingError if it cannot be had here."""
        if self._missing and name == "kafka":
            raise KafkaMissingError(self._missing)
        if name not in self._addresses:
            try:
                self._addresses[name] = self._embedded() if name == "embedded" else self._kafka()
            except KafkaMissingError as error:
                self._missing = str(error)
                raise
        return self._addresses[name]

    def close(self) -> None:
        """End those that were started."""
        self._running.close()

    def _embedded(self) -> str:
        port = free_port()
        self._running.enter_context(
            child(broker_command(port), self.folder / "embedded.log", lambda: listens(port))
        )
        return f"127.0.0.1:{port}"

    def _kafka(self) -> str:
        given = os.environ.get(BOOTSTRAP_VARIABLE)
        if given:
            return given
        port = free_port()
        try:
            jars = kafka_jars()
        except KafkaMissingError as no_java:
            try:
                return self._running.enter_context(kafka_container(port))
            except KafkaMissingError as no_engine:
                message = f"no Apache Kafka here: {no_java}; {no_engine}"
                raise KafkaMissingError(message) from no_java
        server = KafkaServer(self.folder / "kafka", jars, port, free_port(), port)
        self._running.enter_context(
            child(server.command(), self.folder / "kafka.log", lambda: kafka_answers(port))
        )
        return f"127.0.0.1:{port}"
