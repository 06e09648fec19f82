"""What a service does by itself once a day, run by the worker: `Service.daily` school by school, `hub_daily`.

One worker at a time, by a lease. A round gives each school a bounded share of work, so that no school waits
behind another and a request hardly waits behind any; while a school says that more is left, the next round
comes soon, and otherwise a day later. What is done is told by the data alone: a worker that dies in the
middle has lost nothing, and one that was started twice does nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.runtime.context import ServiceContext
from services.runtime.errors import HubError, UnavailableError
from services.runtime.lease import Lease
from services.runtime.logs import get_logger
from services.runtime.service import Service

log = get_logger(__name__)

JOB: Final = "daily"
# After a start, so that what was restored from a backup has been set right by the api before
# (`before_serving`).
FIRST_AFTER_S: Final = 120.0
# Between rounds while something is left: the store is at its users' service in between.
SOON_S: Final = 30.0
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Daily:
    """Does the daily work of one worker's services; `holder` names the process."""

    services: Sequence[tuple[Service, ServiceContext]]
    holder: str

    async def run(self) -> None:
        """Work until cancelled."""
        wait_s = FIRST_AFTER_S
        while True:
            await asyncio.sleep(wait_s)
            try:
                wait_s = SOON_S if await self.work() else DAY_S
            except UnavailableError as error:
                log.warning("daily work without a store", reason=str(error))
                wait_s = SOON_S

    async def work(self) -> bool:
        """Do one round; returns whether more is left. Raises UnavailableError if the store is away."""
        more = False
        for service, context in self.services:
            if service.daily is None and service.hub_daily is None:
                continue
            lease = Lease(context.database(), JOB, self.holder, context.clock)
            if service.hub_daily is not None and await lease.hold():
                more |= await service.hub_daily(context)
            if service.daily is not None:
                more |= await self._work_by_school(service, context, lease)
            await lease.release()
        return more

    async def _work_by_school(self, service: Service, context: ServiceContext, lease: Lease) -> bool:
        more = False
        for school in await context.tenancy.schools_of(service.name):
            if service.daily is None or not await lease.hold():
                break
            try:
                more |= await service.daily(context, school.urn)
            except UnavailableError:
                raise
            except HubError as error:
                # One school's contradiction must not keep the others waiting for their day.
                log.warning(
                    "daily work refused", service=service.name, urn=school.urn, error=type(error).__name__
                )
        return more
