"""Traces and metrics: one trace runs from a request to the projections that it changes.

A unit of work stores the current `traceparent` with each event; the relay sends it as an attribute of the
event; a reader continues it, also into the events that a reaction tells. Without a collector and a trace
file everything here is OpenTelemetry's no-op implementation and costs next to nothing. Labels name services,
topics, routes and outcomes: never a school's pupil, and no free text.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from services.runtime.settings import Settings

METRIC_INTERVAL_MS: Final = 10_000
_EXPORT_TIMEOUT_S: Final = 5

tracer: Final = trace.get_tracer("careers-hub")
meter: Final = metrics.get_meter("careers-hub")

http_requests: Final = meter.create_counter("careers_hub.http.requests", description="Requests answered")
http_seconds: Final = meter.create_histogram(
    "careers_hub.http.duration",
    unit="s",
    # The SDK's own are made for milliseconds: everything of ours would be in the first.
    explicit_bucket_boundaries_advisory=[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
)
events_told: Final = meter.create_counter("careers_hub.ledger.events", description="Events made durable")
events_published: Final = meter.create_counter("careers_hub.relay.published")
publish_failures: Final = meter.create_counter("careers_hub.relay.failures")
records_settled: Final = meter.create_counter("careers_hub.reader.records", description="By outcome")
reader_lag: Final = meter.create_gauge("careers_hub.reader.lag", description="Durable events not yet applied")
reader_lateness: Final = meter.create_gauge(
    "careers_hub.reader.lateness", unit="s", description="Since when the oldest of those has been announced"
)
breaker_open: Final = meter.create_gauge("careers_hub.reader.breaker_open")
outbox_events: Final = meter.create_gauge(
    "careers_hub.ledger.outbox", description="Durable events that the broker has not acknowledged"
)
outbox_age: Final = meter.create_gauge(
    "careers_hub.ledger.outbox_age", unit="s", description="Age of the oldest of those"
)
parked_waiting: Final = meter.create_gauge("careers_hub.parking.waiting", description="Records parked now")
recount_figures: Final = meter.create_gauge("careers_hub.recount.figures", description="Counted again")
recount_mismatches: Final = meter.create_gauge(
    "careers_hub.recount.mismatches", description="Of those, the ones that differ from the report"
)
recount_unsettled: Final = meter.create_gauge(
    "careers_hub.recount.unsettled", description="Events neither applied nor parked"
)


@dataclass(slots=True)
class Telemetry:
    """The providers of this process, to be flushed at its end."""

    traces: TracerProvider | None = None
    meters: MeterProvider | None = None

    def shutdown(self) -> None:
        """Send what is waiting."""
        if self.traces is not None:
            self.traces.shutdown()
        if self.meters is not None:
            self.meters.shutdown()


class FileSpanExporter(SpanExporter):
    """Writes finished spans as JSON lines, for a look without a collector."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans to the file."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(_as_json(span)) + "\n" for span in spans)
        return SpanExportResult.SUCCESS


def start_telemetry(settings: Settings, role: str, instance: str | None = None) -> Telemetry:
    """Switch on what the settings ask for; with neither a collector nor a file, nothing.

    `instance` tells processes of a role apart, and is the process's own unless given: for a job of which
    there is one at a time, so that each run's figures follow those of the run before.
    """
    if not settings.otlp_endpoint and settings.trace_file is None:
        return Telemetry()
    resource = Resource.create(
        {
            SERVICE_NAME: f"careers-hub-{role}",
            "service.namespace": f"careers-hub/{settings.hub_id}",
            # Two processes of one role would otherwise write the same series and hide each other.
            SERVICE_INSTANCE_ID: instance or f"{socket.gethostname()}:{os.getpid()}",
        }
    )
    traces = TracerProvider(resource=resource)
    meters = None
    if settings.trace_file is not None:
        traces.add_span_processor(BatchSpanProcessor(FileSpanExporter(settings.trace_file)))
    if settings.otlp_endpoint:
        # Imported here: a third of a second at every start, for the few processes that send to a collector.
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

        base = settings.otlp_endpoint.rstrip("/")
        traces.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{base}/v1/traces", timeout=_EXPORT_TIMEOUT_S))
        )
        exporter = OTLPMetricExporter(endpoint=f"{base}/v1/metrics", timeout=_EXPORT_TIMEOUT_S)
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=METRIC_INTERVAL_MS)
        meters = MeterProvider(resource=resource, metric_readers=[reader])
        metrics.set_meter_provider(meters)
    trace.set_tracer_provider(traces)
    return Telemetry(traces, meters)


def current_traceparent() -> str | None:
    """Render the current span for storage, or None outside a recording one."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


def context_of(traceparent: str | None) -> Context | None:
    """Turn a stored `traceparent` back into a context to continue."""
    return None if traceparent is None else propagate.extract({"traceparent": traceparent})


@contextmanager
def caused_by(traceparent: str | None) -> Iterator[None]:
    """Tell events in the trace of the one that causes them; without one, in the current trace."""
    if traceparent is None:
        yield
        return
    token = context.attach(propagate.extract({"traceparent": traceparent}, context.get_current()))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def applying(events: Iterable[tuple[str, str | None]]) -> Iterator[None]:
    """Open a span in the trace of each event, given as type and `traceparent`; nothing without tracing."""
    spans = [
        tracer.start_span(f"apply {event_type}", context=context_of(traceparent))
        for event_type, traceparent in events
        if traceparent is not None
    ]
    try:
        yield
    finally:
        for span in spans:
            span.end()


def current_trace_id() -> str | None:
    """Return the hex id of the current trace, for logs and problem documents."""
    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else None


def _as_json(span: ReadableSpan) -> dict[str, object]:
    identity = span.get_span_context()
    return {
        "name": span.name,
        "trace_id": f"{identity.trace_id:032x}" if identity else None,
        "span_id": f"{identity.span_id:016x}" if identity else None,
        "parent_id": f"{span.parent.span_id:016x}" if span.parent else None,
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "service": span.resource.attributes.get(SERVICE_NAME),
        "attributes": dict(span.attributes or {}),
    }
