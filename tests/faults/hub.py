"""A whole Hub for faults: store, broker, api and worker as child processes, with a proxy before each address.

    client -> to_api -> api -> to_store -> store <- to_store <- worker -> to_broker -> broker

Tests read what is stored past the proxy; the broker is only reachable through its proxy, because the address
that it advertises is the proxy's. One Hub serves many scenarios: each has schools of its own.
The broker is the embedded one or Apache Kafka; what differs between them is in `HubBroker`.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr

from services.local.child import ANSWER_WITHIN_S
from services.local.store_probe import end_transactions
from services.runtime.issuer import PUBLIC_KEYS, ensure_issuer
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings
from tests.brokers import BrokerName
from tests.faults.children import Child
from tests.faults.proxy import Proxy
from tests.faults.scenario import Place
from tests.kafka.jars import kafka_jars
from tests.kafka.server import KafkaServer, kafka_answers
from tests.substrate import broker_command, free_port, listens, store_command

# The embedded broker keeps a new member waiting for half of its session, and a fetch for the whole wait.
EMBEDDED_SESSION_TIMEOUT_MS: Final = 1_500
EMBEDDED_FETCH_WAIT_MS: Final = 20
# Kafka keeps a killed reader's partitions for a session; a worker on a busy machine must not miss one.
KAFKA_SESSION_TIMEOUT_MS: Final = 3_000
KAFKA_FETCH_WAIT_MS: Final = 500
# A school's load must meet faults, not the limit of requests.
REQUESTS_PER_SECOND: Final = 5_000


@dataclass(frozen=True, slots=True)
class HubBroker:
    """One kind of broker, as a Hub runs it on a port and sends its clients to the proxy's."""

    name: BrokerName
    command: Callable[[], list[str]]
    answers: Callable[[int], bool]
    forget: Callable[[], None]
    """Have it lose everything, when it does not run; the embedded one has nothing to lose then."""

    @property
    def keeps(self) -> bool:
        """Whether it has its topics again after it was killed."""
        return self.name == "kafka"

    def settings(self) -> dict[str, object]:
        """What a Hub's settings say of this broker."""
        embedded = self.name == "embedded"
        return {
            "kafka_idempotence": not embedded,
            "kafka_replication": 1,
            "kafka_session_timeout_ms": EMBEDDED_SESSION_TIMEOUT_MS if embedded else KAFKA_SESSION_TIMEOUT_MS,
            "kafka_fetch_wait_ms": EMBEDDED_FETCH_WAIT_MS if embedded else KAFKA_FETCH_WAIT_MS,
        }


@dataclass(slots=True, eq=False)
class Hub:
    """A running Hub and the levers on it; `settings` are those of a reader that goes past the proxies."""

    settings: Settings
    keys: Path
    store: Child
    broker: Child
    kind: HubBroker
    api: Child
    worker: Child
    to_store: Proxy
    to_broker: Proxy
    to_api: Proxy

    @property
    def address(self) -> str:
        """The API's address, past its proxy."""
        return f"http://127.0.0.1:{self.api.port}"

    @property
    def proxied_address(self) -> str:
        """The API's address behind the proxy that can lose replies."""
        return f"http://127.0.0.1:{self.to_api.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What an operator's command needs to know of this Hub."""
        return environment_of(self.settings)

    def another_worker(self, log: Path, *bugs: str) -> Child:
        """Make a second worker of this Hub, with bugs of `careless.py` if they are given."""
        port = free_port()
        command = (
            [sys.executable, "-m", "tests.faults.careless", str(port), *bugs]
            if bugs
            else _role_command("worker", port)
        )
        return Child("worker", lambda: command, port, log, self.worker.environment, "/health/ready")

    def place(self, http: httpx.AsyncClient) -> Place:
        """Say where this Hub is, to a scenario that uses this client."""
        return Place(self.settings, self.keys, http, (self.api.log, self.worker.log))

    async def restart(self, child: Child) -> None:
        """Kill a child, start it again, and wait until it is ready."""
        await self.start_to_die(child)
        await child.ready()

    async def start_to_die(self, child: Child, **extra: str) -> None:
        """Kill a child and start it with more environment, in which it may die before it is ready."""
        child.kill()
        if child is not self.store:
            await self.tidy_up()
        child.start(**extra)

    async def tidy_up(self) -> None:
        """End the transactions of a child that was killed, as the launcher does before its next life."""
        assert await end_transactions(self.store.port, ANSWER_WITHIN_S), "the store ended no transactions"

    async def lose_broker(self) -> None:
        """Kill the broker with all that it has; the worker ends with it, as the launcher has it."""
        self.kill_broker()
        await self.worker.end()

    def kill_broker(self, *, lose: bool = True) -> None:
        """Kill the broker, and have it lose everything unless told otherwise."""
        self.broker.kill()
        if lose:
            self.kind.forget()

    async def empty_broker(self) -> None:
        """Start an empty broker in its place, and then the worker again, as the launcher does."""
        self.broker.start()
        await self.broker.ready()
        self.worker.start()

    async def heal(self) -> None:
        """Make everything right again, and wait until every part says that it is ready."""
        for proxy in (self.to_store, self.to_broker, self.to_api):
            await proxy.heal()
        if not self.broker.alive:
            await self.worker.end()
        await _alive_and_ready(self.store, self.broker)
        if not (self.api.alive and self.worker.alive):
            await self.tidy_up()
        await _alive_and_ready(self.api, self.worker)


