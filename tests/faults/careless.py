"""A worker with a planted bug, as a process of its own: `python -m tests.faults.careless PORT BUG...`.

`commit-first` acknowledges what it has not applied yet; `latest` begins at the end of a topic that it has
never read; `dies` kills itself with its first batch in its hands; `chokes-on:URN` cannot apply what that
school does; `slow` takes longer over each batch than its group waits. None asks a ledger to publish again:
that would heal what these bugs lose.
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
SLOW: Final = "slow"
# A careless client commits every now and then what it has fetched; here so often that a test need not wait.
COMMITS_EVERY_MS: Final = 50
DIES_AFTER_S: Final = 0.5
# A slow reader's group waits so long for its next question; the batch takes it several times that.
SLOW_POLL_MS: Final = 1_000
SLOW_BATCH_S: Final = 4.0
TOOK_LONG: Final = "a batch took longer than the group waits"


_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    COMMIT_FIRST: {"ack_policy": AckPolicy.ACK_FIRST, "auto_commit_interval_ms": COMMITS_EVERY_MS},
    LATEST: {"auto_offset_reset": "latest"},
    SLOW: {"max_poll_interval_ms": SLOW_POLL_MS},
}
"""What a bug changes in how readers subscribe."""

_take: Final = Reader.take


def plant(bugs: Sequence[str]) -> None:
    """Break this process."""
    options = {name: value for bug in bugs for name, value in _OPTIONS.get(bug, {}).items()}
    subscriber: Any = KafkaBroker.subscriber

    def subscribe(*topics: str, **given: Any) -> Any:  # noqa: ANN401 - FastStream's options and subscriber
        return subscriber(*topics, **given | (options if "group_id" in given else {}))

    def choke(arrival: Arrival) -> Payload:
        if f"{CHOKES_ON}{arrival.stream.key}" in bugs:
            message = "a bug of this release"
            raise ValueError(message)
        return payload_of(arrival)

    KafkaBroker.subscriber = subscribe  # type: ignore[method-assign, assignment]
    Progress.check = _nobody_asks  # type: ignore[method-assign, assignment]
    projection.payload_of = reaction.payload_of = choke  # type: ignore[attr-defined]
    if SLOW in bugs:
        Reader.take = _take_long  # type: ignore[method-assign, assignment]
    if DIES in bugs:
        Reader.take = _die  # type: ignore[method-assign, assignment]


async def _nobody_asks(_: Progress) -> None:
    """Leave out catching up."""


async def _take_long(reader: Reader, records: Sequence[Any]) -> None:
    await asyncio.sleep(SLOW_BATCH_S)
    await _take(reader, records)
    print(TOOK_LONG, flush=True)  # noqa: T201 - into the log, for the test that waits for it


async def _die(_: Reader, __: Sequence[object]) -> None:
    await asyncio.sleep(DIES_AFTER_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    plant(sys.argv[2:])
    serve_worker(list(SERVICES.values()), load_settings(), "127.0.0.1", int(sys.argv[1]))
