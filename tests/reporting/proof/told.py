"""A Hub whose tables can be recounted: told on the ledgers, and folded by the real read models."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from contracts.catalogue import decode
from contracts.employers import SchoolListed
from contracts.vocabulary import Urn
from services.recount.compare import Recount, recount, store_recount
from services.reporting.store import SCHOOLS
from services.reporting.stream import PROJECTIONS
from services.runtime.arrivals import Arrival, Job, Stream
from services.runtime.context import ServiceContext
from services.runtime.projection import ProjectionApplier
from services.runtime.uow import Actor, UnitOfWork
from tests.conftest import NOW
from tests.reporting.reach.histories import URNS, YEAR, History

ContextFor = Callable[[str], ServiceContext]
LATEST_PLACE = 10_000


async def tell(context_for: ContextFor, history: History) -> None:
    """Commit a history to the ledgers of those who tell it, list its schools, and fold all of it."""
    for stream, rows in history.rows.items():
        context = context_for(stream.service)

        async def work(unit: UnitOfWork, told: list[dict[str, str]] = rows) -> None:
            for row in told:
                unit.tell(decode(row["type"], row["value"].encode()))

        if stream.service == "pupils":
            await context.in_school(Actor("test"), stream.key, work)
        else:
            await context.in_hub(Actor("test"), stream.key, work)
        await fold(context_for, stream)


async def list_schools(context_for: ContextFor) -> None:
    """Have the directory list the schools, on its ledger and where reporting keeps them."""
    listed = [
        SchoolListed(
            urn=Urn(urn),
            name=f"School {urn}",
            setting="school",
            lowest_year=7,
            highest_year=13,
            has_post16=True,
            district="Dorset",
            phase="Secondary",
        )
        for urn in URNS
    ]

    async def work(unit: UnitOfWork) -> None:
        for school in listed:
            unit.tell(school)

    await context_for("employers").in_hub(Actor("test"), "directory", work)
    await fold(context_for, Stream("employers", "directory"))
    schools = context_for("reporting").database().collection(SCHOOLS)
    await schools.insert(*({"_id": school.urn, **school.model_dump(mode="json")} for school in listed))


async def fold(context_for: ContextFor, stream: Stream) -> None:
    """Apply what is in a ledger and not yet in reporting's read models."""
    reporting = context_for("reporting")
    for projection in PROJECTIONS:
        if stream.service not in {card.owner for card in projection.topics}:
            continue
        applier = ProjectionApplier(projection, await reporting.projection(projection))
        cursor = (await applier.cursors([stream]))[stream]
        rows = await context_for(stream.service).ledger.read(Urn(stream.key), cursor.sequence, LATEST_PLACE)
        arrivals = [
            Arrival(stream, row.sequence, row.event.type, row.event.value.encode(), None, None)
            for row in rows
        ]
        [outcome] = await applier.apply([Job(stream, cursor, arrivals)])
        assert outcome.error is None


async def count_again(context_for: ContextFor, at: dt.datetime = NOW) -> Recount:
    """Recount, and keep it where reporting shows it."""
    reporting = context_for("reporting")
    reporting.clock = lambda: at
    result = await recount(reporting, YEAR)
    await store_recount(reporting, result)
    return result
