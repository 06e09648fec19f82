"""R3: single POSTs a second through the whole application with the store stubbed, over a bare ASGI 202.

Two servers with the same uvicorn settings, each a process (`single_post_server.py`), loaded in turns by a
third process (`load_client.py`) with the same request on keep-alive connections. Ours checks the token, the
membership and the school's rate, validates the body, and renders a receipt; only `in_school`, the unit of
work, is stubbed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import orjson

from benchmarks.hub import Substrate, running_substrate
from benchmarks.measure import Goal, Plan, Result, Series, interleave
from contracts.vocabulary import Urn
from services.local import environment
from services.local.ports import LOOPBACK, ReservedPort
from services.runtime.permissions import Role
from services.runtime.settings import ENVIRONMENT_PREFIX

GOAL: Final = Goal(">=", 0.25)
SECONDS: Final = 4.0
CLIENT_TIMEOUT_S: Final = 60.0
START_TIMEOUT_S: Final = 60.0
PROJECT: Final = Path(__file__).parents[1]
URN: Final = Urn("136500")
# Nobody may post 5,000 activities a second; here the limit must count without refusing.
NO_LIMIT: Final = "1e9"

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
    async with (
        running_substrate(plan.subfolder("single_post")) as substrate,
        _server("real", substrate) as real,
        _server("bare", substrate) as bare,
    ):
        request = _request(await substrate.token(Role.CAREERS_LEADER, URN))
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


@asynccontextmanager
async def _server(which: str, substrate: Substrate) -> AsyncIterator[int]:
    """Run one of the servers until it is not needed any more; gives its port."""
    embedded = substrate.embedded
    settings = environment(embedded.layout, embedded.hub_id, embedded.ports)
    settings[f"{ENVIRONMENT_PREFIX}RATE_LIMIT_PER_SECOND"] = NO_LIMIT
    settings[f"{ENVIRONMENT_PREFIX}LOG_LEVEL"] = "WARNING"
    port = ReservedPort()
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.single_post_server", which, str(port.number)),
        env={**os.environ, **settings},
        cwd=PROJECT,
    )
    try:
        await _wait_until_listening(server, port.number)
        yield port.number
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()
        port.release()


async def _wait_until_listening(server: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_TIMEOUT_S), httpx.AsyncClient() as client:
        while True:
            assert server.returncode is None, "the server has ended; its words are above"
            try:
                await client.get(f"http://{LOOPBACK}:{port}/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def _load(port: int, status: str, request: bytes) -> float:
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load_client", str(port), status, str(SECONDS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=PROJECT,
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
