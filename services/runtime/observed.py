"""Around every request: a span, metrics, one log line, the limit of the body's size, and the last resort.

Plain ASGI, because this runs with every request. The span and the labels name the route's template, never
the path that was asked for.
"""

from __future__ import annotations

import time
from typing import Any, Final

from opentelemetry import propagate
from opentelemetry.trace import SpanKind
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.logs import get_logger
from services.runtime.problems import unexpected_problem
from services.runtime.telemetry import http_requests, http_seconds, tracer

log = get_logger(__name__)

TOO_LARGE: Final = 413
SERVER_ERROR: Final = 500
EVENT_STREAM: Final = b"text/event-stream"
HEADERS_READ: Final = frozenset({b"content-length", b"traceparent", b"tracestate"})


class ObservedRequests:
    """The outermost middleware of every api."""

    def __init__(self, app: ASGIApp, body_limit: int) -> None:
        self._app = app
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; other kinds of connection pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in HEADERS_READ
        }
        started_s = time.perf_counter()
        status, answering, is_stream = SERVER_ERROR, False, False
        limited = _Limited(receive, headers.get("content-length", ""), self._body_limit)

        async def note_status(message: Message) -> None:
            nonlocal status, answering, is_stream
            if message["type"] == "http.response.start":
                # Of a route that names an HTTPStatus, logs and labels would have the name.
                status, answering = int(message["status"]), True
                is_stream = any(EVENT_STREAM in value for _, value in message.get("headers", ()))
            await send(message)

        parent = propagate.extract(headers) if "traceparent" in headers else None
        with tracer.start_as_current_span(scope["method"], context=parent, kind=SpanKind.SERVER) as span:
            try:
                await self._app(scope, limited.receive, note_status)
            except Exception as error:
                if answering:
                    raise
                # Here rather than in Starlette's own handler, which is outside the span and raises it again,
                # for the server to log with whatever its text repeats.
                await unexpected_problem(scope, error)(scope, receive, note_status)
            finally:
                seconds = time.perf_counter() - started_s
                route = _template(scope)
                labels = {"method": scope["method"], "route": route, "status": status}
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.route": route, "http.response.status_code": status})
                http_requests.add(1, labels)
                # A stream of events lasts until somebody closes the page: it says nothing about speed.
                if not is_stream:
                    http_seconds.record(seconds, labels)
                log.debug("request", **labels, ms=round(seconds * 1000, 1))


class _Limited:
    """Counts the bytes of a body and stops at the limit, whatever its headers claim."""

    def __init__(self, receive: Receive, claimed: str, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._too_large = claimed.isdecimal() and int(claimed) > limit
        self._seen = 0

    async def receive(self) -> Message:
        """Receive the next part; raises 413 past the limit."""
        if self._too_large:
            self._refuse()
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            self._refuse()
        return message

    def _refuse(self) -> None:
        detail = (
            f"A request may have {self._limit // 1024} KiB. Send the data in several parts: what is sent "
            "twice is counted once."
        )
        raise HTTPException(TOO_LARGE, detail, headers={"Connection": "close"})


def _template(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path", "unmatched")
