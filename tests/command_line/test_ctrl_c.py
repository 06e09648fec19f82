"""Ctrl-C ends every command with one line and 130, from its first moment on: real processes and signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from services.__main__ import INTERRUPTED

PROJECT: Final = Path(__file__).parents[2]
END_TIMEOUT_S: Final = 30.0
ACCEPT_TIMEOUT_S: Final = 60.0
# Presses Ctrl-C at the very moment at which a module is about to be imported.
PRESSING: Final = """
import signal, sys
module, *sys.argv[1:] = sys.argv[1:]

class Presser:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Presser())
from services.__main__ import main
main()
"""
COMMANDS: Final = {
    "report": ["report"],
    "import": ["import", "{file}", "--school", "136500"],
    "post": ["post", "{file}", "--school", "136500"],
    "wonde": ["wonde", "--school", "136500", "--wonde-school", "A1930499544"],
}


Process = subprocess.Popen[str]


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Let children take Ctrl-C, also where tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def silent_hub() -> Iterator[socket.socket]:
    """An address that takes requests and never answers one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(ACCEPT_TIMEOUT_S)
        yield server


def start(*arguments: str, program: tuple[str, ...] = ("-m", "services"), **variables: str) -> Process:
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: Process) -> tuple[int, list[str]]:
    """Its exit code, and what it said on standard error."""
    try:
        _output, errors = process.communicate(timeout=END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, errors.splitlines()


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("report", "typer"),
        ("report", "services.command_line.work"),
        ("report", "services.command_line.connection"),
        ("report", "httpx"),
        ("recount", "motor.motor_asyncio"),
        ("up", "services.local.hub"),
        ("demo", "services.areas.area"),
    ],
)
def test_ctrl_c_while_a_command_is_being_imported_is_one_line(
    command: str, module: str, tmp_path: Path
) -> None:
    code, said = ended(start(module, command, "--data", str(tmp_path), program=("-c", PRESSING)))
    assert code == INTERRUPTED
    assert len(said) == 1
    assert said[0].startswith("Stopped.")


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_while_the_hub_is_asked_is_one_line(
    command: str, tmp_path: Path, silent_hub: socket.socket
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("upn\n", encoding="utf-8")
    process = start(
        *(word.format(file=file) for word in COMMANDS[command]),
        CAREERS_HUB_URL=f"http://127.0.0.1:{silent_hub.getsockname()[1]}",
        CAREERS_HUB_TOKEN="token",
        CAREERS_HUB_WONDE_TOKEN="token",
    )
    connection, _address = silent_hub.accept()
    with connection:
        process.send_signal(signal.SIGINT)
        code, said = ended(process)
    assert code == INTERRUPTED
    assert said == ["Stopped. What was acknowledged is safe."]


def test_ctrl_c_ends_a_hub_that_is_up_as_it_should(tmp_path: Path) -> None:
    process = start("up", "--data", str(tmp_path), "--json")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "{"
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert code == 0
    assert not [line for line in said if "Traceback" in line]
