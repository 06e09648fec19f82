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
# They are for the solver's own process (services/employers/solver.py).
SOLVER: Final = {"numpy", "ortools"}
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
    "careers-hub --version": (VERSION, STORE | KAFKA | WEB | CLIENT | SOLVER),
    "the launcher": ("import services.local", STORE | KAFKA | WEB | CLIENT | PEOPLE | SOLVER),
    "a role, before it knows which": (
        "import services.serve",
        STORE | KAFKA | WEB | CLIENT | PEOPLE | SOLVER,
    ),
    "an api": (
        "import services.registry, services.runtime.api_process, services.employers.solver",
        KAFKA | CLIENT | PRINTING | OTHER_PROGRAMS | SOLVER,
    ),
    "a worker": (
        "import services.registry, services.runtime.worker_process, services.employers.solver",
        CLIENT | PRINTING | OTHER_PROGRAMS | SOLVER,
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
    found = imported_by(f"{every}, services.employers.matching.flow")
    assert found >= STORE | KAFKA | WEB | CLIENT | PEOPLE | OTHER_PROGRAMS | SOLVER


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
