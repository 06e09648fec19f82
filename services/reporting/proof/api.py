"""Routes of the recount proof: every cell of a table as published and as counted again, page by page."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query

from services.reporting.proof.layouts import OF_HUB, OF_SCHOOL
from services.reporting.proof.model.beside import WORDS, Cell, RowBeside
from services.reporting.proof.model.cells import NOT_COUNTED
from services.reporting.proof.views import Proof, ProofAsked, proof_of_hub, proof_of_school
from services.reporting.reach.model.tables import Layout
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, AdmittedToSchool, SecuredRouter

hub = SecuredRouter("reporting", "/reporting/v1/recount/tables")
schools = SecuredRouter("reporting", "/reporting/v1/schools/{urn}/recount/tables")

HOW: Final = (
    "Counted from the ledgers' rows by separate code that shares nothing with the report's: "
    "services/recount/reach.py and hub_report.py count, withheld.py and shown.py say "
    "what the Hub must see of it."
)
DO_IT_YOURSELF: Final = "Whoever operates the Hub counts again with `careers-hub recount --year {year}`."


@hub.get("", Permission.READ_HUB_REPORT)
async def list_recounted(caller: AdmittedToHub) -> dict[str, Any]:
    """Which tables have a recount beside them, and what they can be filtered by."""
    del caller
    return {"tables": [_listed(layout) for layout in OF_HUB]}


@hub.get("/{table}", Permission.READ_HUB_REPORT)
async def get_recounted(
    caller: AdmittedToHub, table: str, asked: Annotated[ProofAsked, Query()]
) -> dict[str, Any]:
    """Each cell of a table of the Hub, or of its report, beside its recount."""
    return page_of_proof(await proof_of_hub(caller.context, table, asked), asked)


@schools.get("", Permission.READ_SCHOOL_REPORT)
async def list_own_recounted(caller: AdmittedToSchool) -> dict[str, Any]:
    """Which of a school's own tables have a recount beside them."""
    del caller
    return {"tables": [_listed(layout) for layout in OF_SCHOOL]}


@schools.get("/{table}", Permission.READ_SCHOOL_REPORT)
async def get_own_recounted(
    caller: AdmittedToSchool, table: str, asked: Annotated[ProofAsked, Query()]
) -> dict[str, Any]:
    """Each cell of a school's own table beside its recount."""
    return page_of_proof(await proof_of_school(caller, table, asked), asked)


def page_of_proof(proof: Proof, asked: ProofAsked) -> dict[str, Any]:
    """Show a part of the rows, and from what and by what they were counted again."""
    rows = proof.chosen(asked.only)
    end = asked.offset + asked.limit
    edition = proof.edition
    return {
        **proof.answer.about(),
        "counted_at": None if edition is None else edition.counted_at,
        "code": None if edition is None else edition.code,
        "events": None if edition is None else dict(edition.heads),
        "kept": list(proof.kept),
        "figures": proof.figures,
        "differing": proof.differing,
        "moved": proof.moved,
        "without_row": proof.without_row,
        "not_counted": [column for column in proof.answer.table.columns if column in NOT_COUNTED],
        "how": HOW,
        "do_it_yourself": DO_IT_YOURSELF.format(year=proof.answer.year),
        "message": proof.message,
        "total": len(rows),
        "offset": asked.offset,
        "limit": asked.limit,
        "next_offset": end if end < len(rows) else None,
        "rows": [_row(row) for row in rows[asked.offset : end]],
    }


def _row(row: RowBeside) -> dict[str, Any]:
    return {**row.where, "figures": [_cell(cell) for cell in row.cells]}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "figure": cell.column,
        "published": cell.published,
        "recounted": cell.recounted,
        "agrees": cell.verdict.agrees,
        "verdict": cell.verdict,
        "now": cell.now,
        "message": WORDS[cell.verdict],
    }


def _listed(layout: Layout) -> dict[str, Any]:
    return {"table": layout.name, "title": layout.title, "filters": ["academic_year", *layout.filters]}
