"""Which collection of a projection is read, and which one is being built beside it.

A new version of a fold, or a rebuild that an operator asks for, gets a collection and a reader of its own.
Views go on reading the active one. When the new one has applied everything that the ledgers announce, it
becomes the active one in one write; the one before is kept until the next cut-over.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from services.runtime.errors import ConflictError, NotFoundError
from services.runtime.mongo import Document, Replace
from services.runtime.projection import Projection
from services.runtime.tenancy import ServiceDatabase

GENERATIONS: Final = "projections"
# Views learn of a cut-over this late; until then they read the one before, which is still there.
REMEMBERED_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of a projection."""

    version: int
    number: int

    def collection(self, name: str) -> str:
        """Name its collection."""
        return f"{name}_v{self.version}" + (f"_g{self.number}" if self.number > 1 else "")


@dataclass(frozen=True, slots=True)
class Builds:
    """The builds of one projection."""

    active: Generation
    building: Generation | None
    previous: Generation | None

    @property
    def live(self) -> tuple[Generation, ...]:
        """Those that take events."""
        return (self.active,) if self.building is None else (self.active, self.building)


@dataclass(slots=True)
class Generations:
    """The registry of one service."""

    database: ServiceDatabase
    _remembered: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def settle(self, projection: Projection) -> Builds:
        """Read a projection's builds, and start one if the code has another version than the active one."""
        stored = await self.database.collection(GENERATIONS).get(projection.name)
        if stored is None:
            builds = Builds(Generation(projection.version, 1), None, None)
            await self._write(projection.name, builds)
            return builds
        builds = _read(stored)
        if projection.version not in {generation.version for generation in builds.live}:
            builds = Builds(builds.active, Generation(projection.version, 1), builds.previous)
            await self._write(projection.name, builds)
        return builds

    async def rebuild(self, name: str) -> Generation:
        """Start another build of the active version; raises ConflictError while one is under way."""
        stored = await self.database.collection(GENERATIONS).get(name)
        if stored is None:
            message = f"There is no projection '{name}' yet; start the Hub's worker first."
            raise NotFoundError(message)
        builds = _read(stored)
        if builds.building is not None:
            message = f"'{name}' is being rebuilt already; wait until it has caught up."
            raise ConflictError(message)
        new = Generation(builds.active.version, builds.active.number + 1)
        await self.database.collection(new.collection(name)).drop()
        await self._write(name, Builds(builds.active, new, builds.previous))
        return new

    async def cut_over(self, name: str, builds: Builds) -> None:
        """Make the build that has caught up the active one, and drop the one before the last.

        Changes nothing if another worker has done it first.
        """
        if builds.building is None:
            return
        where = {"_id": name, "building": _plain(builds.building)}
        after = _document(name, Builds(builds.building, None, builds.active))
        if not await self.database.collection(GENERATIONS).write(Replace(where, after)):
            return
        if builds.previous is not None and builds.previous not in builds.live:
            await self.database.collection(builds.previous.collection(name)).drop()

    async def builds(self, name: str) -> Builds | None:
        """Read a projection's builds, or None before a worker has started."""
        stored = await self.database.collection(GENERATIONS).get(name)
        return None if stored is None else _read(stored)

    async def active_collection(self, projection: Projection) -> str:
        """Name the collection that views read."""
        now_s = time.monotonic()
        remembered = self._remembered.get(projection.name)
        if remembered is None or now_s - remembered[0] >= REMEMBERED_S:
            builds = await self.builds(projection.name)
            active = Generation(projection.version, 1) if builds is None else builds.active
            remembered = self._remembered[projection.name] = (now_s, active.collection(projection.name))
        return remembered[1]

    async def _write(self, name: str, builds: Builds) -> None:
        change = Replace({"_id": name}, _document(name, builds), upsert=True)
        await self.database.collection(GENERATIONS).write(change)


def _document(name: str, builds: Builds) -> Document:
    return {
        "_id": name,
        "active": _plain(builds.active),
        "building": _plain(builds.building),
        "previous": _plain(builds.previous),
    }


def _plain(generation: Generation | None) -> dict[str, int] | None:
    return None if generation is None else {"version": generation.version, "number": generation.number}


def _read(document: Document) -> Builds:
    def one(plain: dict[str, int] | None) -> Generation | None:
        return None if plain is None else Generation(plain["version"], plain["number"])

    active = one(document["active"])
    if active is None:
        message = f"the registry of {document['_id']} names no active build"
        raise ValueError(message)
    return Builds(active, one(document["building"]), one(document["previous"]))
