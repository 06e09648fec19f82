"""The recount's routes: the badge, and one figure beside what separate code counted from the ledger.

Somebody of the Hub is shown the two numbers of a figure only while what he may see now is what was published
at the recount: otherwise the old number could be one that has been withdrawn from him since.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import Query, Request

from contracts.vocabulary import AcademicYear
from services.reporting.attainment.api import YearQuery, audience_of_caller, refuse_unknown, the_year
from services.reporting.attainment.published import published_figures
from services.reporting.attainment.views import own_school
from services.reporting.recounts import Pair, last_recount, recounted_figures
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, SecuredRouter

hub = SecuredRouter("reporting", "/reporting/v1/recount")
schools = SecuredRouter("reporting", "/reporting/v1/schools/{urn}/recount")

HOW: Final = "Counted from the ledger's rows by separate code that shares nothing with the report's."
NOT_YET: Final = "No recount yet: `careers-hub recount --store` makes one; the embedded Hub does it nightly."
NO_FIGURE: Final = (
    "There is no such figure for you to see, or it was not counted again yet. The names are those of the "
    "report's answer; a figure of today is counted with the next recount."
)
MOVED: Final = "This figure has moved since the last recount; the next one will count it as it is now."

Subject = Annotated[str, Query(max_length=100, description="A URN, `hub`, or `hub:` and the audience.")]
Figure = Annotated[str, Query(max_length=200, description="Such as attainment.2026-03-31.term.scores.gb5.")]


@hub.get("", Permission.READ_HUB_REPORT)
async def get_badge(
    caller: AdmittedToHub, request: Request, academic_year: YearQuery = None
) -> dict[str, Any]:
    """Whether every figure of a year equals its recount, and since when."""
    refuse_unknown(request, {"academic_year"})
    return await _badge(caller.context, the_year(caller.context, academic_year))


@hub.get("/figure", Permission.READ_HUB_REPORT)
async def get_figure(
    caller: AdmittedToHub, request: Request, subject: Subject, figure: Figure, academic_year: YearQuery = None
) -> dict[str, Any]:
    """One figure as it is published and as it was counted again."""
    refuse_unknown(request, {"subject", "figure", "academic_year"})
    year = the_year(caller.context, academic_year)
    audience = audience_of_caller(caller)
    published = (await published_figures(caller.context, year, audience, subject, [figure])).get(figure)
    pair = (await recounted_figures(caller.context.database(), year, subject)).get(figure)
    if published is None or pair is None:
        raise NotFoundError(NO_FIGURE)
    answer = {"subject": subject, "figure": figure, "published": published, "how": HOW}
    if published != pair.published:
        return {**answer, "recounted": None, "counted_at": pair.counted_at, "agrees": None, "message": MOVED}
    return {**answer, **_side_by_side(pair), "message": None}


@schools.get("", Permission.READ_SCHOOL_REPORT)
async def get_own_recount(
    caller: AdmittedToSchool, request: Request, academic_year: YearQuery = None
) -> dict[str, Any]:
    """Every figure of a school's own, as it was published and as it was counted again."""
    refuse_unknown(request, {"academic_year"})
    year = the_year(caller.context, academic_year)
    school = await own_school(caller.context, caller.urn)
    pairs = await recounted_figures(caller.context.database(), year, school.urn)
    figures = [
        {"figure": name, "published": pair.published, **_side_by_side(pair)} for name, pair in pairs.items()
    ]
    return {**await _badge(caller.context, year), "subject": school.urn, "figures_of_school": figures}


async def _badge(context: ServiceContext, year: AcademicYear) -> dict[str, Any]:
    run = await last_recount(context.database(), year)
    if run is None:
        return {"academic_year": year, "agrees": None, "message": NOT_YET}
    return {**asdict(run), "is_fresh": run.is_fresh(context.clock()), "how": HOW, "message": None}


def _side_by_side(pair: Pair) -> dict[str, Any]:
    return {
        "recounted": pair.recounted,
        "counted_at": pair.counted_at,
        "agrees": pair.published == pair.recounted,
    }
