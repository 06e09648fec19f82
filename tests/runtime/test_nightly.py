"""The embedded Hub's nightly recount: run as a process, noted, and never left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from services.local import nightly
from services.local.journal import Journal
from services.local.nightly import recount_commands, recount_nightly, recount_once
from tests.conftest import eventually


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "hub.log", lambda _sentence: None)


def noted(journal: Journal) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("code", "event"), [(0, "recount_agrees"), (1, "recount_differs"), (3, "recount_failed")]
)
async def test_how_a_recount_ended_is_noted(journal: Journal, code: int, event: str) -> None:
    agrees = (sys.executable, "-c", "")
    await recount_once([agrees, (sys.executable, "-c", f"raise SystemExit({code})"), agrees], journal)

    assert [note["event"] for note in noted(journal)] == [event]


async def test_a_recount_that_hangs_is_ended(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "WITHIN_S", 0.2)

    await recount_once([(sys.executable, "-c", "import time; time.sleep(60)")], journal)

    assert [note["event"] for note in noted(journal)] == ["recount_too_slow"]


async def test_a_hub_that_stops_takes_its_recount_with_it(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    program = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)"
    monkeypatch.setattr(nightly, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(nightly, "recount_commands", lambda *_: [(sys.executable, "-c", program)])
    running = asyncio.create_task(recount_nightly(tmp_path, journal))
    await eventually(started.exists)

    running.cancel()

    async with asyncio.timeout(5):
        await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


def test_it_is_the_operators_own_command_for_this_academic_year_and_the_one_before(tmp_path: Path) -> None:
    commands = recount_commands(tmp_path, dt.date(2026, 11, 22))

    assert {command[1:5] for command in commands} == {("-m", "services", "recount", "--store")}
    assert [command[-3:] for command in commands] == [
        (str(tmp_path), "--year", "2026/27"),
        (str(tmp_path), "--year", "2025/26"),
    ]
