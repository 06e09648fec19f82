"""A school's own figures, whole."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from contracts.vocabulary import CREDITED_BENCHMARKS
from services.reporting.api import AcademicYearQuery, year_asked
from services.reporting.pages import pages
from services.reporting.pages.heat import step
from services.reporting.views import read_own_report
from services.runtime.permissions import Permission
from services.web.routing import PageRouter, SchoolVisitor

SCHOOL_TEMPLATE: Final = "reporting/school.html"

router = PageRouter("reporting", "/reporting/schools/{urn}", pages)


@router.get("", Permission.READ_SCHOOL_REPORT)
async def get_school_page(caller: SchoolVisitor, academic_year: AcademicYearQuery = None) -> Response:
    """Show what the school's records add up to."""
    year = year_asked(caller.context, academic_year)
    report = await read_own_report(caller.context, caller.urn, year, caller.asked)
    values = {"report": report, "benchmarks": CREDITED_BENCHMARKS, "step": step}
    return pages().page(caller.visit, SCHOOL_TEMPLATE, values)
