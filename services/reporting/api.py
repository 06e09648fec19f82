"""Reporting's routes: the Hub report as JSON and CSV, and a school's own report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from fastapi import Query
from fastapi.responses import Response

from contracts.audit import HubReader
from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    CREDITED_BENCHMARKS,
    AcademicYear,
    academic_year_days,
    academic_year_of,
)
from services.areas import ATTRIBUTION
from services.reporting.views import read_hub_report, read_own_report
from services.runtime.context import ServiceContext
from services.runtime.csv_export import MEDIA_TYPE, Cell, write_table
from services.runtime.errors import InvalidError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, SecuredRouter

AcademicYearQuery = Annotated[str | None, Query(pattern=ACADEMIC_YEAR_PATTERN)]
CSV_COLUMNS: Final = ("urn", "name", "year_group", "benchmark", "on_roll", "reached", "coverage_percent")

_READ_SCORES_AS: Final[Mapping[HubReader, Permission]] = {
    "hub_lead": Permission.READ_SCORES_AS_LEAD,
    "enterprise_coordinator": Permission.READ_SCORES_AS_COORDINATOR,
}

hub = SecuredRouter("reporting", "/reporting/v1")
schools = SecuredRouter("reporting", "/reporting/v1/schools/{urn}")


@hub.get("/hub-report", Permission.READ_HUB_REPORT)
async def get_hub_report(caller: AdmittedToHub, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """The Hub's report: per school and year group, small numbers withheld."""
    report = await read_hub_report(
        caller.context, year_asked(caller.context, academic_year), readers_of(caller)
    )
    return {**report, "attribution": ATTRIBUTION}


@hub.get("/hub-report.csv", Permission.READ_HUB_REPORT)
async def get_hub_report_csv(caller: AdmittedToHub, academic_year: AcademicYearQuery = None) -> Response:
    """The same figures as a table: one row a school, year group and benchmark."""
    report = await read_hub_report(
        caller.context, year_asked(caller.context, academic_year), readers_of(caller)
    )
    return Response(write_table(CSV_COLUMNS, _rows(report)), media_type=MEDIA_TYPE)


@schools.get("/report", Permission.READ_SCHOOL_REPORT)
async def get_own_report(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """A school's own report, whole."""
    year = year_asked(caller.context, academic_year)
    return await read_own_report(caller.context, caller.urn, year, caller.asked)


def readers_of(caller: AdmittedToHub) -> frozenset[HubReader]:
    """Say as which of the roles that schools share their scores with somebody reads."""
    return frozenset(reader for reader, permission in _READ_SCORES_AS.items() if permission in caller.granted)


def year_asked(context: ServiceContext, asked: str | None) -> AcademicYear:
    """Return the academic year asked for, or the present one; raises InvalidError for one that cannot be."""
    if asked is None:
        return academic_year_of(context.clock().date())
    try:
        academic_year_days(AcademicYear(asked))
    except ValueError as wrong:
        raise InvalidError(str(wrong)) from wrong
    return AcademicYear(asked)


def _rows(report: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    for school in report["schools"]:
        parts = [("all", school), *((group["year_group"], group) for group in school["year_groups"])]
        for year_group, part in parts:
            for benchmark in CREDITED_BENCHMARKS:
                cell = part["benchmarks"][benchmark]
                yield (
                    school["urn"],
                    school["name"],
                    year_group,
                    benchmark,
                    part["on_roll"],
                    cell["reached"],
                    cell["coverage_percent"],
                )
