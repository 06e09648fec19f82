"""The embedded Hub's nightly recount: `careers-hub recount --store`, as a process of its own.

A process, because it reads every ledger whole and must not keep the launcher from its children. What it found
is in reporting's database, for the badge; the journal says how it ended. One that fails is tried again the
next night; it changes nothing but its own outcome.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from contracts.vocabulary import academic_year_of
from services.local.journal import Journal

# After a start, so that the readers have caught up with what was posted before.
FIRST_AFTER_S: Final = 300.0
DAY_S: Final = 86_400.0
A_YEAR: Final = dt.timedelta(days=365)
# Forty schools' ledgers of years take a minute or two on two cores.
WITHIN_S: Final = 1_800.0
AGREES: Final = 0
DIFFERS: Final = 1


def recount_commands(data: Path, today: dt.date) -> list[Sequence[str]]:
    """Say what counts the Hub of a folder again: this academic year, and the one before."""
    command = (sys.executable, "-m", "services", "recount", "--store", "--json", "--data", str(data))
    return [(*command, "--year", academic_year_of(day)) for day in (today, today - A_YEAR)]


async def recount_nightly(data: Path, journal: Journal) -> None:
    """Count every figure again, each night until cancelled."""
    wait_s = FIRST_AFTER_S
    while True:
        await asyncio.sleep(wait_s)
        await recount_now(data, journal)
        wait_s = DAY_S


async def recount_now(data: Path, journal: Journal) -> None:
    """Count every figure of both years again, and note how it ended."""
    await recount_once(recount_commands(data, dt.datetime.now(dt.UTC).date()), journal)


async def recount_once(commands: Iterable[Sequence[str]], journal: Journal) -> None:
    """Run recounts one after the other and note how they ended; killed if they take too long together."""
    try:
        async with asyncio.timeout(WITHIN_S):
            codes = [await _run(command) for command in commands]
    except TimeoutError:
        sentence = f"The nightly recount took more than {WITHIN_S:.0f} s and was ended."
        journal.note("recount_too_slow", sentence)
        return
    if failed := [code for code in codes if code not in {AGREES, DIFFERS}]:
        journal.note("recount_failed", "The nightly recount could not be made.", code=failed[0])
    elif DIFFERS in codes:
        journal.note("recount_differs", "The nightly recount differs: see `careers-hub recount`.")
    else:
        journal.note("recount_agrees", "Every figure was counted again, and all agree.")


async def _run(command: Sequence[str]) -> int:
    """Run a program to its end; it is killed if this is cancelled."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
