"""The tables: which there are, each with filters, page by page, and as a file; of the Hub and of a school.

A file has the same bytes as the API's. What is shown is protected as a whole before it is filtered.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response

from services.reporting.attainment.model.terms import today_in_england
from services.reporting.pages import pages
from services.reporting.pages.asked import asked_of
from services.reporting.pages.paging import page_links
from services.reporting.pages.wording import OTHERS, cell_words, column_title, option_words
from services.reporting.pages.years import years_to_choose
from services.reporting.proof.model.beside import RowBeside
from services.reporting.proof.model.cells import PLACES
from services.reporting.reach.answers import (
    Answer,
    Filters,
    PageOfTable,
    answer_of_hub,
    answer_of_school,
    as_csv,
    as_xlsx,
    attached,
    page_of,
)
from services.reporting.reach.model.tables import TABLES, VALUES
from services.reporting.reach.model.world import Row
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter, SchoolVisitor

HUB_TABLES: Final = "/reporting/tables"
ROWS_A_PAGE: Final = 100
"""Two screens; the files have all rows."""
PDF: Final = "application/pdf"
FILTER_WORDS: Final = {
    "school": "School or college",
    "year_group": "Year group",
    "group": "Group of pupils",
    "benchmark": "Benchmark",
    "sector": "Sector",
}

hub = PageRouter("reporting", HUB_TABLES, pages)
schools = PageRouter("reporting", "/reporting/schools/{urn}/tables", pages)


@hub.get("", Permission.READ_HUB_REPORT)
async def get_tables(caller: HubVisitor) -> Response:
    """List the Hub's tables."""
    values = {"tables": TABLES.values(), "base": HUB_TABLES, "own": False}
    return pages().page(caller.visit, "reporting/tables.html", values)


@hub.get("/{table}.csv", Permission.READ_HUB_REPORT)
async def get_csv(caller: HubVisitor, request: Request, table: str) -> Response:
    """A table of the Hub for a spreadsheet."""
    return as_csv(await answer_of_hub(caller.context, table, asked_of(request, Filters)))


@hub.get("/{table}.xlsx", Permission.READ_HUB_REPORT)
async def get_xlsx(caller: HubVisitor, request: Request, table: str) -> Response:
    """A table of the Hub as a workbook."""
    return as_xlsx(await answer_of_hub(caller.context, table, asked_of(request, Filters)))


@hub.get("/{table}.pdf", Permission.READ_HUB_REPORT)
async def get_pdf(caller: HubVisitor, request: Request, table: str) -> Response:
    """A table of the Hub for paper."""
    return await _pdf(await answer_of_hub(caller.context, table, asked_of(request, Filters)))


@hub.get("/{table}", Permission.READ_HUB_REPORT)
async def get_table(caller: HubVisitor, request: Request, table: str) -> Response:
    """Show a table of the Hub."""
    asked = asked_of(request, PageOfTable)
    return _page(caller, HUB_TABLES, await answer_of_hub(caller.context, table, asked), asked)


@schools.get("", Permission.READ_SCHOOL_REPORT)
async def get_own_tables(caller: SchoolVisitor) -> Response:
    """List a school's own tables."""
    values = {"tables": TABLES.values(), "base": _own(caller), "own": True}
    return pages().page(caller.visit, "reporting/tables.html", values)


@schools.get("/{table}.csv", Permission.READ_SCHOOL_REPORT)
async def get_own_csv(caller: SchoolVisitor, request: Request, table: str) -> Response:
    """A school's own table for a spreadsheet."""
    return as_csv(await answer_of_school(caller, table, asked_of(request, Filters)))


@schools.get("/{table}.xlsx", Permission.READ_SCHOOL_REPORT)
async def get_own_xlsx(caller: SchoolVisitor, request: Request, table: str) -> Response:
    """A school's own table as a workbook."""
    return as_xlsx(await answer_of_school(caller, table, asked_of(request, Filters)))


@schools.get("/{table}.pdf", Permission.READ_SCHOOL_REPORT)
async def get_own_pdf(caller: SchoolVisitor, request: Request, table: str) -> Response:
    """A school's own table for paper."""
    return await _pdf(await answer_of_school(caller, table, asked_of(request, Filters)))


@schools.get("/{table}", Permission.READ_SCHOOL_REPORT)
async def get_own_table(caller: SchoolVisitor, request: Request, table: str) -> Response:
    """Show a school's own table."""
    asked = asked_of(request, PageOfTable)
    return _page(caller, _own(caller), await answer_of_school(caller, table, asked), asked)


def _own(caller: SchoolVisitor) -> str:
    return f"/reporting/schools/{caller.asked}/tables"


async def _pdf(answer: Answer) -> Response:
    from services.reporting.pages.table_pdf import pdf_of  # noqa: PLC0415 - nobody else waits for reportlab at start

    # Seconds for a long table, in which an api would answer nobody else.
    content = await asyncio.to_thread(pdf_of, answer)
    return Response(content, media_type=PDF, headers=attached(f"{answer.file_name}.pdf"))


def _page(caller: HubVisitor | SchoolVisitor, base: str, answer: Answer, asked: PageOfTable) -> Response:
    limit = asked.limit if "limit" in asked.model_fields_set else ROWS_A_PAGE
    part = page_of(answer, asked.model_copy(update={"limit": limit}))
    given = {"academic_year": answer.year, **asked.wanted()}
    columns = list(answer.table.columns)
    values = {
        "base": base,
        "own": isinstance(caller, SchoolVisitor),
        "table": answer.table,
        "part": part,
        "columns": [(name, column_title(name), answer.table.columns[name]) for name in columns],
        "rows": [
            (
                [(name, row[name], cell_words(name, row[name])) for name in columns],
                _proof_of(base, answer, row),
            )
            for row in part["rows"]
        ],
        "proof": f"{_proof(base, answer)}?{urlencode(given)}",
        "filters": _filters(answer, asked, is_own=isinstance(caller, SchoolVisitor)),
        "years": years_to_choose(today_in_england(caller.context.clock())),
        "query": urlencode(given),
        "page_links": page_links(f"{base}/{answer.table.name}", given, part),
    }
    return pages().page(caller.visit, "reporting/table.html", values)


def _proof(base: str, answer: Answer) -> str:
    """Where the table stands beside its recount: of the Hub's own, or of the school's."""
    return f"{base.removesuffix('/tables')}/recount/tables/{answer.table.name}"


def _proof_of(base: str, answer: Answer, row: Row) -> str:
    """Where one row does: filtered as far as the table can be, and the row named."""
    own = "/schools/" in base
    wanted = {name: str(row[name]) for name in answer.table.filters if not (own and name == "school")}
    beside = RowBeside({name: row[name] for name in ("school", *PLACES) if name in row}, ())
    query = urlencode({"academic_year": answer.year, **wanted})
    return f"{_proof(base, answer)}?{query}#{beside.anchor}"


def _filters(answer: Answer, asked: PageOfTable, *, is_own: bool) -> list[dict[str, Any]]:
    wanted = asked.wanted()
    return [
        {
            "name": name,
            "label": FILTER_WORDS[name],
            "items": [
                {"value": value, "text": text, "selected": wanted.get(name, "") == value}
                for value, text in (("", "Any"), *_choices(answer, name))
            ],
        }
        for name in answer.table.filters
        if not (is_own and name == "school")
    ]


def _choices(answer: Answer, name: str) -> list[tuple[str, str]]:
    if name == "school":
        return [("hub", OTHERS["hub"]), *answer.schools]
    return [(value, option_words(name, value)) for value in VALUES[name]]
