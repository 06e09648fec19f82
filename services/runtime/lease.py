"""A lease with a fencing number: one holder at a time, and a late former holder can do no harm.

The document of a lease names its holder, until when, and a number that grows with every change of hands.
Writes that only the holder may do carry that number and are refused below the highest one seen, so it does
not matter that clocks differ or that a process slept through its lease.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from services.runtime.context import Clock
from services.runtime.errors import DuplicateKeyError
from services.runtime.mongo import Document
from services.runtime.tenancy import ServiceDatabase

LEASES: Final = "leases"
# How long publishing pauses when the holder is killed: about what a worker takes to start, so that its
# successor hardly waits. A holder that is only slow and loses it costs duplicates, which readers drop.
LEASE_S: Final = 5.0
# Four renewals may fail or be late before another takes over; one costs 1.5 ms of the embedded store.
RENEW_AFTER_S: Final = 1.0


@dataclass(slots=True)
class Lease:
    """This process's claim on one job of a service."""

    database: ServiceDatabase
    job: str
    holder: str
    clock: Clock
    fence: int = 0
    _until: dt.datetime | None = None

    async def hold(self) -> bool:
        """Take or renew the lease when that is due; False while another holder has it."""
        now = self.clock()
        if self._until is not None and self._until - now > dt.timedelta(seconds=LEASE_S - RENEW_AFTER_S):
            return True
        until = now + dt.timedelta(seconds=LEASE_S)
        leases = self.database.collection(LEASES)
        mine = await leases.find_and_update(
            {"_id": self.job, "holder": self.holder, "until": {"$gt": now}}, {"$set": {"until": until}}
        )
        if mine is None:
            mine = await self._take_over(now, until)
        if mine is None:
            self._until = None
            return False
        self.fence, self._until = int(mine["fence"]), until
        return True

    def doubt(self) -> None:
        """Ask the store next time: something says that another holder has taken over."""
        self._until = None

    async def release(self) -> None:
        """Give the lease back, so that the next holder need not wait for its end."""
        self._until = None
        await self.database.collection(LEASES).update(
            {"_id": self.job, "holder": self.holder}, {"$set": {"until": self.clock()}}
        )

    async def _take_over(self, now: dt.datetime, until: dt.datetime) -> Document | None:
        try:
            return await self.database.collection(LEASES).find_and_update(
                {"_id": self.job, "until": {"$lte": now}},
                {"$set": {"holder": self.holder, "until": until}, "$inc": {"fence": 1}},
                upsert=True,
            )
        except DuplicateKeyError:
            return None
