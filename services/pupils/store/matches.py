"""Where the confirmed matches of all schools are kept, in the service's own database: `matches`.

There is no pupil in them. They are what the Hub told the school, and the reaction that keeps them can write
no school's database. For a school they are read by its URN and in no other way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Final

from contracts.employers import MatchChanged
from contracts.vocabulary import AcademicYear, EmployerId, Urn
from services.pupils.model.matches import Match
from services.pupils.store import ACTIVITIES
from services.pupils.store.reads import IDS_AT_ONCE
from services.runtime.mongo import Document, Index, Replace
from services.runtime.tenancy import SchoolDatabase, ServiceDatabase
from services.runtime.uow import UnitOfWork

MATCHES: Final = "matches"
MATCH_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {MATCHES: (Index((("urn", 1), ("state", 1))),)}


async def keep_match(unit: UnitOfWork, told: MatchChanged) -> None:
    """Keep a match as it was told last."""
    document: Document = {
        "_id": told.match_id,
        "urn": told.urn,
        "employer_id": told.employer_id,
        "activity_type": told.activity_type,
        "state": told.state,
        "ends_on": told.round_ends_on.isoformat(),
    }
    await unit.collection(MATCHES).write(Replace({"_id": told.match_id}, document, upsert=True))


async def forget_match(unit: UnitOfWork, match_id: str) -> None:
    """Know a match no longer."""
    await unit.collection(MATCHES).delete({"_id": match_id})


async def matches_named(hub: ServiceDatabase, urn: Urn, identities: Collection[str]) -> dict[str, Match]:
    """Read those of these matches that are the school's, by id; another school's are not in it."""
    ids = sorted(identities)
    found: list[Document] = []
    for start in range(0, len(ids), IDS_AT_ONCE):
        found += await hub.collection(MATCHES).find({"_id": {"$in": ids[start : start + IDS_AT_ONCE]}})
    return {document["_id"]: _read(document) for document in found if document["urn"] == urn}


async def confirmed_matches(hub: ServiceDatabase, urn: Urn) -> list[Match]:
    """Read a school's matches that are confirmed and not completed, the round that ends first in front."""
    found = map(_read, await hub.collection(MATCHES).find({"urn": urn, "state": "confirmed"}))
    return sorted(found, key=lambda match: (match.ends_on, match.id))


async def matches_recorded(school: SchoolDatabase, years: Collection[AcademicYear]) -> set[str]:
    """Name the matches that the school's activities of these years are of."""
    where: dict[str, Any] = {"academic_year": {"$in": sorted(years)}}
    found = await school.collection(ACTIVITIES).find(where, fields=("status", "match_id"))
    return {
        document["match_id"]
        for document in found
        if document["status"] == "recorded" and document.get("match_id") is not None
    }


def _read(document: Document) -> Match:
    return Match(
        id=document["_id"],
        employer_id=EmployerId(document["employer_id"]),
        activity_type=document["activity_type"],
        state=document["state"],
        ends_on=dt.date.fromisoformat(document["ends_on"]),
    )
