"""Queries over the read models; they never write."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from contracts.audit import HubReader
from contracts.vocabulary import Urn
from services.reporting.model.report import Json, SchoolYear, hub_report, own_report, school_year
from services.reporting.projections import HUB_REPORT
from services.reporting.store import SCHOOLS
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError


async def read_hub_report(context: ServiceContext, year: str, readers: Collection[HubReader]) -> Json:
    """The Hub's report of a year: small numbers withheld, scores only where shared with these readers."""
    listed = await context.database().collection(SCHOOLS).find({}, sort=[("name", 1)])
    states = await _states(context, {})
    schools = [_school_year(school, states, year).seen_by(readers) for school in listed]
    return hub_report(context.hub, year, _now(context), schools)


async def read_own_report(context: ServiceContext, urn: Urn, year: str) -> Json:
    """A school's own report of an academic year, whole."""
    listed = await context.database().collection(SCHOOLS).get(urn)
    if listed is None:
        message = "This school is not in the Hub's directory yet; ask the Hub's administrator to list it."
        raise NotFoundError(message)
    states = await _states(context, {"key": urn})
    return own_report(year, _now(context), _school_year(listed, states, year))


async def _states(context: ServiceContext, where: dict[str, Any]) -> dict[str, Json]:
    documents = await (await context.projection(HUB_REPORT)).find(where)
    return {document["_id"]: document["state"] for document in documents}


def _school_year(listed: Json, states: dict[str, Json], year: str) -> SchoolYear:
    urn = listed["urn"]
    return school_year(listed, states.get(f"pupils/{urn}"), states.get(f"audit/{urn}"), year)


def _now(context: ServiceContext) -> str:
    return context.clock().isoformat(timespec="seconds")
