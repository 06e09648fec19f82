"""What tests stand on: a real store and real brokers for the session, a Hub of its own for each test.

Hubs on one store are told apart by their id (database names, events) and on one broker by a topic prefix,
so tests run side by side without seeing each other. A test marked `every_broker` runs on each broker that
`brokers.py` chooses; how many ran on which is said at the end.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from aiokafka.conn import AIOKafkaConnection
from pydantic import SecretStr

from contracts.vocabulary import Urn
from services.runtime.api import create_api
from services.runtime.context import ServiceContext, utc_now
from services.runtime.issuer import PUBLIC_KEYS, ensure_issuer, issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.mongo import Store
from services.runtime.permissions import Role
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from services.runtime.worker import Worker
from tests.brokers import KNOWN, BrokerName, Brokers, Choice, chosen, describe
from tests.kafka.jars import KafkaMissingError
from tests.substrate import Substrate, running_store

# How long an example takes says what else the machine does; no test of ours is about that.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

ClientFor = Callable[[Sequence[Service]], AbstractAsyncContextManager[httpx.AsyncClient]]
WorkerFor = Callable[[Sequence[Service]], AbstractAsyncContextManager[Worker]]
TokenFor = Callable[..., Awaitable[str]]

# A term's day: inside the academic year 2025/26 and after the activities that tests record.
NOW = dt.datetime(2026, 6, 15, 10, 0, tzinfo=dt.UTC)
# Apache Kafka on a busy machine takes half a minute before it coordinates its first group.
START_TIMEOUT_S = 90.0
# The property of a test's report that says which broker it ran on.
BROKER = "broker"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked so on every broker that is chosen, or of those that the marker names."""
    marker = metafunc.definition.get_closest_marker("every_broker")
    if marker is not None and "broker_name" in metafunc.fixturenames:
        names = [name for name in _choice().names if name in (marker.args or KNOWN)]
        metafunc.parametrize("broker_name", names, indirect=True, scope="session")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note on a test's report which broker it runs on, for `pytest_terminal_summary`."""
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    if "broker_name" in parameters:
        item.user_properties.append((BROKER, parameters["broker_name"]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on which broker; why some were skipped is in pytest's own summary."""
    counts: dict[BrokerName, Counter[str]] = {}
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            # Plugins put other things than reports there as well.
            name = dict(getattr(report, "user_properties", ())).get(BROKER)
            if name is not None and outcome:
                counts.setdefault(name, Counter())[outcome] += 1
    for name in sorted(counts):
        told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts[name].items()))
        terminalreporter.write_line(f"on the broker {describe(name)}: {told}")


def _choice() -> Choice:
    try:
        return chosen(os.environ)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store for this test process."""
    with running_store(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokers]:
    """The brokers of this test process: a change from one to the other stops neither."""
    brokers = Brokers(tmp_path_factory.mktemp("brokers"))
    yield brokers
    brokers.close()


@pytest.fixture(scope="session")
def broker_name(request: pytest.FixtureRequest) -> BrokerName:
    """Which broker a test runs on: the one that it is parametrised with, or else the first."""
    name: BrokerName = getattr(request, "param", _choice().names[0])
    return name


@pytest.fixture(scope="session")
def substrate(mongodb_url: str, brokers: Brokers, broker_name: BrokerName) -> Substrate:
    """A store and a broker for this test process; the test is skipped if there is no such broker here."""
    with skipping_without_kafka():
        address = brokers.address(broker_name)
    return Substrate(mongodb_url, address, kafka_idempotence=broker_name == "kafka")


@contextmanager
def skipping_without_kafka() -> Iterator[None]:
    """Skip a test that finds no Kafka, with the reason; fail it if Kafka was insisted on."""
    try:
        yield
    except KafkaMissingError as missing:
        if _choice().insisted:
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test issuer's key pair and the Hub's secret."""
    folder = tmp_path_factory.mktemp("keys")
    ensure_issuer(folder)
    (folder / "secret").write_text(secrets.token_hex(32), encoding="ascii")
    return folder


