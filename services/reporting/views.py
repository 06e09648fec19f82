"""Queries over the read models; they never write.

A school whose URN has changed is one school (`runtime/successions.py`): its figures are those told under its
tenant, and the Hub reads of it under the latest of its URNs that the directory lists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from contracts.audit import HubReader
from contracts.vocabulary import Urn
from services.reporting.attainment.model.terms import today_in_england
from services.reporting.model.report import Json, SchoolYear, hub_report, own_report, school_year
from services.reporting.projections import HUB_REPORT
from services.reporting.store import SCHOOLS
from services.runtime.context import ServiceContext
from services.runtime.departures import departures
from services.runtime.errors import NotFoundError
from services.runtime.successions import Lineage


async def read_hub_report(context: ServiceContext, year: str, readers: Collection[HubReader]) -> Json:
    """The Hub's report of a year: small numbers withheld, scores only where shared with these readers."""
    (lineage, listed), states, left = await asyncio.gather(
        read_directory(context), _states(context, {}, year), departures(context.tenancy)
    )
    schools = [
        _school_year(one, lineage.tenant_of(one["urn"]), states, year).seen_by(readers) for one in listed
    ]
    report = hub_report(context.hub, year, _now(context), schools)
    for row in report["schools"]:
        departure = left.get(lineage.tenant_of(row["urn"]))
        row["left_on"] = None if departure is None else today_in_england(departure.left_at).isoformat()
    return report


async def read_own_report(context: ServiceContext, urn: Urn, year: str, asked: Urn) -> Json:
    """A school's own report of an academic year, whole, under the one of its URNs that was asked for."""
    listed = await read_listing(context, urn, asked)
    states = await _states(context, {"key": urn}, year)
    return own_report(year, _now(context), _school_year(listed, urn, states, year))


async def read_listing(context: ServiceContext, urn: Urn, asked: Urn) -> Json:
    """Read a school's entry in the directory, under the one of its URNs that was asked for.

    `urn` is the school's tenant. The name is the one listed under the URN asked for, or else the present one.
    """
    listed = await context.database().collection(SCHOOLS).get(asked)
    if listed is None:
        lineage, every = await read_directory(context)
        of_school = [one for one in every if lineage.tenant_of(one["urn"]) == urn]
        if not of_school:
            message = "This school is not in the Hub's directory yet; ask the Hub's administrator to list it."
            raise NotFoundError(message)
        listed = of_school[0] | {"urn": asked}
    return listed


async def read_directory(context: ServiceContext) -> tuple[Lineage, list[Json]]:
    """Read the chains of URNs, and the listings in order of name, one a school: the latest of its URNs."""
    lineage, listed = await asyncio.gather(
        context.successions.lineage(), context.database().collection(SCHOOLS).find({}, sort=[("name", 1)])
    )
    followed = {urn for school in listed for urn in lineage.forebears(school["urn"])}
    return lineage, [school for school in listed if school["urn"] not in followed]


async def _states(context: ServiceContext, where: dict[str, Any], year: str) -> dict[str, Json]:
    """Read one academic year of the states, by stream: a Hub's years grow, and its report must not."""
    documents = await (await context.projection(HUB_REPORT)).find(where, fields=[f"state.years.{year}"])
    return {document["_id"]: document["state"] for document in documents}


def _school_year(listed: Json, tenant: Urn, states: dict[str, Json], year: str) -> SchoolYear:
    return school_year(listed, states.get(f"pupils/{tenant}"), states.get(f"audit/{tenant}"), year)


def _now(context: ServiceContext) -> str:
    return context.clock().isoformat(timespec="seconds")
