"""What a worker measures of its own stores, for whoever watches: the outbox's size and age, what is parked.

Every worker of a service measures the same, so that a graph has no hole while one of them is away; whoever
adds such figures up takes the greatest. Only with a collector, because it costs a few reads each time. Labels
name the service and nothing else: a school's figures are nobody's but the school's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.runtime.context import ServiceContext
from services.runtime.errors import UnavailableError
from services.runtime.ledger import Head
from services.runtime.logs import get_logger
from services.runtime.parking import Parking
from services.runtime.telemetry import METRIC_INTERVAL_MS, outbox_age, outbox_events, parked_waiting

log = get_logger(__name__)

ROUND_S: Final = METRIC_INTERVAL_MS / 1000


@dataclass(frozen=True, slots=True)
class Gauges:
    """The gauges of one worker's services."""

    contexts: Sequence[ServiceContext]

    async def run(self) -> None:
        """Measure as often as metrics are sent, until cancelled."""
        while True:
            try:
                for context in self.contexts:
                    await measure(context)
            except UnavailableError as error:
                log.warning("nothing measured without a store", reason=str(error))
            await asyncio.sleep(ROUND_S)


async def measure(context: ServiceContext) -> None:
    """Set a service's gauges; raises UnavailableError if the store is away."""
    labels = {"service": context.service}
    waiting = [head for head in await context.ledger.heads() if head.head > head.published]
    outbox_events.set(sum(head.head - head.published for head in waiting), labels)
    outbox_age.set(max([await _age_s(context, head) for head in waiting], default=0.0), labels)
    parked_waiting.set(await Parking(context.database()).count_waiting(), labels)


async def _age_s(context: ServiceContext, head: Head) -> float:
    """Tell how old the first event of a key is that the broker does not have."""
    rows = await context.ledger.read(head.key, head.published, 1)
    # A ledger with a hole is the relay's to find, and it does not go on over it.
    return max(0.0, (context.clock() - rows[0].event.time).total_seconds()) if rows else 0.0
