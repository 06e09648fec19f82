"""How a role's process is set up before it serves."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette

from services.runtime.process import CONTAINERS_A_COLLECTION, serve_app


@pytest.fixture
def process() -> Iterator[None]:
    """Leave the collector, and what a signal does, as they were found."""
    before, on_signal = gc.get_threshold(), signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, on_signal)
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("process")
def test_what_is_loaded_before_serving_is_kept_out_of_garbage_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    while_serving: list[tuple[int, int]] = []
    monkeypatch.setattr(
        uvicorn, "run", lambda *_, **__: while_serving.append((gc.get_freeze_count(), gc.get_threshold()[0]))
    )

    serve_app(Starlette(), "127.0.0.1", 0)

    ((frozen, threshold),) = while_serving
    assert frozen > 10_000
    assert threshold == CONTAINERS_A_COLLECTION
