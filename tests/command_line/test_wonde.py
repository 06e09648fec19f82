"""`careers-hub wonde` as a process: its options, its token, its exit codes, and Ctrl-C."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from typer.testing import CliRunner

from services.__main__ import INTERRUPTED
from services.command_line.app import app
from services.command_line.output import CommandError, Exit
from services.command_line.wonde import LARGEST_TOKEN_FILE, TOKEN_VARIABLE, read_token
from services.command_line.wonde_roll import Asked, take
from services.command_line.work import this_year
from services.connectors.wonde.pages import Source
from services.pupils.service import SERVICE
from services.runtime.api import create_api
from services.runtime.context import utc_now
from services.runtime.issuer import issue_token
from services.runtime.settings import Settings
from tests.conftest import TokenFor, eventually
from tests.connectors.wonde_server import SCHOOL, TOKEN, Wonde, serving, student
from tests.pupils.values import URN, upn

PROJECT: Final = Path(__file__).parents[2]
END_TIMEOUT_S: Final = 60.0
OPTIONS: Final = ("wonde", "--school", URN, "--wonde-school", SCHOOL)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    code: int | None
    output: str
    errors: str


async def start(*arguments: str, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", *OPTIONS, *arguments),
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "200", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ended:
    try:
        output, errors = await asyncio.wait_for(process.communicate(), END_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Ended(process.returncode, output.decode(), errors.decode())


@pytest.fixture
async def hub(settings: Settings, token: TokenFor, keys: Path) -> AsyncIterator[dict[str, str]]:
    """The real API on a free port of the loopback, by the real clock; what a command needs to find it."""
    await token("leader", "careers_leader", URN)
    access = issue_token(
        keys, issuer=settings.issuer, audience=settings.audience, subject="leader", now=utc_now()
    )
    config = uvicorn.Config(
        create_api([SERVICE], settings), host="127.0.0.1", port=0, log_level="error", ws="none"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started or running.done())
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield {"CAREERS_HUB_URL": f"http://127.0.0.1:{port}", "CAREERS_HUB_TOKEN": access}
    finally:
        server.should_exit = True
        await running


@pytest.fixture
def wonde() -> Iterator[Wonde]:
    """A Wonde with three pupils of Year 10 and one of Year 6."""
    students: list[Any] = [student(serial, education={"upn": upn(serial)}) for serial in (1, 2, 3)]
    students.append(student(4, education={"current_nc_year": "6"}))
    with serving(Wonde(students=students)) as running:
        yield running


async def test_a_roll_goes_from_wonde_to_the_hub_and_json_is_one_value(
    hub: dict[str, str], wonde: Wonde, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    arguments = ("--base-url", wonde.base_url, "--token-file", str(file), "--json")

    found = await ended(await start(*arguments, "--year", this_year(), **hub))

    assert found.code == 0, found.errors
    receipt = json.loads(found.output)
    assert (receipt["outcome"], receipt["new"]) == ("imported", 3)
    assert receipt["wonde"]["left_out"] == {"other_year_group": 1}
    assert "Wonde: 4 students in 2 pages so far" in found.errors
    assert TOKEN not in found.output + found.errors
    assert "Surname" not in found.output + found.errors


async def test_refused_rows_are_shown_and_end_with_one(hub: dict[str, str], wonde: Wonde) -> None:
    wonde.students[2] = student(3, education_details=None)
    variables = {**hub, TOKEN_VARIABLE: TOKEN}

    dry = await ended(await start("--base-url", wonde.base_url, "--dry-run", **variables))
    found = await ended(await start("--base-url", wonde.base_url, **variables))

    assert dry.code == 0
    assert "Nothing was sent. 3 rows would be" in dry.output
    assert found.code == Exit.FOUND_A_PROBLEM
    assert "Wonde: 4 students, 2 pages, 3 rows, 1 without upn" in found.output
    assert "Left out: 1 other year group" in found.output
    assert "3 rows, 2 new" in found.output
    assert "mis_id 9003" in found.errors


async def test_a_token_that_wonde_refuses_ends_with_four_and_imports_nothing(
    hub: dict[str, str], wonde: Wonde
) -> None:
    found = await ended(await start("--base-url", wonde.base_url, **hub, **{TOKEN_VARIABLE: "another-token"}))
    assert found.code == Exit.REFUSED
    assert "Wonde does not accept the token (401)" in found.errors
    assert "another-token" not in found.errors
    assert found.output == ""


async def test_ctrl_c_while_wonde_is_asked_is_one_line(hub: dict[str, str]) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.setblocking(False)  # noqa: FBT003 - the socket's own signature
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            process = await start("--base-url", address, **hub, **{TOKEN_VARIABLE: TOKEN})
            accepting = asyncio.get_running_loop().sock_accept(silent)
            connection, _address = await asyncio.wait_for(accepting, END_TIMEOUT_S)
            with connection:
                process.send_signal(signal.SIGINT)
                found = await ended(process)
    finally:
        signal.signal(signal.SIGINT, before)
    assert found.code == INTERRUPTED
    assert found.errors.splitlines() == ["Stopped. What was acknowledged is safe."]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base-url", "http://api.wonde.com/v1.0"], "a token must not be sent in the clear"),
        (["--year", "2026/28"], "is not an academic year"),
        (["--year", "2019/20"], "Wonde tells the year groups of today"),
        (["--token-file", "nowhere/token"], "cannot be read"),
        (["--wonde-school", "../A1"], "that is no id of a school at Wonde"),
    ],
)
def test_wrong_use_is_said_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.setenv("CAREERS_HUB_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CAREERS_HUB_TOKEN", "token")
    result = CliRunner().invoke(app, [*OPTIONS, *arguments])
    assert result.exit_code == Exit.WRONG_USE
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_without_a_token_it_says_where_to_put_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    with pytest.raises(CommandError) as caught:
        read_token(None)
    assert TOKEN_VARIABLE in caught.value.advice


@pytest.mark.parametrize("content", [b"x" * (LARGEST_TOKEN_FILE + 1), b"\xff\xfe\x00"])
def test_a_file_that_is_no_token_is_said_so_and_not_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        read_token(file)
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize(
    ("today", "year", "fine"),
    [
        (dt.date(2026, 9, 1), "2026/27", True),
        (dt.date(2027, 7, 20), "2026/27", True),
        (dt.date(2027, 7, 20), "2027/28", False),
        (dt.date(2027, 8, 1), "2027/28", True),
        (dt.date(2026, 9, 1), "2025/26", False),
    ],
)
async def test_only_the_year_whose_year_groups_wonde_tells_is_imported(
    monkeypatch: pytest.MonkeyPatch,
    today: dt.date,
    year: str,
    fine: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    monkeypatch.setenv("CAREERS_HUB_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CAREERS_HUB_TOKEN", "token")
    source = Source("http://127.0.0.1:1", SCHOOL, TOKEN)
    with pytest.raises(CommandError) as caught:
        await take(None, source, Asked(URN, year, today))
    assert (caught.value.code == Exit.NOT_AVAILABLE) is fine
