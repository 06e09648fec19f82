"""A process that is asked to stop is given more time by each who waits for it than it takes itself."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from typing import cast

import pytest

from services.local.programs import ROLE_STOP_WITHIN_S
from services.runtime import process, worker_process
from services.runtime.broker import CLOSE_TIMEOUT_S, HANDLERS_FINISH_S
from services.runtime.process import REQUESTS_GRACE_S, STOPS_WITHIN_S, WORK_GRACE_S
from services.runtime.telemetry import Telemetry
from services.runtime.worker import Worker
from tests.architecture.deployment_tree import compose, container_of, workloads
from tests.architecture.source_tree import PROJECT

STUCK_TIMEOUT_S = 10.0
SERVING = """
from services.runtime.process import serve_app

async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    print("serving", flush=True)
    await receive()
    await send({"type": "lifespan.shutdown.complete"})

serve_app(app, "127.0.0.1", 0)
print("afterwards", flush=True)
"""


def test_readers_finish_before_their_clients_are_abandoned_and_both_before_the_worker_is() -> None:
    assert HANDLERS_FINISH_S < CLOSE_TIMEOUT_S
    # The readers' client, then the producer.
    assert 2 * CLOSE_TIMEOUT_S < WORK_GRACE_S


def test_a_process_ends_by_itself_before_the_launcher_kills_it() -> None:
    assert REQUESTS_GRACE_S < STOPS_WITHIN_S < ROLE_STOP_WITHIN_S


@pytest.mark.parametrize("role", ["api", "worker"])
def test_kubernetes_and_compose_wait_longer_than_the_launcher(role: str) -> None:
    pod = workloads()[role]["spec"]["template"]["spec"]
    pause = container_of(role).get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", "00")
    in_compose = compose()["services"][f"pupils-{role}"]["stop_grace_period"]

    assert pod["terminationGracePeriodSeconds"] - int(pause[1]) > ROLE_STOP_WITHIN_S
    assert int(in_compose.removesuffix("s")) > ROLE_STOP_WITHIN_S


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_was_asked_to_stop_still_does_what_comes_after_serving(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVING], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        process.send_signal(number)
        output, _errors = process.communicate(timeout=STUCK_TIMEOUT_S)
    finally:
        process.kill()
        process.wait()
    assert output == "afterwards\n"
    assert process.returncode == 0


async def test_a_worker_that_cannot_stop_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "WORK_GRACE_S", 0.1)
    stuck = _Stuck()
    app = worker_process.worker_app(cast("Worker", stuck))
    async with asyncio.timeout(STUCK_TIMEOUT_S):
        async with app.router.lifespan_context(app):
            await stuck.running.wait()
        await stuck.asked.wait()
    assert not stuck.ended


def test_a_collector_that_is_away_does_not_keep_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "TELEMETRY_GRACE_S", 0.1)
    answered = threading.Event()
    begun = time.monotonic()
    process.flush(cast("Telemetry", _Away(answered)))
    took_s = time.monotonic() - begun
    answered.set()
    assert took_s < STUCK_TIMEOUT_S


class _Stuck:
    """A worker that does not heed the first time that it is asked to end."""

    def __init__(self) -> None:
        self.ready = True
        self.ended = False
        self.running, self.asked = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        self.running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.asked.set()
            await asyncio.Event().wait()
        self.ended = True


class _Away:
    """Telemetry whose collector does not answer."""

    def __init__(self, answered: threading.Event) -> None:
        self._answered = answered

    def shutdown(self) -> None:
        self._answered.wait(2 * STUCK_TIMEOUT_S)
