"""A worker with a planted bug, as a process of its own: `python -m tests.faults.careless PORT BUG...`.

`commit-first` acknowledges what it has not applied yet; `latest` begins at the end of a topic that it has
never read; `dies` kills itself with its first batch in its hands; `chokes-on:URN` cannot apply what that
school does. It never asks a ledger to publish again, because that would heal what these bugs lose.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from contracts.vocabulary import Payload
from services.registry import SERVICES
from services.runtime import projection, reaction
from services.runtime.arrivals import Arrival, payload_of
from services.runtime.progress import Progress
from services.runtime.reader import Reader
from services.runtime.settings import load_settings
from services.runtime.worker_process import serve_worker

COMMIT_FIRST: Final = "commit-first"
LATEST: Final = "latest"
DIES: Final = "dies"
CHOKES_ON: Final = "chokes-on:"
# A careless client commits every now and then what it has fetched; here so often that a test need not wait.
COMMITS_EVERY_MS: Final = 50
DIES_AFTER_S: Final = 0.5


def plant(bugs: Sequence[str]) -> None:
    """Break this process."""
    options: dict[str, Any] = {}
    if COMMIT_FIRST in bugs:
        options |= {"ack_policy": AckPolicy.ACK_FIRST, "auto_commit_interval_ms": COMMITS_EVERY_MS}
    if LATEST in bugs:
        options |= {"auto_offset_reset": "latest"}
    subscriber: Any = KafkaBroker.subscriber

    def subscribe(*topics: str, **given: Any) -> Any:  # noqa: ANN401 - FastStream's options and subscriber
        return subscriber(*topics, **given | (options if "group_id" in given else {}))

    def choke(arrival: Arrival) -> Payload:
        if f"{CHOKES_ON}{arrival.stream.key}" in bugs:
            message = "a bug of this release"
            raise ValueError(message)
        return payload_of(arrival)

    async def nobody_asks(_: Progress) -> None:
        """Leave out catching up."""

    async def die(_: Reader, __: Sequence[object]) -> None:
        await asyncio.sleep(DIES_AFTER_S)
        os.kill(os.getpid(), signal.SIGKILL)

    KafkaBroker.subscriber = subscribe  # type: ignore[method-assign, assignment]
    Progress.check = nobody_asks  # type: ignore[method-assign, assignment]
    projection.payload_of = reaction.payload_of = choke  # type: ignore[attr-defined]
    if DIES in bugs:
        Reader.take = die  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    plant(sys.argv[2:])
    serve_worker(list(SERVICES.values()), load_settings(), "127.0.0.1", int(sys.argv[1]))
