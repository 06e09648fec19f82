"""Which schools have left the Hub, and from which day: one document a school, beside the memberships.

By the school's tenant (`successions.py`), so a school that has changed its URN has left under each of them.
What it has told stays in the ledgers, which name no pupil; reports say from when on nothing more comes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary import Urn
from services.runtime.mongo import Document, Replace
from services.runtime.tenancy import Tenancy

DEPARTURES: Final = "departures"


@dataclass(frozen=True, slots=True)
class Departure:
    """A school that has left; `deleted_at` once its data were deleted."""

    urn: Urn
    left_at: dt.datetime
    deleted_at: dt.datetime | None = None


async def departures(tenancy: Tenancy) -> Mapping[str, Departure]:
    """Read which schools have left, by tenant."""
    found = await tenancy.memberships().collection(DEPARTURES).find({})
    return {row["_id"]: Departure(Urn(row["_id"]), row["left_at"], row["deleted_at"]) for row in found}


async def note_departure(tenancy: Tenancy, departure: Departure) -> None:
    """Write down that a school has left."""
    document: Document = {
        "_id": departure.urn,
        "left_at": departure.left_at,
        "deleted_at": departure.deleted_at,
    }
    change = Replace({"_id": departure.urn}, document, upsert=True)
    await tenancy.memberships().collection(DEPARTURES).write(change)


async def take_back_departure(tenancy: Tenancy, urn: str) -> bool:
    """Have a school that left be one of the Hub's again; False if it had not left."""
    return bool(await tenancy.memberships().collection(DEPARTURES).delete({"_id": urn}))
