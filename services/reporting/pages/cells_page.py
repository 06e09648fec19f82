"""A table's figures beside their recount, each with its result: the Hub's, its report's, and a school's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response

from services.reporting.model.report_rows import HUB_REPORT
from services.reporting.model.suppression import LEGEND
from services.reporting.pages import pages
from services.reporting.pages.asked import asked_of
from services.reporting.pages.paging import page_links
from services.reporting.pages.wording import SERVICES, cell_words, column_title, place_words
from services.reporting.proof.api import HOW
from services.reporting.proof.model.beside import WORDS, Cell, RowBeside
from services.reporting.proof.model.cells import NOT_COUNTED
from services.reporting.proof.views import Proof, ProofAsked, proof_of_hub, proof_of_school
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter, SchoolVisitor

HUB_PROOF: Final = "/reporting/recount/tables"
ROWS_A_PAGE: Final = 50
"""A row has up to a dozen figures, and each is a line."""
ONLY: Final = (
    ("", "Every figure"),
    ("differing", "Only what differs"),
    ("moved", "Only what has moved since"),
)

hub = PageRouter("reporting", HUB_PROOF, pages)
schools = PageRouter("reporting", "/reporting/schools/{urn}/recount/tables", pages)


@hub.get("/{table}", Permission.READ_HUB_REPORT)
async def get_cells(caller: HubVisitor, request: Request, table: str) -> Response:
    """Show a table of the Hub, or its report, beside its recount."""
    asked = asked_of(request, ProofAsked)
    return _page(caller, "/reporting", await proof_of_hub(caller.context, table, asked), asked)


@schools.get("/{table}", Permission.READ_SCHOOL_REPORT)
async def get_own_cells(caller: SchoolVisitor, request: Request, table: str) -> Response:
    """Show a school's own table beside its recount."""
    asked = asked_of(request, ProofAsked)
    base = f"/reporting/schools/{caller.asked}"
    return _page(caller, base, await proof_of_school(caller, table, asked), asked)


def _page(caller: HubVisitor | SchoolVisitor, base: str, proof: Proof, asked: ProofAsked) -> Response:
    answer = proof.answer
    rows = proof.chosen(asked.only)
    limit = asked.limit if "limit" in asked.model_fields_set else ROWS_A_PAGE
    given = {"academic_year": answer.year, **asked.wanted()}
    extra = {"counted_at": asked.counted_at, "only": asked.only}
    every = given | {name: value for name, value in extra.items() if value is not None}
    address = f"{base}/recount/tables/{answer.table.name}"
    part = {"offset": asked.offset, "limit": limit, "total": len(rows)}
    values = {
        "proof": proof,
        "table": answer.table,
        "year": answer.year,
        "rows": [_row(row) for row in rows[asked.offset : asked.offset + limit]],
        "part": part,
        "page_links": page_links(address, every, part),
        "run_is_fresh": proof.run is not None and proof.run.is_fresh(caller.context.clock()),
        "events": [] if proof.edition is None else _events(proof.edition.heads),
        "earlier": [(one, f"{address}?{urlencode({**given, 'counted_at': one})}") for one in proof.kept],
        "kinds": [{"value": v, "text": text, "selected": v == (asked.only or "")} for v, text in ONLY],
        "given": given | ({"counted_at": asked.counted_at} if asked.counted_at else {}),
        "back": _back(base, proof, given),
        "not_counted": [column_title(name) for name in answer.table.columns if name in NOT_COUNTED - _NAMES],
        "legend": LEGEND,
        "how": HOW,
    }
    return pages().page(caller.visit, "reporting/cells.html", values)


_NAMES: Final = frozenset({"school", "name"})


def _back(base: str, proof: Proof, given: dict[str, str]) -> dict[str, str]:
    """Lead back to the figures: a table's are on its page, the Hub report's on the Hub's."""
    if proof.answer.table.name == HUB_REPORT:
        query = urlencode({"academic_year": proof.answer.year})
        return {"text": "The Hub", "href": f"{base}/hub?{query}"}
    return {
        "text": proof.answer.table.title,
        "href": f"{base}/tables/{proof.answer.table.name}?{urlencode(given)}",
    }


def _row(row: RowBeside) -> dict[str, Any]:
    where = [place_words(column, value) for column, value in row.where.items() if column not in _NAMES]
    name = str(row.where["name"])
    return {
        "anchor": row.anchor,
        "words": ", ".join([name, *where]),
        "cells": [_cell(cell) for cell in row.cells],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "title": column_title(cell.column),
        "published": _words(cell.column, cell.published),
        "recounted": _words(cell.column, cell.recounted),
        "verdict": WORDS[cell.verdict],
        "agrees": cell.verdict.agrees,
        "now": None if cell.now is None else cell_words(cell.column, cell.now),
    }


def _words(column: str, value: int | str | None) -> str:
    if value is None:
        return "–"
    return "a number" if value == "#" else cell_words(column, value)


def _events(heads: Mapping[str, int]) -> list[str]:
    return [f"{number:,} from {SERVICES[service]}" for service, number in heads.items() if number]
