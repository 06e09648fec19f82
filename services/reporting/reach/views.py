"""Reads the tables of an academic year: of the Hub, protected, and of a school, whole. They never write."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from contracts.vocabulary import AcademicYear, Urn, academic_year_days
from services.reporting.reach.model.relationships import Entered, Relationship
from services.reporting.reach.model.school import Backlog, Json, Match, SchoolReach
from services.reporting.reach.model.world import Employers, World
from services.reporting.reach.projections import PARTNERS, SCHOOL_REACH
from services.reporting.views import read_directory, read_listing
from services.runtime.context import ServiceContext
from services.runtime.freshness import HEADS
from services.runtime.parking import PARKED, WAITING

ADVISERS = "employers/advisers"
DIRECTORY = "employers/directory"


async def read_hub_world(context: ServiceContext, year: AcademicYear) -> World:
    """Read what the Hub's tables are made of: every school of the directory, once."""
    (lineage, listed), read = await asyncio.gather(read_directory(context), _read(context, {}, year))
    schools = tuple(
        read.school(one, lineage.tenant_of(one["urn"]), lineage.tenant_of, year) for one in listed
    )
    return world_of(schools, Employers(read.employers), year, context.clock().date(), whole=False)


async def read_own_world(context: ServiceContext, urn: Urn, asked: Urn, year: AcademicYear) -> World:
    """Read what a school's own tables are made of, under the one of its URNs that was asked for."""
    lineage = await context.successions.lineage()
    listed = await read_listing(context, urn, asked)
    read = await _read(context, {"key": {"$in": [urn, *_shared_keys()]}}, year)
    school = read.school(listed, urn, lineage.tenant_of, year)
    return world_of((school,), Employers(read.employers), year, context.clock().date(), whole=True)


def _shared_keys() -> list[str]:
    return [stream.partition("/")[2] for stream in (ADVISERS, DIRECTORY)]


def world_of(
    schools: tuple[SchoolReach, ...], employers: Employers, year: AcademicYear, today: dt.date, *, whole: bool
) -> World:
    """Put a year's world together as of today."""
    first, last = academic_year_days(year)
    return World(schools, employers, first, min(last, today), whole)


async def _read(context: ServiceContext, where: Mapping[str, Any], year: AcademicYear) -> Read:
    # One academic year of it: a Hub's years grow, and its tables must not.
    fields = ["key", "sequence", "held", f"state.years.{year}"]
    database = context.database()
    schools, shared = await context.projection(SCHOOL_REACH), await context.projection(PARTNERS)
    reach, partners, told, parked, build = await asyncio.gather(
        schools.find(dict(where), fields=fields),
        shared.find(dict(where)),
        database.collection(HEADS).find({}),
        database.collection(PARKED).find({"status": WAITING}, fields=["reader", "service", "key"]),
        context.generations.active_collection(SCHOOL_REACH),
    )
    heads = {document["_id"]: document["heads"] for document in told}
    reader = f"{context.service}.{build}"
    return Read(
        {document["key"]: document for document in reach},
        {document["_id"]: document["state"] for document in partners},
        heads.get("pupils", {}),
        Counter(row["key"] for row in parked if (row["reader"], row["service"]) == (reader, "pupils")),
    )


class Read:
    """What was read from the store, by tenant: the documents of both read models, heads, parked records."""

    def __init__(
        self,
        reach: Mapping[str, Json],
        partners: Mapping[str, Json],
        heads: Mapping[str, int],
        parked: Mapping[str, int],
    ) -> None:
        self._reach = reach
        self._partners = partners
        self._heads = heads
        self._parked = parked

    @property
    def employers(self) -> Mapping[str, Mapping[str, Any]]:
        """The directory's employers."""
        found: Mapping[str, Mapping[str, Any]] = self._partners.get(DIRECTORY, {}).get("employers", {})
        return found

    def school(
        self, listed: Json, tenant: str, tenant_of: Callable[[str], str], year: AcademicYear
    ) -> SchoolReach:
        """Put one school together; `listed` is its entry in the directory."""
        document = self._reach.get(tenant)
        state = {} if document is None else document["state"]
        partner = self._partners.get(f"employers/{tenant}", {})
        first, last = academic_year_days(year)
        return SchoolReach(
            urn=listed["urn"],
            name=listed["name"],
            setting=listed["setting"],
            has_post16=listed["has_post16"],
            year=state.get("years", {}).get(year, {}),
            relationships=tuple(
                _relationship(one)
                for one in self._partners.get(ADVISERS, {}).get("relationships", {}).values()
                if tenant_of(one["urn"]) == tenant
            ),
            needs={
                n: need["slots"] for n, need in partner.get("needs", {}).items() if need["state"] == "open"
            },
            matches=tuple(
                Match(one["state"], one["need_id"], _is_between(one["round_ends_on"], first, last))
                for one in partner.get("matches", {}).values()
            ),
            backlog=self._backlog(tenant, document),
        )

    def _backlog(self, tenant: str, document: Json | None) -> Backlog:
        applied = 0 if document is None else document["sequence"]
        parked = self._parked.get(tenant, 0)
        waiting = max(0, self._heads.get(tenant, 0) - applied - parked)
        return Backlog(waiting, parked, document is not None and bool(document["held"]))


def _relationship(stored: Json) -> Relationship:
    return Relationship(
        tuple(Entered(state, dt.date.fromisoformat(since), why) for state, since, why in stored["states"])
    )


def _is_between(day: str, first: dt.date, last: dt.date) -> bool:
    return first.isoformat() <= day <= last.isoformat()
