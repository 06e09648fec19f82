"""Which builds of its projections a worker feeds: those that the registry calls live and its code can fold.

The registry (`generations.py`) may be changed by an operator or by another worker, so it is read again every
round. A build that has caught up is cut over, one that is no longer live is let be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.runtime.context import ServiceContext
from services.runtime.generations import Builds, Generation
from services.runtime.logs import get_logger
from services.runtime.progress import Progress
from services.runtime.projection import Projection, ProjectionApplier
from services.runtime.reader import Reader
from services.runtime.subscriptions import Subscriptions

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Build:
    """A projection's build that this worker feeds."""

    context: ServiceContext
    projection: Projection
    generation: Generation
    reader: Reader


@dataclass(slots=True)
class Feeding:
    """The builds that a worker feeds; their readers are among the worker's `readers`."""

    readers: list[Reader]
    _builds: list[_Build] = field(default_factory=list)

    async def settle(self, context: ServiceContext, projection: Projection) -> None:
        """Begin with the builds that are live when the worker starts; its readers are not subscribed yet."""
        builds = await context.generations.settle(projection)
        for generation in _fed(projection, builds):
            self._add(context, projection, generation)

    async def follow(
        self,
        projections: Sequence[tuple[ServiceContext, Projection]],
        progress: Progress,
        subscriptions: Subscriptions,
    ) -> None:
        """Keep to the registry: feed the live builds, cut over those that have caught up."""
        for context, projection in projections:
            builds = await context.generations.builds(projection.name)
            if builds is None:
                continue
            fed = {
                b.generation: b for b in self._builds if b.context is context and b.projection is projection
            }
            for generation, build in fed.items():
                if generation not in builds.live:
                    self._retire(build)
                elif generation == builds.building and progress.has_caught_up(build.reader):
                    await context.generations.cut_over(projection.name, builds)
                    log.info("projection cut over", reader=build.reader.name)
            for generation in _fed(projection, builds):
                if generation not in fed:
                    build = self._add(context, projection, generation)
                    log.info("building a projection", reader=build.reader.name)
                    if not await subscriptions.add(build.reader):
                        self._retire(build)

    def _add(self, context: ServiceContext, projection: Projection, generation: Generation) -> _Build:
        build = _Build(context, projection, generation, reader_of(context, projection, generation))
        self.readers.append(build.reader)
        self._builds.append(build)
        return build

    def _retire(self, build: _Build) -> None:
        self._builds.remove(build)
        self.readers.remove(build.reader)
        build.reader.retired = True


def reader_of(context: ServiceContext, projection: Projection, generation: Generation) -> Reader:
    """Make the reader that feeds one build of a projection."""
    collection = generation.collection(projection.name)
    applier = ProjectionApplier(projection, context.database().collection(collection))
    return Reader(f"{context.service}.{collection}", context, projection.topics, applier)


def _fed(projection: Projection, builds: Builds) -> list[Generation]:
    """Name the live builds that this code can feed: a fold of another version is not in it."""
    return [generation for generation in builds.live if generation.version == projection.version]
