"""Routes of a roll's columns: a school's own headers, and a preview of what an import would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Query, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from contracts.vocabulary import AcademicYear
from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.cells import ROLL_SHAPE
from services.pupils.api.roll_upload import (
    Sent,
    Upload,
    by_row,
    headers_of,
    importable_year,
    read_upload,
    receipt_of,
    roll_sent,
)
from services.pupils.commands.roll import preview_roll
from services.pupils.commands.roll_mapping import change_mapping
from services.pupils.model.roll import RollRow
from services.pupils.model.roll_change import RollChange
from services.pupils.model.roll_columns import HeaderUse, plain
from services.pupils.store.roll_mapping import read_mapping
from services.runtime.bodies import (
    Body,
)
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

LONGEST_HEADER: Final = 60
"""More than any system's; also as much of a header as is shown."""
ROWS_SHOWN: Final = 5
REJECTED_SHOWN: Final = 100
"""Who has more rows to mend has one mistake in all of them."""
HEADERS_SHOWN: Final = 200
"""An export of everything that a system knows has fewer columns."""
_UPN_CHARACTERS_SHOWN: Final = 4
_UPN_COLUMNS: Final = frozenset({"upn", "former_upn"})


def _checked_mapping(columns: dict[str, Any]) -> dict[str, Any]:
    """Refuse what cannot be read by; a reason never repeats a header."""
    reason = _mapping_fault(columns)
    if reason is not None:
        raise PydanticCustomError("mapping", "{reason}", {"reason": reason})
    return columns


def _mapping_fault(columns: dict[str, Any]) -> str | None:
    for place, (header, column) in enumerate(columns.items(), start=1):
        if len(header) > LONGEST_HEADER or not header.isprintable() or not plain(header):
            return f"header {place} must have letters or digits, and at most {LONGEST_HEADER} characters"
        if column not in ROLL_SHAPE.columns:
            return f"header {place} is mapped to none of: {', '.join(ROLL_SHAPE.columns)}"
    if len(set(map(plain, columns))) < len(columns):
        return "has a header twice (case, spaces and punctuation do not count)"
    if len(set(columns.values())) < len(columns):
        return "maps two headers to one column"
    return None


class MappingBody(Body):
    """A school's own headers, and the column that each of them names."""

    columns: Annotated[dict[str, Any], AfterValidator(_checked_mapping)]


@router.get("/roll/mapping", Permission.READ_ROLL)
async def get_mapping(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show the school's own headers, and the columns that there are."""
    own = await read_mapping(caller.context.school(caller.urn))
    return {"columns": own, "possible": list(ROLL_SHAPE.columns), "required": list(ROLL_SHAPE.required)}


@router.put("/roll/mapping", Permission.IMPORT_ROLL)
async def put_mapping(caller: AdmittedToSchool, body: MappingBody) -> dict[str, Any]:
    """Say which of the school's own headers names which column, in the place of all said before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await change_mapping(unit, body.columns)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/roll/preview", Permission.IMPORT_ROLL)
async def post_preview(
    request: Request, caller: AdmittedToSchool, academic_year: Annotated[str, Query(max_length=10)]
) -> dict[str, Any]:
    """Say what an import of this roll would do, and change nothing.

    The body is that of an import. `headers` says what each header is taken for, `sample` shows the first rows
    as they are read. A file without a required column has no counts: map one of its `unused_headers`.
    """
    year = importable_year(academic_year, caller.context)
    sent = await roll_sent(caller, request.headers.get("content-type", ""), await request.body())
    return await preview_of(caller, sent, year)


async def preview_of(caller: AdmittedToSchool, sent: Sent, year: AcademicYear) -> dict[str, Any]:
    """Say what an import of what was sent would do."""
    headers = headers_of(sent)
    used = {header.column for header in headers}
    missing = [] if sent.is_json else [column for column in ROLL_SHAPE.required if column not in used]
    answer = {"outcome": "preview", "academic_year": year, **_headers_view(headers, missing)}
    if missing:
        return answer | {"importable": False}
    return await _preview(caller, sent, year) | answer


async def _preview(caller: AdmittedToSchool, sent: Sent, year: AcademicYear) -> Document:
    upload = read_upload(sent)
    reading = upload.read(year)
    roll = upload.as_import(year, reading, sent, leavers_confirmed=True)

    async def work(unit: UnitOfWork) -> RollChange:
        return await preview_roll(unit, caller.context, roll)

    change = await caller.context.in_school(caller.actor, caller.urn, work)
    rejected = by_row([*upload.problems, *reading.rejected, *change.refused])
    return {
        **receipt_of(change, rejected[:REJECTED_SHOWN], upload),
        "importable": bool(reading.entries),
        "needs_confirm_leavers": change.needs_confirmation,
        "rejected_total": len(rejected),
        "sample": [_shown(row, upload) for row in upload.rows[:ROWS_SHOWN]],
    }


def _headers_view(headers: Sequence[HeaderUse], missing: Sequence[str]) -> Document:
    shown = [header for header in headers if header.header][:HEADERS_SHOWN]
    return {
        "headers": [
            {"header": header.header[:LONGEST_HEADER], "column": header.column, "why": header.why}
            for header in shown
        ],
        "missing_columns": list(missing),
        "unused_headers": [header.header[:LONGEST_HEADER] for header in shown if header.column is None],
    }


def _shown(row: RollRow, upload: Upload) -> Document:
    """Show the cells of a row, as far as they would be read; of UPNs the last characters only."""
    cells = {
        column: row.groups[column] if column in row.groups else getattr(row, column)
        for column in ROLL_SHAPE.columns
        if column in upload.columns and column not in upload.refused_columns
    }
    masked = {
        column: ";".join(upn.strip()[-_UPN_CHARACTERS_SHOWN:] for upn in cells[column].split(";"))
        for column in cells.keys() & _UPN_COLUMNS
    }
    return {"row": row.number, **cells, **masked}