@pytest.fixture
def settings(substrate: Substrate, keys: Path) -> Settings:
    """The settings of a Hub that no other test has."""
    hub = f"t{secrets.token_hex(6)}"
    return Settings(
        hub_id=hub,
        mongodb_url=SecretStr(substrate.mongodb_url),
        store_concurrency=2,
        kafka_bootstrap=substrate.kafka_bootstrap,
        kafka_idempotence=substrate.kafka_idempotence,
        kafka_replication=1,
        # The embedded broker keeps a new member waiting for half of it; Kafka allows no less than 6 s.
        kafka_session_timeout_ms=6_000 if substrate.kafka_idempotence else 1_500,
        kafka_fetch_wait_ms=500 if substrate.kafka_idempotence else 20,
        topic_prefix=f"{hub}.",
        issuer="https://issuer.test",
        jwks_url=(keys / PUBLIC_KEYS).as_uri(),
        secret_file=keys / "secret",
        log_format="text",
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """A connection to the store."""
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=2, application="tests")
    yield store
    await store.close()


@pytest.fixture
def context_for(settings: Settings, store: Store) -> Callable[[str], ServiceContext]:
    """Make a service's context, for tests below the API."""
    return lambda service: ServiceContext(
        service, settings, store, Sealer.from_file(settings.secret_file), clock=lambda: NOW
    )


@pytest.fixture
def token(settings: Settings, store: Store, keys: Path) -> TokenFor:
    """Grant somebody a role (at a school) and return an access token for them."""

    async def grant(subject: str, role: str, urn: str | None = None) -> str:
        memberships = Memberships(Tenancy(store, settings.hub_id), utc_now)
        since = dt.datetime(2025, 9, 1, tzinfo=dt.UTC)
        await memberships.grant(Membership(subject, Role(role), None if urn is None else Urn(urn), since))
        return issue_token(keys, issuer=settings.issuer, audience=settings.audience, subject=subject, now=NOW)

    return grant


@pytest.fixture
def client_for(settings: Settings) -> ClientFor:
    """Run services' routes in this process and talk to them over HTTP semantics."""

    @asynccontextmanager
    async def run(services: Sequence[Service]) -> AsyncIterator[httpx.AsyncClient]:
        app = create_api(services, settings, clock=lambda: NOW)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
                yield client

    return run


_connections: list[AIOKafkaConnection] = []


def _remember_connections() -> None:
    """Have every connection of aiokafka's kept until the test is over, so that none is dropped unclosed."""
    initialise = AIOKafkaConnection.__init__

    @functools.wraps(initialise)
    def remembering(self: AIOKafkaConnection, *args: Any, **options: Any) -> None:  # noqa: ANN401
        initialise(self, *args, **options)
        _connections.append(self)

    AIOKafkaConnection.__init__ = remembering


_remember_connections()


async def close_left_connections() -> None:
    """Close what aiokafka leaves open when it is cancelled while it connects (its client drops such a one).

    A worker's process ends then, and the system closes it; here it would be found open in some later test.
    """
    loop = asyncio.get_running_loop()
    for connection in _connections:
        if connection._loop is loop and connection.connected():
            connection.close()
    _connections.clear()
    # A transport is closed by the loop's next round.
    await asyncio.sleep(0)


@pytest.fixture
async def worker_for(settings: Settings) -> AsyncIterator[WorkerFor]:
    """Run services' worker in this process, against the real broker."""

    @asynccontextmanager
    async def run(services: Sequence[Service]) -> AsyncIterator[Worker]:
        worker = Worker(settings, services)
        running = asyncio.create_task(worker.run())
        try:
            await eventually(lambda: worker.ready or running.done(), START_TIMEOUT_S)
            if running.done():
                running.result()
            yield worker
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    yield run
    await close_left_connections()


async def eventually(condition: Callable[[], bool | Awaitable[bool]], timeout_s: float = 15.0) -> None:
    """Wait until a condition holds; fails the test if it does not in time."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        holds = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"did not come true within {timeout_s} s")
        await asyncio.sleep(0.02)
