"""What the launcher did and saw: a JSON line each in `logs/hub.log`, and a sentence to whoever watches.

Logs are bounded while they are written to: a file that has grown too large is copied aside, over the copy
before it, and emptied in place. The children write by appending, so they go on at its new beginning.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Days of a busy child's warnings; with the copy aside, a Hub's five logs stay under 100 MB.
LOG_LIMIT_BYTES: Final = 10_000_000
# Enough for a Python traceback's end and its error.
LAST_LINES: Final = 12
_LINE_LIMIT: Final = 300
_TAIL_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class Journal:
    """Notes of one launcher."""

    path: Path
    progress: Callable[[str], None]

    def note(self, event: str, sentence: str, **fields: object) -> None:
        """Write down an event with its fields, and say the sentence."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"timestamp": at, "event": event, **fields}, default=str)
        # A full disk must not end the supervision that a Hub on a full disk needs.
        with suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.progress(sentence)


def keep_bounded(log: Path) -> None:
    """Empty a log that has grown beyond the limit, keeping one copy aside."""
    if not log.exists() or log.stat().st_size <= LOG_LIMIT_BYTES:
        return
    # Without space for the copy, the end of the log is worth less than the space.
    with suppress(OSError):
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as file:
        file.truncate(0)


def size_of(log: Path) -> int:
    """The length of a log; 0 if there is none yet."""
    return log.stat().st_size if log.exists() else 0


def last_lines(log: Path, since: int) -> str:
    """The last lines that were written to a log after a position, indented; says so if there are none."""
    size = size_of(log)
    begin = max(since if since <= size else 0, size - _TAIL_BYTES)
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read().decode("utf-8", errors="replace")
    lines = [line[:_LINE_LIMIT] for line in text.splitlines() if line.strip()][-LAST_LINES:]
    return "\n".join(f"  {line}" for line in lines) or "  (nothing)"
