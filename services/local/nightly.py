"""The embedded Hub's nightly recount: `careers-hub recount --store`, as a process of its own.

A process, because it reads every ledger whole and must not keep the launcher from its children. What it found
is in reporting's database, for the badge; the journal says how it ended. One that fails is tried again the
next night; it changes nothing but its own outcome.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.local.journal import Journal

# After a start, so that the readers have caught up with what was posted before.
FIRST_AFTER_S: Final = 300.0
DAY_S: Final = 86_400.0
# Forty schools' ledgers of years take a minute or two on two cores.
WITHIN_S: Final = 1_800.0
AGREES: Final = 0
DIFFERS: Final = 1


def recount_command(data: Path) -> Sequence[str]:
    """Say what counts the Hub of a folder again."""
    return (sys.executable, "-m", "services", "recount", "--store", "--json", "--data", str(data))


async def recount_nightly(data: Path, journal: Journal) -> None:
    """Count every figure again, each night until cancelled."""
    wait_s = FIRST_AFTER_S
    while True:
        await asyncio.sleep(wait_s)
        await recount_once(recount_command(data), journal)
        wait_s = DAY_S


async def recount_once(command: Sequence[str], journal: Journal) -> None:
    """Run one recount to its end, and note how it ended; killed if it takes too long or is cancelled."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            code = await process.wait()
    except TimeoutError:
        sentence = f"The nightly recount took more than {WITHIN_S:.0f} s and was ended."
        journal.note("recount_too_slow", sentence)
        return
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code == DIFFERS:
        journal.note("recount_differs", "The nightly recount differs: see `careers-hub recount`.")
    elif code != AGREES:
        journal.note("recount_failed", "The nightly recount could not be made.", code=code)
    else:
        journal.note("recount_agrees", "Every figure was counted again, and all agree.")
