"""Structured logs: one event a line, with fields and the id of the current trace.

A log line names services, schools (URN), topics and sequences. It never holds a payload, a name, a UPN or
what a caller sent. Third parties' loggers are rendered the same way.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import structlog

from services.runtime.settings import Settings
from services.runtime.telemetry import current_trace_id

# These libraries log every reconnection attempt as an error; our own lines say it once.
_NOISY: Final = ("aiokafka", "kafka", "faststream", "pymongo", "httpx", "httpcore")


def get_logger(name: str) -> Any:  # noqa: ANN401 - structlog's bound loggers are typed by configuration
    """Name a logger; fields are passed as keywords."""
    return structlog.get_logger(name)


def start_logs(settings: Settings, role: str) -> None:
    """Send every log line of this process to standard error in the format that the settings ask for."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace_id,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(hub=settings.hub_id, role=role)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _add_trace_id(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    trace_id = current_trace_id()
    if trace_id is not None:
        event["trace_id"] = trace_id
    return event
