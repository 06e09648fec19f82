"""What reporting keeps of the Hub's directory: the schools that a report lists."""

from __future__ import annotations

from contracts.employers import SchoolListed
from services.reporting.store import SCHOOLS
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork


async def on_school_listed(unit: UnitOfWork, event: SchoolListed) -> None:
    """Keep the school as it was listed last."""
    document = {"_id": event.urn, **event.model_dump(mode="json")}
    await unit.collection(SCHOOLS).write(Replace({"_id": event.urn}, document, upsert=True))
