"""The access log as people read it: the newest first, of one day or about one pupil.

Rows are numbered in the order in which they were written, so a day is found by halving, and a page about one
pupil goes back through the rows until it is full or has looked at enough of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from services.pupils.model.sheets import PupilRef
from services.pupils.views.pages import View
from services.pupils.views.record import resources_about
from services.runtime.access_log import ACCESS_LOG
from services.runtime.context import ServiceContext
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase

ENGLAND: Final = ZoneInfo("Europe/London")
ROWS_AT_ONCE: Final = 100
MOST_ROWS_LOOKED_THROUGH: Final = 2_000
"""Rows that one page about a pupil looks at: some 50 ms on the embedded store. The next page goes on."""


@dataclass(frozen=True, slots=True)
class AccessAsked:
    """Which entries: of a day, about a pupil, in rows before a number; None where any."""

    day: dt.date | None
    pupil: PupilRef | None
    before: int | None
    limit: int


async def accesses(context: ServiceContext, urn: str, asked: AccessAsked) -> View:
    """List who did what, the newest first; `next` of one page is `before` of the following."""
    database = context.school(urn)
    names = None if asked.pupil is None else await resources_about(database, asked.pupil)
    lowest, before = 1, asked.before
    if asked.day is not None:
        start = dt.datetime.combine(asked.day, dt.time(), ENGLAND)
        end = dt.datetime.combine(asked.day + dt.timedelta(days=1), dt.time(), ENGLAND)
        lowest, after = await _first_since(database, start), await _first_since(database, end)
        before = after if before is None else min(before, after)
    before = before if before is not None else await _last(database) + 1
    found: list[View] = []
    looked = 0
    while before > lowest and len(found) < asked.limit and looked < MOST_ROWS_LOOKED_THROUGH:
        first = max(lowest, before - ROWS_AT_ONCE)
        rows = await database.collection(ACCESS_LOG).find(
            {"_id": {"$gte": first, "$lt": before}}, sort=[("_id", -1)]
        )
        for row in rows:
            before = row["_id"]
            found += _entries(row, asked.pupil, names)
            if len(found) >= asked.limit:
                break
        else:
            before = first
        looked += len(rows)
    return {"entries": found, "next": before if before > lowest else None}


def _entries(row: Document, pupil: PupilRef | None, names: Collection[str] | None) -> list[View]:
    return [
        {"at": entry["at"], "by": entry["subject"], "action": entry["action"], "of": entry["resource"]}
        for entry in reversed(row["entries"])
        if names is None or entry["resource"] in names or entry["resource"].startswith(f"pupils/{pupil}/")
    ]


async def _last(database: SchoolDatabase) -> int:
    rows = await database.collection(ACCESS_LOG).find({}, sort=[("_id", -1)], limit=1, fields=["_id"])
    return int(rows[0]["_id"]) if rows else 0


async def _first_since(database: SchoolDatabase, moment: dt.datetime) -> int:
    """Find the first row written at a moment or after it; one more than the last if there is none."""
    low, high = 1, await _last(database) + 1
    while low < high:
        middle = (low + high) // 2
        row = await database.collection(ACCESS_LOG).get(middle)
        written = None if row is None else dt.datetime.fromisoformat(row["entries"][0]["at"])
        if written is not None and written < moment:
            low = middle + 1
        else:
            high = middle
    return low
