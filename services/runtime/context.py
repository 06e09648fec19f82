"""What a service's commands and routes stand on: units of work, read handles, the clock and the sealer.

Units of work of one key wait for each other here, before they reach the store: the ledger's counter makes
them one after the other anyway, and waiting costs less than a write conflict. Between processes the store
decides.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from services.runtime.access_log import Access, AccessLog, ChainHead
from services.runtime.failpoints import Failpoint, reach
from services.runtime.generations import Generations
from services.runtime.ledger import Ledger
from services.runtime.mongo import Collection, Index, Session, Store, WriteConflictError
from services.runtime.projection import Projection
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from services.runtime.successions import Successions
from services.runtime.telemetry import events_told, tracer
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase, Tenancy
from services.runtime.timeline import Timeline
from services.runtime.uow import Actor, UnitOfWork

T = TypeVar("T")
Clock = Callable[[], dt.datetime]
Work = Callable[[UnitOfWork], Awaitable[T]]


def utc_now() -> dt.datetime:
    """Read the wall clock, in UTC."""
    return dt.datetime.now(dt.UTC)


class ServiceContext:
    """One service of one Hub, in one process."""

    def __init__(
        self, service: str, settings: Settings, store: Store, sealer: Sealer, *, clock: Clock = utc_now
    ) -> None:
        self.service = service
        self.settings = settings
        self.hub = settings.hub_id
        self.store = store
        self.sealer = sealer
        self.clock = clock
        self.tenancy = Tenancy(store, settings.hub_id)
        self.successions = Successions(self.tenancy, sealer)
        self.timeline = Timeline(self.tenancy)
        self.ledger = Ledger(self.database())
        self.generations = Generations(self.database())
        self._locks = _KeyedLocks()
        self._access_logs: dict[str, AccessLog] = {}
        self._school_indexes: Mapping[str, tuple[Index, ...]] = {}
        self._prepared: set[str] = set()
        self._opened: set[str] = set()

    def sibling(self, service: str) -> ServiceContext:
        """Another service of the Hub on the same connection, for operators' commands that work on several."""
        other = ServiceContext(service, self.settings, self.store, self.sealer, clock=self.clock)
        other.timeline = self.timeline
        return other

    def database(self) -> ServiceDatabase:
        """The service's own database, to read projections and the directory from."""
        return self.tenancy.service(self.service)

    def school(self, urn: str) -> SchoolDatabase:
        """A school's database, to read from; raises NotFoundError for what is no URN."""
        return self.tenancy.school(self.service, urn)

    async def projection(self, projection: Projection) -> Collection:
        """The documents of a projection's active build, to read from."""
        return self.database().collection(await self.generations.active_collection(projection))

    def access_log(self, urn: str) -> AccessLog:
        """The school's access log."""
        if urn not in self._access_logs:
            self._access_logs[urn] = AccessLog(self.school(urn), self.sealer)
        return self._access_logs[urn]

    async def prepare(
        self,
        indexes: Mapping[str, tuple[Index, ...]],
        school_indexes: Mapping[str, tuple[Index, ...]],
    ) -> None:
        """Create the service's indexes, and remember those that each school's database gets at first use."""
        await self.timeline.settle()
        await self.ledger.prepare()
        await self.successions.prepare()
        self._school_indexes = school_indexes
        for collection, wanted in indexes.items():
            for index in wanted:
                await self.database().collection(collection).ensure(index)

    async def in_school(self, actor: Actor, urn: str, work: Work[T]) -> T:
        """Run a command on a school's database in one unit of work; its events' key is the URN.

        The URN is the school's tenant (`successions.py`). The first unit that changes something opens the
        school in its own transaction, so another school's successor cannot become a school of its own.
        """
        database = self.school(urn)
        await self._prepare_school(database)
        if urn in self._opened:
            return await self._run(actor, database, urn, work)

        async def work_and_open(unit: UnitOfWork) -> tuple[T, bool]:
            result = await work(unit)
            if unit.touched:
                await self.successions.open(unit.session, database.urn)
            return result, unit.touched

        result, opened = await self._run(actor, database, urn, work_and_open)
        if opened:
            self._opened.add(urn)
        return result

    async def in_hub(self, actor: Actor, key: str, work: Work[T]) -> T:
        """Run a command on the service's own database in one unit of work; `key` is its events' key."""
        return await self._run(actor, self.database(), key, work)

    async def read_logged(self, actor: Actor, urn: str, action: str, resource: str) -> None:
        """Note a read of a pupil's record before it is answered."""
        entry = Access(actor.subject, action, resource, self.clock())
        await self.timeline.require_same()
        log = self.access_log(urn)
        async with self._locks.hold(urn):
            while True:
                try:
                    log.moved_to(await log.append(None, [entry]))
                except WriteConflictError:
                    continue
                return

    async def _run(
        self, actor: Actor, database: SchoolDatabase | ServiceDatabase, key: str, work: Work[T]
    ) -> T:
        await self.timeline.require_same()
        log = self.access_log(database.urn) if isinstance(database, SchoolDatabase) else None

        async def attempt(session: Session) -> tuple[T, ChainHead | None, int]:
            unit = UnitOfWork(actor, self.clock(), database, key, session, self.ledger, log)
            result = await work(unit)
            head = await unit.finish()
            reach(Failpoint.BEFORE_COMMIT)
            return result, head, unit.told

        with tracer.start_as_current_span("unit of work", attributes={"hub.service": self.service}):
            async with self._locks.hold(key):
                result, head, told = await self.store.transact(attempt)
                if log is not None and head is not None:
                    log.moved_to(head)
        reach(Failpoint.AFTER_COMMIT)
        if told:
            events_told.add(told, {"service": self.service})
        return result

    async def _prepare_school(self, database: SchoolDatabase) -> None:
        if database.name in self._prepared:
            return
        for collection, wanted in self._school_indexes.items():
            for index in wanted:
                await database.collection(collection).ensure(index)
        self._prepared.add(database.name)


class _KeyedLocks:
    """One lock a key, dropped when nobody waits for it."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Wait until the key is free, and keep it."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
