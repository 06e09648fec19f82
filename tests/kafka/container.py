"""The same Apache Kafka from its image, where a container engine answers and Java or Maven is missing."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.kafka.jars import KafkaMissingError, version
from tests.kafka.server import kafka_answers

ENGINE_TIMEOUT_S: Final = 20.0
START_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.2


def engine_runs() -> bool:
    """Whether a container engine answers on this machine."""
    client = shutil.which("docker")
    if client is None:
        return False
    try:
        asked = subprocess.run([client, "info"], capture_output=True, timeout=ENGINE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


@contextmanager
def kafka_container(port: int) -> Iterator[str]:
    """Run a node in a container whose port is `port` outside; yields its bootstrap address.

    Raises KafkaMissingError if no engine answers.
    """
    if not engine_runs():
        raise KafkaMissingError("no container engine answers")
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - slow, and rarely wanted

    image = DockerContainer(f"apache/kafka:{version()}").with_bind_ports(9092, port)
    host = image.get_container_host_ip()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    for name, value in settings.items():
        image.with_env(name, value)
    with image as container:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not kafka_answers(port, host):
            if time.monotonic() > deadline:
                message = f"the container does not answer on {host}:{port}: {container.get_logs()}"
                raise RuntimeError(message)
            time.sleep(_POLL_S)
        yield f"{host}:{port}"
