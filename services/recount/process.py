"""The recount as a job: every figure of two years counted again; what was found is kept and told as metrics.

It reads every service's database, so it is a process of its own with an operator's rights, started by a
schedule; `careers-hub recount` is the same by hand. A Hub in which somebody is just posting is not at rest:
report and ledgers are read one after the other and may differ by what came between. So a difference counts
only if it is still there after two more looks.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from contracts.vocabulary import academic_year_of
from services.recount.compare import Recount, recount, store_recount
from services.runtime.context import ServiceContext
from services.runtime.logs import get_logger, start_logs
from services.runtime.mongo import Store
from services.runtime.process import flush
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings
from services.runtime.telemetry import (
    recount_figures,
    recount_mismatches,
    recount_unsettled,
    start_telemetry,
)

log = get_logger(__name__)

LOOKS: Final = 3
# Readers are seconds behind at most; a minute is also longer than a large import.
PAUSE_S: Final = 60.0
_A_YEAR: Final = timedelta(days=365)


def serve_recount(settings: Settings) -> bool:
    """Recount this academic year and the one before; returns whether no figure differs."""
    start_logs(settings, "recount")
    telemetry = start_telemetry(settings, "recount", instance="job")
    agrees = asyncio.run(_recount_years(settings))
    flush(telemetry)
    return agrees


async def _recount_years(settings: Settings) -> bool:
    store = Store.connect(
        settings.mongodb_url.get_secret_value(),
        concurrency=settings.store_concurrency,
        application="careers-hub-recount",
    )
    try:
        await store.verify()
        reporting = ServiceContext("reporting", settings, store, Sealer.from_file(settings.secret_file))
        today = reporting.clock().date()
        years = (academic_year_of(today - _A_YEAR), academic_year_of(today))
        results = [await recount_at_rest(reporting, year, PAUSE_S) for year in years]
        for result in results:
            await store_recount(reporting, result)
    finally:
        await store.close()
    for result in results:
        _tell(result)
    return not any(result.mismatches or result.unsettled for result in results)


async def recount_at_rest(reporting: ServiceContext, year: str, pause_s: float) -> Recount:
    """Recount a year until report and ledgers agree, at most `LOOKS` times; returns the last recount."""
    for _ in range(LOOKS - 1):
        result = await recount(reporting, year)
        if not result.mismatches and not result.unsettled:
            return result
        await asyncio.sleep(pause_s)
    return await recount(reporting, year)


def _tell(result: Recount) -> None:
    """Set the gauges and log the numbers: which school differs is said by `careers-hub recount` alone."""
    labels = {"academic_year": result.academic_year}
    unsettled = sum(result.unsettled.values())
    recount_figures.set(result.figures, labels)
    recount_mismatches.set(len(result.mismatches), labels)
    recount_unsettled.set(unsettled, labels)
    say = log.error if result.mismatches or unsettled else log.info
    say(
        "recounted",
        academic_year=result.academic_year,
        events=result.events,
        figures=result.figures,
        mismatches=len(result.mismatches),
        unsettled=unsettled,
    )
