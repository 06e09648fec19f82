"""What the tests of the embedded Hub need: stand-ins for the roles, a launcher, small disks, who is alive."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from services.local import ChildName
from services.local.programs import PortCommand, mongodb_url

ROLE = Path(__file__).with_name("embedded_role.py")
ROOT = Path(__file__).parents[2]
STORE_ALONE: frozenset[ChildName] = frozenset(("store",))
BROKER_ALONE: frozenset[ChildName] = frozenset(("broker",))
BROKER_AND_WORKER: frozenset[ChildName] = frozenset(("broker", "worker"))
API_ALONE: frozenset[ChildName] = frozenset(("api",))
START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 10.0


def stand_ins(manner: str) -> Mapping[ChildName, PortCommand]:
    """Commands for api and worker that start `embedded_role.py`."""

    def command(port: int) -> list[str]:
        return [sys.executable, str(ROLE), manner, str(port)]

    return {"api": command, "worker": command}


@dataclass(frozen=True, slots=True)
class Launcher:
    """A process that runs a Hub, and what it said when the Hub was ready."""

    process: asyncio.subprocess.Process
    pids: list[int]
    address: str

    async def ended(self) -> int:
        """Wait for its exit code."""
        async with asyncio.timeout(END_TIMEOUT_S):
            return await self.process.wait()


@asynccontextmanager
async def launched(data: Path, manner: str = "well") -> AsyncIterator[Launcher]:
    """Run a Hub in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.runtime.embedded_launcher", str(data), manner),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    pids: list[int] = []
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            said = json.loads(await process.stdout.readline())
        pids += said["pids"]
        yield Launcher(process, pids, said["address"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        for orphan in filter(alive, pids):  # a failed test leaves nothing behind either
            os.kill(orphan, signal.SIGKILL)


@asynccontextmanager
async def documents(port: int) -> AsyncIterator[Any]:
    """A collection in the store, through the driver."""
    client: Any = AsyncIOMotorClient(mongodb_url(port), w="majority", serverSelectionTimeoutMS=5_000)
    try:
        yield client["embedded_test"]["documents"]
    finally:
        client.close()


async def insert_until_refused(
    collection: Any,  # noqa: ANN401 - the driver is untyped
    begin: Callable[[int], None] = lambda _acknowledged: None,
) -> int:
    """Insert documents until the store refuses one, and return how many it acknowledged."""
    acknowledged = 0
    while True:
        begin(acknowledged)
        try:
            await collection.insert_one({"_id": acknowledged, "pad": "x" * 2_000})
        except PyMongoError:
            return acknowledged
        acknowledged += 1


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A disk of its own in memory, where this process may mount one."""
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)],  # noqa: S607 - wherever it is
        check=False,
        capture_output=True,
        text=True,
    )
    if mount.returncode != 0:
        pytest.skip(f"this process may not mount a disk: {mount.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)  # noqa: S607 - as above


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk up to some bytes; return the file to delete."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"\0" * (state.f_bavail * state.f_frsize - leave))
    return filler


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be noticed does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
