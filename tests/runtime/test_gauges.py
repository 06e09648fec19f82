"""What is measured for whoever watches: true figures, and no school in a label."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData, NumberDataPoint

from contracts.topics import PUPILS
from services.recount import process as recount_process
from services.recount.compare import Recount
from services.runtime import telemetry
from services.runtime.context import ServiceContext
from services.runtime.gauges import measure
from services.runtime.progress import Progress
from services.runtime.settings import Settings
from services.runtime.telemetry import start_telemetry
from tests.conftest import NOW
from tests.runtime.sample_service import OTHER_URN, UNLUCKY, URN, records_of, roll_reader, tell_rolls
from tests.runtime.test_progress import Wire, all_published, announced

ContextFor = Callable[[str], ServiceContext]
Point = tuple[str, frozenset[tuple[str, object]]]
INSTRUMENTS = {
    name: value for name, value in vars(telemetry).items() if hasattr(value, "set") or hasattr(value, "add")
}


class Measured:
    """Everything that is measured during one test."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader

    def take(self) -> dict[Point, float]:
        """Read what was set since the last time, by name and labels."""
        data = self._reader.get_metrics_data() or MetricsData(resource_metrics=[])
        return {
            (metric.name, frozenset((point.attributes or {}).items())): point.value
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
            if isinstance(point, NumberDataPoint)
        }


def at_minute(context: ServiceContext, minute: int) -> ServiceContext:
    """Give the same context so many minutes later."""
    moved = copy.copy(context)
    moved.clock = lambda: NOW + dt.timedelta(minutes=minute)
    return moved


