"""R3: single POSTs a second through the whole application with the store stubbed, over a bare ASGI 202.

Two servers with the same uvicorn settings, each a process (`single_post_server.py`), loaded in turns by a
third process (`load_client.py`) with the same request on keep-alive connections. Ours checks the token, the
membership and the school's rate, validates the body, and renders a receipt; only `in_school`, the unit of
work, is stubbed.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import orjson

from benchmarks.hub import grant, open_store, python, wait_until_listening
from benchmarks.measure import Goal, Plan, Result, Series, interleave
from benchmarks.substrate import bare_settings, running_substrate
from contracts.vocabulary import Urn
from services.runtime.permissions import Role
from services.runtime.settings import Settings
from tests.substrate import free_port

GOAL: Final = Goal(">=", 0.25)
SECONDS: Final = 4.0
CLIENT_TIMEOUT_S: Final = 60.0
URN: Final = Urn("136500")
# Nobody may post 5,000 activities a second; here the limit must count without refusing.
NO_LIMIT: Final = 1e9

BODY: Final = orjson.dumps(
    {
        "reference": "2025-careers-fair-10",
        "activity_type": "employer_talk",
        "title": "Talk by an employer: health and social work",
        "held_on": "2025-11-03",
        "mode": "in_person",
        "hours": 1.0,
        "employer_id": "gpg-961",
        "tests_met": ["clear_purpose", "learning_outcomes", "reflection", "two_way_interaction"],
        "attendance": {
            "year_groups": [10],
            "pupils": [
                {"upn": f"H83500012500{number}", "status": status}
                for number, status in enumerate(("absent", "absent", "absent", "excused"))
            ],
        },
    }
)
"""A talk to a year group with four who were not there: the usual post of a school."""


async def measure(plan: Plan) -> list[Result]:
    """Start both servers and load them in turns."""
    folder = plan.subfolder("single_post")
    with running_substrate(folder) as substrate, ExitStack() as servers:
        settings = bare_settings(substrate, folder, rate_limit_per_second=NO_LIMIT)
        async with open_store(settings) as store:
            token = await grant(settings, store, Role.CAREERS_LEADER, URN)
        request = _request(token)
        real = await _start(servers, "real", settings, folder)
        bare = await _start(servers, "bare", settings, folder)
        ours, over = await interleave(
            plan.runs, lambda _run: _load(real, "201", request), lambda _run: _load(bare, "202", request)
        )
    return [
        Result(
            "R3 single POST",
            GOAL,
            Series("the whole application: token, membership, rate, validation; store stubbed", "/s", ours),
            Series("bare ASGI that reads the body and answers 202", "/s", over),
            (f"{len(BODY)} bytes a body, 8 keep-alive connections, {SECONDS:g} s a run",),
        )
    ]


async def _start(servers: ExitStack, which: str, settings: Settings, folder: Path) -> int:
    port = free_port()
    log = folder / f"{which}.log"
    command = ["-m", "benchmarks.single_post_server", which, str(port)]
    process = servers.enter_context(python(command, settings, log))
    await wait_until_listening(process, port, log)
    return port


async def _load(port: int, status: str, request: bytes) -> float:
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load_client", str(port), status, str(SECONDS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(CLIENT_TIMEOUT_S):
            answer, _ = await client.communicate(request)
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    assert client.returncode == 0, "the load client failed; its words are above"
    return float(answer)


def _request(token: str) -> bytes:
    head = (
        f"POST /pupils/v1/schools/{URN}/activities HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Content-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY
