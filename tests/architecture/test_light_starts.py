"""Who may import what at its start: each of these waits in somebody's way, at every start."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.architecture.source_tree import PROJECT

STORE: Final = {"motor", "pymongo"}
KAFKA: Final = {"aiokafka", "faststream"}
WEB: Final = {"fastapi", "starlette", "uvicorn"}
CLIENT: Final = {"httpx"}
# Third parties of a role bring these along where they are installed, so only our own use is looked at there.
PEOPLE: Final = {"rich", "typer"}
PRINTING: Final = {"PIL", "reportlab"}
OTHER_PROGRAMS: Final = {"services.command_line", "services.demo", "services.local"}
START_TIMEOUT_S: Final = 60

VERSION: Final = """
import sys
from services.__main__ import main
sys.argv = ["careers-hub", "--version"]
try:
    main()
except SystemExit as ending:
    assert not ending.code
"""
STARTS: Final = {
    "careers-hub --version": (VERSION, STORE | KAFKA | WEB | CLIENT),
    "the launcher": ("import services.local", STORE | KAFKA | WEB | CLIENT | PEOPLE),
    "a role, before it knows which": ("import services.serve", STORE | KAFKA | WEB | CLIENT | PEOPLE),
    "an api": (
        "import services.registry, services.runtime.api_process",
        KAFKA | CLIENT | PRINTING | OTHER_PROGRAMS,
    ),
    "a worker": (
        "import services.registry, services.runtime.worker_process",
        CLIENT | PRINTING | OTHER_PROGRAMS,
    ),
}


@pytest.mark.parametrize("start", STARTS)
def test_a_start_does_not_wait_for_what_it_does_not_need(start: str) -> None:
    code, unwanted = STARTS[start]
    found = imported_by(code) & unwanted
    assert not found


def test_what_is_unwanted_is_seen_where_it_is_imported() -> None:
    """Or the test above could not fail."""
    worker, _ = STARTS["a worker"]
    every = f"{worker}, services.command_line.connection, services.command_line.demonstration"
    assert imported_by(every) >= STORE | KAFKA | WEB | CLIENT | PEOPLE | OTHER_PROGRAMS


def imported_by(code: str) -> set[str]:
    """The modules that are imported once a new interpreter has run the code."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=START_TIMEOUT_S,
    )
    return set(told.stdout.splitlines()[-1].split())
