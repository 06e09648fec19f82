"""A scenario: some schools of a Hub, their load, and a watch on what readers apply meanwhile.

Used as: enrol the schools, `async with scene.load(): <the fault>`, heal, `await scene.settle()`, then the
checkers. Each scenario has schools of its own, so that one that fails leaves the others alone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.vocabulary import Urn
from services.runtime.context import utc_now
from services.runtime.errors import UnavailableError
from services.runtime.issuer import issue_token
from services.runtime.memberships import Membership, Memberships
from services.runtime.permissions import Role
from services.runtime.settings import Settings
from services.runtime.tenancy import Tenancy
from tests.faults.evidence import Evidence, Position, open_evidence
from tests.faults.journal import Journal
from tests.faults.load import ANSWER_TIMEOUT_S, Client, SchoolLoad
from tests.faults.posts import Planner
from tests.faults.schools import EMPLOYERS, School, directory_of, make_school

SCHOOLS: Final = 3
PAUSE_S: Final = 0.05
# Three schools post some 30 times a second; a fault is over within seconds.
POSTED_TIMEOUT_S: Final = 60.0
SETTLE_TIMEOUT_S: Final = 60.0
POLL_S: Final = 0.1
DIRECTORY: Final = "directory"
_URNS: Final[Iterator[int]] = itertools.count(200_001)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Hub is: its settings for a reader of its remains, its keys, its API, and its logs."""

    settings: Settings
    keys: Path
    http: httpx.AsyncClient
    logs: Sequence[Path] = ()
    now: dt.datetime | None = None
    """Moment at which tokens are issued; None for the wall clock."""


@dataclass(slots=True, eq=False)
class Scene:
    """A scenario under way."""

    name: str
    seed: int
    place: Place
    evidence: Evidence
    schools: list[School]
    dice: random.Random
    loads: dict[Urn, SchoolLoad] = field(default_factory=dict)
    seen: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """States of the report's read model as they were seen, by stream and sequence."""
    went_back: list[str] = field(default_factory=list)
    """Streams of which a read model was seen at a lower sequence than before."""
    settled_s: float = 0.0
    """How long the last settling took, from the end of load and faults."""

    @property
    def urns(self) -> list[str]:
        """The schools of this scenario."""
        return [school.urn for school in self.schools]

    @property
    def journals(self) -> list[Journal]:
        """One journal a school."""
        return [load.client.journal for load in self.loads.values()]

    @property
    def acknowledged(self) -> int:
        """How many posts have been acknowledged."""
        return sum(sum(journal.acknowledged.values()) for journal in self.journals)

    def client_of(self, school: School) -> Client:
        """The client of a school's careers leader."""
        return self.loads[school.urn].client

    async def token(self, subject: str, role: Role, urn: str | None = None) -> str:
        """Grant a role and sign a token."""
        now = self.place.now or utc_now()
        memberships = Memberships(Tenancy(self.evidence.store, self.place.settings.hub_id), lambda: now)
        since = now - dt.timedelta(days=1)
        await memberships.grant(Membership(subject, role, None if urn is None else Urn(urn), since))
        return issue_token(
            self.place.keys,
            issuer=self.place.settings.issuer,
            audience=self.place.settings.audience,
            subject=subject,
            now=now,
        )

    async def enrol(self) -> None:
        """List the schools and the employers, and import every school's first roll."""
        admin = {"Authorization": f"Bearer {await self.token('fault-admin', Role.HUB_ADMIN)}"}
        listing = directory_of(self.schools)
        answer = await self.place.http.put("/employers/v1/directory", json=listing, headers=admin)
        answer.raise_for_status()
        canaries = {school.urn: school.canaries for school in self.schools}
        for place, school in enumerate(self.schools):
            journal = Journal(school)
            foreign = sorted(set().union(*(canaries[other] for other in canaries if other != school.urn)))
            token = await self.token(f"leader-{school.urn}", Role.CAREERS_LEADER, school.urn)
            dice = random.Random(f"{self.seed}/{self.name}/{place}")
            client = Client(self.place.http, token, journal, foreign)
            self.loads[school.urn] = SchoolLoad(client, Planner(journal, dice), dice)
        await asyncio.gather(*(load.enrol() for load in self.loads.values()))

    async def directory_known(self) -> None:
        """Wait until `pupils` knows the employers and `reporting` the schools."""
        employers = self.evidence.contexts["pupils"].database().collection("employers")
        schools = self.evidence.contexts["reporting"].database().collection("schools")

        async def known() -> bool:
            return await employers.count({"_id": {"$in": list(EMPLOYERS)}}) == len(
                EMPLOYERS
            ) and await schools.count({"_id": {"$in": self.urns}}) == len(self.urns)

        await until(known, SETTLE_TIMEOUT_S, "the directory is known")

    @asynccontextmanager
    async def load(self, pause_s: float = PAUSE_S) -> AsyncIterator[None]:
        """Let every school post for as long as the context lasts; what was begun is finished."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch())
            posting = [tasks.create_task(load.run(stop, pause_s)) for load in self.loads.values()]
            try:
                yield
            finally:
                stop.set()
            await asyncio.wait(posting)
            watch.cancel()

    async def posted(self, number: int) -> None:
        """Wait until so many more posts have been acknowledged: the load's own clock."""
        goal = self.acknowledged + number

        async def reached() -> bool:
            return self.acknowledged >= goal

        await until(reached, POSTED_TIMEOUT_S, f"{number} more posts are acknowledged")

    async def positions(self) -> list[Position]:
        """Where every reader is in the streams of this scenario's schools, and in the directory."""
        return await self.evidence.positions([*self.urns, DIRECTORY])

    async def settle(self, timeout_s: float = SETTLE_TIMEOUT_S) -> bool:
        """Wait until everything is applied or parked; False if that does not come true."""
        started_s = time.monotonic()
        while any(position.missing for position in await self.positions()):
            self.settled_s = time.monotonic() - started_s
            if self.settled_s > timeout_s:
                return False
            await asyncio.sleep(POLL_S)
        await self._look()
        return True

    async def _watch(self) -> None:
        while True:
            try:
                await self._look()
            except UnavailableError:
                # The store is part of what is being killed.
                await asyncio.sleep(POLL_S)
            await asyncio.sleep(POLL_S)

    async def _look(self) -> None:
        for stream, document in (await self.evidence.read_models(self.urns)).items():
            sequence = document["sequence"]
            if any(stream == seen and sequence < last for seen, last in self.seen):
                self.went_back.append(f"{stream} at {sequence}")
            self.seen[stream, sequence] = document["state"]


@asynccontextmanager
async def scenario(place: Place, name: str, seed: int, schools: int = SCHOOLS) -> AsyncIterator[Scene]:
    """Open a scenario with schools of its own."""
    made = [make_school(Urn(str(next(_URNS))), seed) for _ in range(schools)]
    async with open_evidence(place.settings) as evidence:
        yield Scene(name, seed, place, evidence, made, random.Random(f"{seed}/{name}"))


@asynccontextmanager
async def api_client(address: str, timeout_s: float = ANSWER_TIMEOUT_S) -> AsyncIterator[httpx.AsyncClient]:
    """A client that waits so long for an answer."""
    async with httpx.AsyncClient(base_url=address, timeout=timeout_s) as client:
        yield client


async def until(condition: Any, timeout_s: float, what: str) -> None:  # noqa: ANN401 - an async predicate
    """Wait for a condition; raises AssertionError that names it if it does not come true in time."""
    deadline = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline, f"within {timeout_s} s it did not come true that {what}"
        await asyncio.sleep(POLL_S / 2)
