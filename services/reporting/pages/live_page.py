"""Server-sent events for the Hub's page: `moved` when a read model that it shows has moved."""

from __future__ import annotations

import asyncio
import hashlib
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Header, Query, Request, Response

from services.reporting.pages import pages
from services.reporting.stream import PROJECTIONS
from services.runtime.context import ServiceContext
from services.runtime.permissions import Permission
from services.runtime.reaction import CURSORS
from services.web.live import EVENT_STREAM, Watch
from services.web.routing import HubVisitor, PageRouter

LIVE_PATH: Final = "/reporting/live"
MARK_PATTERN: Final = r"^[0-9a-f]{16}$"
_MARK_LENGTH: Final = 16
"""Hex digits: two marks are equal by chance once in 10^19."""

router = PageRouter("reporting", "/reporting", pages)


@router.get("/live", Permission.READ_HUB_REPORT)
async def get_live(
    caller: HubVisitor,
    request: Request,
    since: Annotated[str | None, Query(pattern=MARK_PATTERN)] = None,
    last_event_id: Annotated[str | None, Header(pattern=MARK_PATTERN)] = None,
) -> Response:
    """Stream to whoever asks for a stream; to anything else say what this is."""
    if EVENT_STREAM not in request.headers.get("accept", ""):
        text = "This address tells an open page of the Hub what moves. Open /reporting/hub instead.\n"
        return Response(text, HTTPStatus.NOT_ACCEPTABLE, media_type="text/plain")
    return _watch(request, caller.context).answer(last_event_id or since)


async def mark_of(context: ServiceContext) -> str:
    """Say how far the read models are, as a short text that changes with every event that they apply."""
    built = [await context.generations.active_collection(projection) for projection in PROJECTIONS]
    database = context.database()
    names = [*built, CURSORS]
    read = await asyncio.gather(*(database.collection(name).find({}, fields=["sequence"]) for name in names))
    parts = [
        f"{name} {len(found)} {sum(one['sequence'] for one in found)}"
        for name, found in zip(names, read, strict=True)
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_MARK_LENGTH]


def live_address(mark: str) -> str:
    """Where a page that was made at a mark listens."""
    return f"{LIVE_PATH}?since={mark}"


def _watch(request: Request, context: ServiceContext) -> Watch:
    """Find the one watch of the application that serves this."""
    watch: Watch | None = getattr(request.app.state, "reporting_watch", None)
    if watch is None:
        watch = Watch(lambda: mark_of(context), request.app.state.stopping)
        request.app.state.reporting_watch = watch
    return watch
