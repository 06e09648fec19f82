"""Routes of the tables: which there are, each as JSON in pages, as CSV and as XLSX; for the Hub and a school.

Who sees what of a school is decided in `answers.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response

from services.reporting.model.suppression import LEGEND
from services.reporting.reach.answers import (
    Filters,
    PageOfTable,
    answer_of_hub,
    answer_of_school,
    as_csv,
    as_xlsx,
    page_of,
)
from services.reporting.reach.model.tables import TABLES
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, SecuredRouter

hub = SecuredRouter("reporting", "/reporting/v1/tables")
schools = SecuredRouter("reporting", "/reporting/v1/schools/{urn}/tables")


@hub.get("", Permission.READ_HUB_REPORT)
async def list_tables(caller: AdmittedToHub) -> dict[str, Any]:
    """Which tables there are, what their columns mean, and what they can be filtered by."""
    del caller
    return {
        "tables": [
            {
                "table": table.name,
                "title": table.title,
                "about": table.about,
                "columns": dict(table.columns),
                "filters": ["academic_year", *table.filters],
                "formats": ["json", "csv", "xlsx"],
            }
            for table in TABLES.values()
        ],
        "legend": dict(LEGEND),
    }


@hub.get("/{table}.csv", Permission.READ_HUB_REPORT)
async def get_hub_csv(caller: AdmittedToHub, table: str, asked: Annotated[Filters, Query()]) -> Response:
    """A table of the Hub for a spreadsheet; what it says of itself stands below the rows."""
    return as_csv(await answer_of_hub(caller.context, table, asked))


@hub.get("/{table}.xlsx", Permission.READ_HUB_REPORT)
async def get_hub_xlsx(caller: AdmittedToHub, table: str, asked: Annotated[Filters, Query()]) -> Response:
    """A table of the Hub as a workbook, with a sheet about it."""
    return as_xlsx(await answer_of_hub(caller.context, table, asked))


@hub.get("/{table}", Permission.READ_HUB_REPORT)
async def get_hub_table(
    caller: AdmittedToHub, table: str, asked: Annotated[PageOfTable, Query()]
) -> dict[str, Any]:
    """A table of the Hub, page by page: small numbers withheld, others rounded."""
    return page_of(await answer_of_hub(caller.context, table, asked), asked)


@schools.get("/{table}.csv", Permission.READ_SCHOOL_REPORT)
async def get_own_csv(caller: AdmittedToSchool, table: str, asked: Annotated[Filters, Query()]) -> Response:
    """A school's own table for a spreadsheet."""
    return as_csv(await answer_of_school(caller, table, asked))


@schools.get("/{table}.xlsx", Permission.READ_SCHOOL_REPORT)
async def get_own_xlsx(caller: AdmittedToSchool, table: str, asked: Annotated[Filters, Query()]) -> Response:
    """A school's own table as a workbook."""
    return as_xlsx(await answer_of_school(caller, table, asked))


@schools.get("/{table}", Permission.READ_SCHOOL_REPORT)
async def get_own_table(
    caller: AdmittedToSchool, table: str, asked: Annotated[PageOfTable, Query()]
) -> dict[str, Any]:
    """A school's own table, page by page."""
    return page_of(await answer_of_school(caller, table, asked), asked)
