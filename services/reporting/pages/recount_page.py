"""The recount for people: the last runs, and each figure beside what separate code counted again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import ACADEMIC_YEAR_PATTERN, URN_PATTERN, AcademicYear
from services.reporting.attainment.api import audience_of_caller, the_year
from services.reporting.attainment.model.terms import today_in_england
from services.reporting.attainment.recount_api import HOW
from services.reporting.attainment.views import own_school
from services.reporting.pages import pages
from services.reporting.pages.asked import asked_of
from services.reporting.pages.side_by_side import Compared, compared_for_hub, compared_for_school
from services.reporting.pages.years import years_to_choose
from services.reporting.proof.layouts import OF_HUB, OF_SCHOOL
from services.reporting.recounts import last_recount, recounted_figures
from services.reporting.views import read_directory
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter, SchoolVisitor, Visitor

RECOUNT: Final = "/reporting/recount"

hub = PageRouter("reporting", "/reporting", pages)
schools = PageRouter("reporting", "/reporting/schools/{urn}", pages)


class OfYear(BaseModel):
    """An academic year; the present one if left out."""

    model_config = ConfigDict(extra="forbid")

    academic_year: Annotated[str, Field(pattern=ACADEMIC_YEAR_PATTERN)] | None = None


class RecountFilters(OfYear):
    """Whose figures: a school's, or the Hub's together."""

    school: Annotated[str, Field(pattern=URN_PATTERN)] | None = None


@hub.get("/recount", Permission.READ_HUB_REPORT)
async def get_recount(caller: HubVisitor, request: Request) -> Response:
    """Show the last run, and the Hub's figures or a school's side by side."""
    context, asked = caller.context, asked_of(request, RecountFilters)
    year = the_year(context, asked.academic_year)
    _, listed = await read_directory(context)
    if asked.school is not None and asked.school not in {school["urn"] for school in listed}:
        reason = "is not a school that the Hub's directory lists now"
        raise InvalidError("There is no such school in this Hub.", (FieldProblem("school", reason),))
    compared = await compared_for_hub(context, year, audience_of_caller(caller), asked.school)
    choices = [("", "The Hub together"), *((school["urn"], school["name"]) for school in listed)]
    values = {
        "school_items": [
            {"value": value, "text": text, "selected": value == (asked.school or "")}
            for value, text in choices
        ],
        "whose": dict(choices)[asked.school or ""],
        "tables": OF_HUB,
        "proof": f"{RECOUNT}/tables",
        "of_school": "" if asked.school is None else f"&school={asked.school}",
    }
    return await _page(caller, year, compared, values)


@schools.get("/recount", Permission.READ_SCHOOL_REPORT)
async def get_own_recount(caller: SchoolVisitor, request: Request) -> Response:
    """Show a school's own figures side by side, all of them."""
    year = the_year(caller.context, asked_of(request, OfYear).academic_year)
    school = await own_school(caller.context, caller.urn)
    pairs = await recounted_figures(caller.context.database(), year, school.urn)
    values = {
        "school_items": [],
        "whose": school.name,
        "tables": OF_SCHOOL,
        "proof": f"/reporting/schools/{caller.asked}/recount/tables",
        "of_school": "",
    }
    return await _page(caller, year, compared_for_school(pairs), values)


async def _page(
    caller: Visitor, year: AcademicYear, compared: list[Compared], values: dict[str, Any]
) -> Response:
    context: ServiceContext = caller.context
    run = await last_recount(context.database(), year)
    every = {
        "year": year,
        "years": years_to_choose(today_in_england(context.clock())),
        "run": run,
        "run_is_fresh": run is not None and run.is_fresh(context.clock()),
        "earlier": [
            found
            for one in years_to_choose(today_in_england(context.clock()))
            if one != year and (found := await last_recount(context.database(), one)) is not None
        ],
        "compared": compared,
        "differing": [one for one in compared if one.agrees is False],
        "how": HOW,
        "own": isinstance(caller, SchoolVisitor),
        **values,
    }
    return pages().page(caller.visit, "reporting/recount.html", every)
