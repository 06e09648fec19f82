"""The same story on Apache Kafka and MongoDB, in containers; skipped, and said so, where no engine runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testcontainers.core.container import DockerContainer

from tests.kafka.container import engine_runs, kafka_container
from tests.substrate import free_port

pytestmark = pytest.mark.containers

MONGODB_IMAGE = "mongo:7.0.28"
ELECTION_TIMEOUT_S = 30.0
ROOT = Path(__file__).parents[2]
STORIES = ("tests/runtime/test_a_fact_travels.py", "tests/journeys")


@pytest.fixture
def mongodb_url() -> Iterator[str]:
    """A MongoDB replica set of one: transactions need a replica set."""
    # Not testcontainers' own MongoDB class: it creates a user, which a bare replica set refuses.
    server = DockerContainer(MONGODB_IMAGE).with_command("mongod --replSet rs0 --bind_ip_all")
    with server.with_exposed_ports(27017) as container:
        url = f"mongodb://{container.get_container_host_ip()}:{container.get_exposed_port(27017)}"
        initiate = "rs.initiate({_id: 'rs0', members: [{_id: 0, host: 'localhost:27017'}]})"
        deadline = time.monotonic() + ELECTION_TIMEOUT_S
        while container.exec(["mongosh", "--quiet", "--eval", initiate]).exit_code:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.2)
        while (
            b"true"
            not in container.exec(["mongosh", "--quiet", "--eval", "db.hello().isWritablePrimary"]).output
        ):
            assert time.monotonic() < deadline, "no primary was elected"
            time.sleep(0.2)
        yield f"{url}/?directConnection=true"


@pytest.fixture
def kafka_bootstrap() -> Iterator[str]:
    """An Apache Kafka broker in KRaft mode."""
    with kafka_container(free_port()) as address:
        yield address


@pytest.mark.skipif(not engine_runs(), reason="no container engine answers on this machine")
def test_the_stories_hold_on_kafka_and_mongodb(mongodb_url: str, kafka_bootstrap: str) -> None:
    servers = {"MONGODB_URL": mongodb_url, "KAFKA_BOOTSTRAP": kafka_bootstrap}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *STORIES],
        cwd=ROOT,
        env=os.environ | servers,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout
