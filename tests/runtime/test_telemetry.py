"""Traces, metrics and logs: one trace from a request to what it changes, and no payload anywhere."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.employers import EmployerListed
from contracts.pupils import RollChanged
from contracts.topics import EMPLOYERS, PUPILS
from contracts.vocabulary import EmployerId
from services.runtime import telemetry
from services.runtime.broker import Publisher, ensure_topics
from services.runtime.context import ServiceContext
from services.runtime.reaction import Reaction, ReactionApplier
from services.runtime.reader import Reader
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.telemetry import context_of, current_trace_id, current_traceparent
from services.runtime.uow import UnitOfWork
from tests.conftest import ClientFor, TokenFor
from tests.runtime.sample_service import SOURCE, URN, Record, records_of, roll_reader, tell_rolls

ContextFor = Callable[[str], ServiceContext]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Switch tracing on for one test; the global provider can be set but once a process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry.tracer, "_real_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def trace_ids(found: list[ReadableSpan]) -> set[str]:
    return {f"{span.context.trace_id:032x}" for span in found if span.context is not None}


async def test_events_carry_the_trace_of_their_unit_when_tracing_is_on(
    context_for: ContextFor, spans: InMemorySpanExporter
) -> None:
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1)
    (row,) = await pupils.ledger.read(URN, 0, 10)
    (unit,) = [s for s in spans.get_finished_spans() if s.name == "unit of work"]
    assert unit.context is not None
    assert row.event.traceparent is not None
    assert row.event.traceparent[:-2] == f"00-{unit.context.trace_id:032x}-{unit.context.span_id:016x}-"


async def test_without_tracing_events_carry_none_and_nothing_is_recorded(context_for: ContextFor) -> None:
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1)
    (row,) = await pupils.ledger.read(URN, 0, 10)
    assert row.event.traceparent is None
    assert current_traceparent() is None
    assert current_trace_id() is None
    assert context_of(None) is None


class Overheard(Publisher):
    """The real publisher; a test also sees what it sends."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.sent: list[Record] = []

    async def send(self, topic: str, messages: list) -> int:  # type: ignore[type-arg,override]
        acknowledged = await super().send(topic, messages)
        self.sent += [Record(topic, m.key, m.value, m.headers) for m in messages]
        return acknowledged


@pytest.mark.every_broker
async def test_one_trace_runs_from_the_request_over_the_relay_to_the_projection(
    client_for: ClientFor,
    token: TokenFor,
    context_for: ContextFor,
    settings: Settings,
    spans: InMemorySpanExporter,
) -> None:
    leader = {"Authorization": f"Bearer {await token('leader', 'careers_leader', URN)}"}
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    async with client_for((SOURCE,)) as client:
        answer = await client.post(
            f"/pupils/v1/schools/{URN}/rolls/5",
            headers=leader | {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"},
        )
    assert answer.status_code == HTTPStatus.CREATED
    await ensure_topics(settings)
    publisher = Overheard(settings)
    await Relay(context_for("pupils"), PUPILS, publisher, "only").send_round()
    await publisher.close()
    await roll_reader(context_for("reporting")).take(publisher.sent)

    found = list(spans.get_finished_spans())
    ours = [s for s in found if s.context is not None and f"{s.context.trace_id:032x}" == trace_id]
    assert [s.name for s in ours] == [
        "unit of work",
        "POST /pupils/v1/schools/{urn}/rolls/{pupils}",
        "publish pupils.roll.changed.v1",
        "apply pupils.roll.changed.v1",
    ]
    by_name = {s.name.partition(" ")[0]: s for s in ours}
    parents = {name: s.parent.span_id if s.parent else None for name, s in by_name.items()}
    ids = {name: s.context.span_id for name, s in by_name.items() if s.context is not None}
    assert parents["unit"] == ids["POST"]
    assert parents["publish"] == ids["unit"]
    assert parents["apply"] == ids["publish"]


def telling_reader(context: ServiceContext) -> Reader:
    """Make a reader of the rolls that tells of an employer for each."""

    async def tell_again(unit: UnitOfWork, _: RollChanged) -> None:
        unit.tell(EmployerListed(employer_id=EmployerId("e-1"), name="First", size_band="small"))

    reaction = Reaction("telling", 1, (PUPILS,), {RollChanged: tell_again})
    name = "employers.telling.v1"
    return Reader(name, context, reaction.topics, ReactionApplier(name, reaction, context))


@pytest.mark.parametrize("tracing", [True, False], ids=["traced here", "traced elsewhere"])
async def test_what_a_reaction_tells_continues_the_trace_of_the_event_that_caused_it(
    context_for: ContextFor, settings: Settings, request: pytest.FixtureRequest, *, tracing: bool
) -> None:
    if tracing:
        request.getfixturevalue("spans")
    pupils, employers = context_for("pupils"), context_for("employers")
    await tell_rolls(pupils, 1, 2)
    traces = ["0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"]
    caused_by = [
        record.with_header("ce_traceparent", f"00-{trace_id}-b7ad6b7169203331-01".encode())
        for record, trace_id in zip(await records_of(pupils, PUPILS, URN), traces, strict=True)
    ]

    await telling_reader(employers).take(caused_by)

    rows = await employers.ledger.read(URN, 0, 10)
    assert [(row.event.traceparent or "").split("-")[1] for row in rows] == traces
    await ensure_topics(settings)
    publisher = Overheard(settings)
    await Relay(employers, EMPLOYERS, publisher, "only").send_round()
    await publisher.close()
    sent = [dict(record.headers)["ce_traceparent"] or b"" for record in publisher.sent]
    assert [traceparent.split(b"-")[1].decode() for traceparent in sent] == traces


@pytest.mark.usefixtures("spans")
@pytest.mark.parametrize("traceparent", [None, b"nonsense"])
async def test_what_a_reaction_tells_without_a_trace_to_continue_begins_one(
    context_for: ContextFor, traceparent: bytes | None
) -> None:
    pupils, employers = context_for("pupils"), context_for("employers")
    await tell_rolls(pupils, 1)
    (record,) = await records_of(pupils, PUPILS, URN)
    await telling_reader(employers).take([record.with_header("ce_traceparent", traceparent)])
    (row,) = await employers.ledger.read(URN, 0, 10)
    assert row.event.traceparent is not None


async def test_a_span_names_the_route_and_never_what_was_asked_for(
    client_for: ClientFor, spans: InMemorySpanExporter
) -> None:
    async with client_for((SOURCE,)) as client:
        await client.get(f"/pupils/v1/schools/{URN}/rolls?upn=A123456789")
        await client.get("/Alice/Example")
    told = repr([(s.name, dict(s.attributes or {})) for s in spans.get_finished_spans()])
    assert "GET /pupils/v1/schools/{urn}/rolls" in told
    assert "GET unmatched" in told
    for secret in ("A123456789", "Alice", URN):
        assert secret not in told


async def test_nobody_but_us_makes_spans_of_a_request(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web framework's own would double every request, and its log records hold exceptions' texts."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # The provider of the whole process can be set but once, hence the patch.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    monkeypatch.setattr(telemetry.tracer, "_real_tracer", provider.get_tracer("ours"))
    async with client_for((SOURCE,)) as client:
        answer = await client.get("/health/live")
    assert answer.status_code == HTTPStatus.OK
    assert [span.name for span in exporter.get_finished_spans()] == ["GET /health/live"]
    provider.shutdown()


@pytest.mark.usefixtures("spans")
@pytest.mark.parametrize(
    "traceparent", ["", "00-zz-zz-01", "x" * 1000, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"]
)
async def test_a_traceparent_that_makes_no_sense_begins_a_new_trace(
    client_for: ClientFor, context_for: ContextFor, traceparent: str
) -> None:
    async with client_for((SOURCE,)) as client:
        answer = await client.get("/health/live", headers={"traceparent": traceparent})
    assert answer.status_code == HTTPStatus.OK
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1)
    (record,) = await records_of(pupils, PUPILS, URN)
    await roll_reader(context_for("reporting")).take(
        [record.with_header("ce_traceparent", traceparent.encode())]
    )
    document = await context_for("reporting").database().collection("rolls_v1").get(f"pupils/{URN}")
    assert document is not None
    assert document["sequence"] == 1


PROGRAM = "tests.runtime.sample_service"


def run_program(settings: Settings, folder: Path) -> tuple[list[dict[str, object]], str]:
    """Run the sample service's program with telemetry as in production; returns its spans and its log."""
    environment = {
        "CAREERS_HUB_HUB_ID": settings.hub_id,
        "CAREERS_HUB_MONGODB_URL": settings.mongodb_url.get_secret_value(),
        "CAREERS_HUB_SECRET_FILE": str(settings.secret_file),
        "CAREERS_HUB_TRACE_FILE": str(folder / "spans.jsonl"),
        "CAREERS_HUB_LOG_FORMAT": "json",
        "CAREERS_HUB_LOG_LEVEL": "DEBUG",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", PROGRAM],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    written = (folder / "spans.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in written], done.stderr


async def test_spans_go_to_the_file_and_log_lines_carry_their_trace_and_no_payload(
    settings: Settings, tmp_path: Path
) -> None:
    found, log = await asyncio.to_thread(run_program, settings, tmp_path)

    (trace_id,) = {span["trace_id"] for span in found}
    assert {span["service"] for span in found} == {"careers-hub-sample"}
    assert {"unit of work", "apply pupils.roll.changed.v1"} <= {span["name"] for span in found}
    lines = [json.loads(line) for line in log.splitlines()]
    (parked,) = [line for line in lines if line["event"] == "records parked"]
    assert parked["trace_id"] == trace_id
    assert (parked["hub"], parked["role"], parked["level"]) == (settings.hub_id, "sample", "error")
    assert parked["stream"] == f"pupils/{URN}"
    for payload in ("on_roll", "year_groups", "academic_year"):
        assert payload not in log