@asynccontextmanager
async def running_hub(folder: Path, broker: BrokerName) -> AsyncIterator[Hub]:
    """Run a Hub in a folder, on one kind of broker; everything in it ends with the context.

    Raises KafkaMissingError if that kind cannot be had here.
    """
    hub = await _assemble(folder, broker)
    try:
        await hub.heal()
        yield hub
    finally:
        # Killed, not stopped: to wait for a clean stop would keep the proxies in this loop from working.
        for child in (hub.api, hub.worker, hub.broker, hub.store):
            child.kill()
        for proxy in (hub.to_api, hub.to_broker, hub.to_store):
            await proxy.stop()


async def _alive_and_ready(*children: Child) -> None:
    for child in children:
        if not child.alive:
            child.start()
    for child in children:
        await child.ready()


async def _assemble(folder: Path, broker: BrokerName) -> Hub:
    jars = kafka_jars() if broker == "kafka" else None
    store_port, broker_port, api_port, worker_port = (free_port() for _ in range(4))
    to_store, to_broker, to_api = Proxy(store_port), Proxy(broker_port), Proxy(api_port)
    for proxy in (to_store, to_broker, to_api):
        await proxy.start()
    kind = (
        _embedded(broker_port, to_broker.port)
        if jars is None
        else _kafka(KafkaServer(folder / "kafka", jars, broker_port, free_port(), to_broker.port))
    )
    keys = folder / "keys"
    keys.mkdir()
    ensure_issuer(keys)
    (keys / "secret").write_text(secrets.token_hex(32), encoding="ascii")
    settings = Settings(
        hub_id=f"f{secrets.token_hex(4)}",
        mongodb_url=SecretStr(_store_url(store_port)),
        store_concurrency=2,
        kafka_bootstrap=f"127.0.0.1:{to_broker.port}",
        issuer="https://issuer.test",
        jwks_url=(keys / PUBLIC_KEYS).as_uri(),
        secret_file=keys / "secret",
        log_format="json",
        # Whatever may ever be logged is searched for what must not be.
        log_level="DEBUG",
        rate_limit_per_second=REQUESTS_PER_SECOND,
    ).model_copy(update=kind.settings())
    environment = environment_of(settings) | {f"{ENVIRONMENT_PREFIX}MONGODB_URL": _store_url(to_store.port)}
    return Hub(
        settings=settings,
        keys=keys,
        store=Child(
            "store", lambda: store_command(folder / "store", store_port), store_port, folder / "store.log"
        ),
        broker=Child("broker", kind.command, broker_port, folder / "broker.log", serves=kind.answers),
        kind=kind,
        api=_role("api", api_port, folder, environment),
        worker=_role("worker", worker_port, folder, environment),
        to_store=to_store,
        to_broker=to_broker,
        to_api=to_api,
    )


def _embedded(port: int, advertised_port: int) -> HubBroker:
    return HubBroker(
        "embedded", lambda: _advertising(broker_command(port), advertised_port), listens, lambda: None
    )


def _kafka(server: KafkaServer) -> HubBroker:
    return HubBroker("kafka", server.command, kafka_answers, server.forget)


def _role(role: str, port: int, folder: Path, environment: dict[str, str]) -> Child:
    command = _role_command(role, port)
    return Child(role, lambda: command, port, folder / f"{role}.log", environment, "/health/ready")


def _role_command(role: str, port: int) -> list[str]:
    return [sys.executable, "-m", "services.serve", role, "--service", "all", "--port", str(port)]


def _store_url(port: int) -> str:
    """Name the store; direct, because the address that it gives for itself would lead past a proxy."""
    return f"mongodb://127.0.0.1:{port}/?retryWrites=false&directConnection=true"


def _advertising(command: list[str], port: int) -> list[str]:
    """Have the broker send its clients to the proxy."""
    place = command.index("--advertised-listener-url") + 1
    return [*command[:place], f"tcp://127.0.0.1:{port}", *command[place + 1 :]]


def environment_of(settings: Settings) -> dict[str, str]:
    """Write settings down as the environment variables that a process reads them from."""
    plain = settings.model_dump(mode="json", exclude_none=True)
    plain["mongodb_url"] = settings.mongodb_url.get_secret_value()
    return {f"{ENVIRONMENT_PREFIX}{name.upper()}": str(value) for name, value in plain.items()}
