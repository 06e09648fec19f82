"""The Hub on one screen."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from contracts.vocabulary import CREDITED_BENCHMARKS
from services.areas import ATTRIBUTION
from services.reporting.api import AcademicYearQuery, readers_of, year_asked
from services.reporting.pages import pages
from services.reporting.pages.heat import step
from services.reporting.views import read_hub_report
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter

HUB_TEMPLATE: Final = "reporting/hub.html"

router = PageRouter("reporting", "/reporting", pages)


@router.get("/hub", Permission.READ_HUB_REPORT)
async def get_hub_page(caller: HubVisitor, academic_year: AcademicYearQuery = None) -> Response:
    """Show where each school stands."""
    year = year_asked(caller.context, academic_year)
    report = await read_hub_report(caller.context, year, readers_of(caller))
    values = {
        "report": report,
        "benchmarks": CREDITED_BENCHMARKS,
        "step": step,
        "attribution": ATTRIBUTION,
    }
    return pages().page(caller.visit, HUB_TEMPLATE, values)
