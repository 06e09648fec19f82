"""What a service is made of, declared in its `service.py` and assembled by `api.py` and `worker.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Response
from starlette.exceptions import HTTPException

from contracts.topics import TopicCard
from contracts.vocabulary import Urn
from services.runtime.context import ServiceContext
from services.runtime.linked_routes import AnonymousRouter, HubLinkedRouter, LinkedRouter
from services.runtime.mongo import Index
from services.runtime.projection import Projection
from services.runtime.reaction import Reaction
from services.runtime.routing import OpenRoute, SecuredRouter
from services.runtime.static_files import StaticFile

Indexes = Mapping[str, tuple[Index, ...]]


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its routes, its ledger's topic, what it reads, and its indexes by collection.

    `before_serving` is done at each start of an api, once the store is there and before anything is served.
    `daily` is done once a day by the worker, for each school by itself, a bounded amount at a time; it
    answers whether more is left (`daily.py`). `hub_daily` is the same for what a service holds of the Hub.
    `show_refusal` answers people, where a program gets a problem document, at an address that there is not.
    """

    name: str
    routers: tuple[SecuredRouter, ...]
    topic: TopicCard | None = None
    projections: tuple[Projection, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    indexes: Indexes = field(default_factory=dict)
    school_indexes: Indexes = field(default_factory=dict)
    before_serving: Callable[[ServiceContext], Awaitable[None]] | None = None
    linked_routers: tuple[LinkedRouter | HubLinkedRouter | AnonymousRouter, ...] = ()
    open_routes: tuple[OpenRoute, ...] = ()
    static_files: Callable[[], tuple[StaticFile, ...]] | None = None
    daily: Callable[[ServiceContext, Urn], Awaitable[bool]] | None = None
    hub_daily: Callable[[ServiceContext], Awaitable[bool]] | None = None
    show_refusal: Callable[[HTTPException], Response] | None = None
