"""Places where a test may end the process at the worst moment.

`CAREERS_HUB_FAILPOINT=after-commit:3` kills the process (SIGKILL, nothing is cleaned up) the third time that
it reaches the point of that name. Without the variable, reaching a point is one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from typing import Final

VARIABLE: Final = "CAREERS_HUB_FAILPOINT"


class Failpoint(StrEnum):
    """The moments at which a crash would hurt most."""

    BEFORE_COMMIT = "before-commit"
    """All is written, the transaction still open."""
    AFTER_COMMIT = "after-commit"
    """Committed, the caller not yet answered."""
    AFTER_SEND = "after-send"
    """The broker has the events, the ledger does not know it."""
    AFTER_APPLY = "after-apply"
    """Applied by a reader, the broker not yet told."""


def _armed() -> dict[str, int]:
    name, _, times = os.environ.get(VARIABLE, "").partition(":")
    return {name: int(times or "1")} if name else {}


_left: Final = _armed()


def reach(point: Failpoint) -> None:
    """Kill this process if it is armed for this point and this is the time."""
    if point not in _left:
        return
    _left[point] -= 1
    if _left[point] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