def point(name: str, **labels: object) -> Point:
    return f"careers_hub.{name}", frozenset(labels.items())


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Measured]:
    """Let the module's instruments measure for real; the global provider can be set but once a process."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    meter = provider.get_meter("test")
    for name, proxy in INSTRUMENTS.items():
        if hasattr(proxy, "_name") and hasattr(proxy, "_real_instrument"):
            monkeypatch.setattr(proxy, "_real_instrument", proxy._create_real_instrument(meter))
        else:
            pytest.fail(f"{name} cannot be measured")
    yield Measured(reader)
    provider.shutdown()


async def test_the_outbox_is_as_old_as_the_oldest_event_that_the_broker_lacks(
    context_for: ContextFor, measured: Measured
) -> None:
    pupils = context_for("pupils")
    await tell_rolls(pupils, 1, 2)
    await tell_rolls(at_minute(pupils, 5), 3, urn=OTHER_URN)

    await measure(at_minute(pupils, 7))
    found = measured.take()
    assert found[point("ledger.outbox", service="pupils")] == 3
    assert found[point("ledger.outbox_age", service="pupils")] == 7 * 60

    (first, _) = sorted(await pupils.ledger.heads(), key=lambda head: head.head != 2)
    await pupils.ledger.mark_published(first, 2, fence=1)
    await measure(at_minute(pupils, 7))
    assert measured.take()[point("ledger.outbox_age", service="pupils")] == 2 * 60

    await all_published(pupils)
    await measure(pupils)
    found = measured.take()
    assert found[point("ledger.outbox", service="pupils")] == 0
    assert found[point("ledger.outbox_age", service="pupils")] == 0


async def test_what_is_parked_is_counted_also_when_it_is_nothing(
    context_for: ContextFor, measured: Measured
) -> None:
    pupils, reporting = context_for("pupils"), context_for("reporting")
    await measure(reporting)
    assert measured.take()[point("parking.waiting", service="reporting")] == 0

    await tell_rolls(pupils, UNLUCKY, 1)
    await roll_reader(reporting).take(await records_of(pupils, PUPILS, URN))
    await measure(reporting)
    assert measured.take()[point("parking.waiting", service="reporting")] == 2


async def test_a_reader_says_how_late_it_is_until_it_has_caught_up(
    context_for: ContextFor, settings: Settings, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupils = context_for("pupils")
    reader = roll_reader(context_for("reporting"))
    wire = Wire(settings)
    hub = Progress(pupils.hub, [pupils], [reader], wire)
    now = [1000.0]
    monkeypatch.setattr("services.runtime.progress.time.monotonic", lambda: now[0])
    await tell_rolls(pupils, 1, 2)
    await announced(hub, wire)
    await hub.check()
    now[0] += 2
    await hub.check()
    found = measured.take()
    assert found[point("reader.lag", reader=reader.name)] == 2
    assert found[point("reader.lateness", reader=reader.name)] == 2
    assert found[point("reader.breaker_open", reader=reader.name)] == 0

    await reader.take(await records_of(pupils, PUPILS, URN))
    await hub.check()
    found = measured.take()
    assert found[point("reader.lag", reader=reader.name)] == 0
    assert found[point("reader.lateness", reader=reader.name)] == 0


async def test_an_open_breaker_is_seen(
    context_for: ContextFor, settings: Settings, measured: Measured
) -> None:
    pupils = context_for("pupils")
    reader = roll_reader(context_for("reporting"))
    reader.breaker.limit = 1
    await tell_rolls(pupils, UNLUCKY)
    await reader.take(await records_of(pupils, PUPILS, URN))
    await Progress(pupils.hub, [pupils], [reader], Wire(settings)).check()
    assert measured.take()[point("reader.breaker_open", reader=reader.name)] == 1


async def test_no_label_names_a_school_or_says_anything_but_which_part_of_us(
    context_for: ContextFor, settings: Settings, measured: Measured
) -> None:
    pupils, reporting = context_for("pupils"), context_for("reporting")
    reader = roll_reader(reporting)
    wire = Wire(settings)
    hub = Progress(pupils.hub, [pupils], [reader], wire)
    await tell_rolls(pupils, 1, UNLUCKY, 2)
    await announced(hub, wire)
    await reader.take(await records_of(pupils, PUPILS, URN))
    await hub.check()
    await measure(pupils)
    await measure(reporting)
    recount_process._tell(Recount("2025/26", schools=1, unsettled={f"pupils/{URN}": 2}))

    found = measured.take()
    assert len({name for name, _ in found}) >= 10
    allowed = {"service", "reader", "outcome", "academic_year"}
    assert {label for _, labels in found for label, _ in labels} <= allowed
    assert URN not in repr(found)


async def test_a_recount_tells_numbers_and_looks_again_before_it_says_that_figures_differ(
    context_for: ContextFor, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    async def moving(_reporting: ServiceContext, year: str) -> Recount:
        looks.append(year)
        unsettled = {"pupils/136500": 4} if len(looks) == 1 else {}
        return Recount(year, figures=9, unsettled=unsettled)

    monkeypatch.setattr(recount_process, "recount", moving)
    result = await recount_process.recount_at_rest(context_for("reporting"), "2025/26", pause_s=0)
    recount_process._tell(result)

    assert looks == ["2025/26"] * 2
    found = measured.take()
    assert found[point("recount.figures", academic_year="2025/26")] == 9
    assert found[point("recount.unsettled", academic_year="2025/26")] == 0


async def test_a_difference_that_stays_is_told_after_three_looks(
    context_for: ContextFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    async def stuck(_reporting: ServiceContext, year: str) -> Recount:
        looks.append(year)
        return Recount(year, figures=9, unsettled={"pupils/136500": 4})

    monkeypatch.setattr(recount_process, "recount", stuck)
    result = await recount_process.recount_at_rest(context_for("reporting"), "2025/26", pause_s=0)
    assert len(looks) == recount_process.LOOKS
    assert result.unsettled


async def test_the_recount_job_counts_both_years_of_a_real_store(
    settings: Settings, context_for: ContextFor
) -> None:
    await context_for("reporting").prepare({}, {})
    assert await recount_process._recount_years(settings)


def test_two_processes_of_a_role_have_names_of_their_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr("services.runtime.telemetry.metrics.set_meter_provider", made.append)
    monkeypatch.setattr("services.runtime.telemetry.trace.set_tracer_provider", lambda _provider: None)
    names = set()
    for process in (1, 2):
        monkeypatch.setattr("services.runtime.telemetry.os.getpid", lambda process=process: process)
        traces = start_telemetry(settings.model_copy(update={"trace_file": "spans"}), "worker").traces
        assert traces is not None
        names.add(traces.resource.attributes["service.instance.id"])
        traces.shutdown()
    assert len(names) == 2
