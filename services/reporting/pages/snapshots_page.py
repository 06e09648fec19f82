"""The frozen term snapshots for people: what was frozen, its hash, and beside it what restates it."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from contracts.vocabulary import BENCHMARKS
from services.reporting.attainment.api import audience_of_caller, the_year
from services.reporting.attainment.model.terms import Term, today_in_england
from services.reporting.attainment.snapshot_views import read_own_snapshots, read_proof, read_snapshots
from services.reporting.pages import pages
from services.reporting.pages.asked import asked_of
from services.reporting.pages.heat import score_step
from services.reporting.pages.recount_page import OfYear
from services.reporting.pages.wording import (
    BENCHMARK_NAMES,
    BENCHMARK_SHORT,
    FRAMEWORKS,
    STATUSES,
    TERMS,
    benchmark_title,
)
from services.reporting.pages.years import years_to_choose
from services.reporting.reach.answers import attached
from services.runtime.context import ServiceContext
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter, SchoolVisitor

SNAPSHOTS: Final = "/reporting/snapshots"

hub = PageRouter("reporting", "/reporting", pages)
schools = PageRouter("reporting", "/reporting/schools/{urn}", pages)


class ProofAsked(OfYear):
    """Of which snapshot."""

    term: Term


@hub.get("/snapshots", Permission.READ_HUB_REPORT)
async def get_snapshots(caller: HubVisitor, request: Request) -> Response:
    """Show an academic year's three snapshots."""
    year = the_year(caller.context, asked_of(request, OfYear).academic_year)
    answer = await read_snapshots(caller.context, year, audience_of_caller(caller))
    values = {**_words(caller.context), "answer": answer, "year": year}
    return pages().page(caller.visit, "reporting/snapshots.html", values)


@hub.get("/snapshots/proof", Permission.READ_HUB_REPORT)
async def get_proof(caller: HubVisitor, request: Request) -> Response:
    """Give the proof of a snapshot as a file: hashes, and the entries that the caller may see."""
    asked = asked_of(request, ProofAsked)
    year = the_year(caller.context, asked.academic_year)
    proof = await read_proof(caller.context, year, asked.term, audience_of_caller(caller))
    name = f"snapshot-{year.replace('/', '-')}-{asked.term}.json"
    return JSONResponse(proof, headers=attached(name))


@schools.get("/snapshots", Permission.READ_SCHOOL_REPORT)
async def get_own_snapshots(caller: SchoolVisitor, request: Request) -> Response:
    """Show a school what was frozen of it."""
    year = the_year(caller.context, asked_of(request, OfYear).academic_year)
    answer = await read_own_snapshots(caller.context, caller.urn, year)
    values = {**_words(caller.context), "answer": answer, "year": year}
    return pages().page(caller.visit, "reporting/own_snapshots.html", values)


def _words(context: ServiceContext) -> dict[str, Any]:
    return {
        "years": years_to_choose(today_in_england(context.clock())),
        "benchmarks": BENCHMARKS,
        "names": BENCHMARK_NAMES,
        "short": BENCHMARK_SHORT,
        "title_of": benchmark_title,
        "frameworks": FRAMEWORKS,
        "statuses": STATUSES,
        "terms": TERMS,
        "score_step": score_step,
    }
