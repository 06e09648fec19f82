"""One Apache Kafka node for tests: broker and controller in one JVM on loopback, small and quick.

Its folder keeps the settings and the data. Started on data that are there, it goes on as the same cluster;
after `forget` it is formatted anew, under another cluster id. It dies with whoever started it.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import struct
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.local.child import GUARD
from services.local.ports import LOOPBACK

FORMAT_TIMEOUT_S: Final = 60.0
PROBE_TIMEOUT_S: Final = 0.5
LOG_SETTINGS: Final = Path(__file__).with_name("log4j2.properties")
# A session makes some thousand partitions: 150 MB of heap. One thread collects and code is compiled once, so
# that a broker with some hundred records a second leaves the cores to what is tested.
_JVM: Final = (
    "-Xms64m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
)
# Metadata v1 of no topic, correlation id 1, no client id (https://kafka.apache.org/protocol).
_METADATA: Final = struct.pack(">hhihi", 3, 1, 1, -1, 0)
_ANSWER: Final = struct.Struct(">iii")


@dataclass(frozen=True, slots=True)
class KafkaServer:
    """A node in a folder; clients are sent to `advertised_port`, which may be a proxy's."""

    folder: Path
    jars: Path
    port: int
    controller_port: int
    advertised_port: int

    def command(self) -> list[str]:
        """Build the command that serves, after formatting the data folder if there is none.

        Raises RuntimeError with Kafka's own words if it cannot be formatted.
        """
        if not (self._data / "meta.properties").exists():
            self._format()
        guard = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid())]
        return [*guard, *self._java("kafka.Kafka", str(self._settings))]

    def forget(self) -> None:
        """Remove everything that the node has; it must not run."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = (f"{name}={value}\n" for name, value in self._properties().items())
        self._settings.write_text("".join(lines), encoding="utf-8")
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # A leading hyphen would be taken for an option.
        arguments = ["format", "--standalone", f"--cluster-id={cluster_id}", f"--config={self._settings}"]
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", *arguments),
            capture_output=True,
            text=True,
            timeout=FORMAT_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            message = f"Kafka's storage cannot be formatted: {done.stdout}{done.stderr}"
            raise RuntimeError(message)

    def _properties(self) -> Mapping[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self.advertised_port}",
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self.controller_port}",
            "log.dirs": self._data,
            # As in docker-compose.yml: one node, topics from their cards only.
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # A cluster may allow larger records than we make; readers must live with those.
            "message.max.bytes": 16 * 1024 * 1024,
            # From here on only so that it is quick and small. Internal topics have 50 partitions by default;
            # the log cleaner takes 128 MB, an empty partition's indexes 20 MB of addresses.
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "group.min.session.timeout.ms": 1_000,
            "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
            "log.index.size.max.bytes": 64 * 1024,
            "num.network.threads": 2,
            "num.io.threads": 2,
            "background.threads": 2,
        }

    def _java(self, program: str, *arguments: str) -> list[str]:
        log = f"-Dlog4j2.configurationFile={LOG_SETTINGS}"
        return ["java", *_JVM, log, "-cp", f"{self.jars}/*", program, *arguments]


def kafka_answers(port: int, host: str = LOOPBACK) -> bool:
    """Whether a broker serves: it says so, and knows of a broker, itself, that can take topics.

    Its port is open seconds before that.
    """
    try:
        with socket.create_connection((host, port), PROBE_TIMEOUT_S) as connection:
            connection.settimeout(PROBE_TIMEOUT_S)
            connection.sendall(struct.pack(">i", len(_METADATA)) + _METADATA)
            answer = connection.recv(_ANSWER.size, socket.MSG_WAITALL)
    except OSError:
        return False
    if len(answer) < _ANSWER.size:
        return False
    _length, _correlation, brokers = _ANSWER.unpack(answer)
    return bool(brokers)
