"""The route that takes files of employers."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import Query, Request

from contracts.vocabulary import EmployerId
from services.employers.api import TallyAnswer
from services.employers.fields import PREFIX, SERVICE_NAME
from services.employers.imports.commands import Outcome, import_employers, preview_employers
from services.employers.imports.reading import (
    OWN_SHAPE,
    FileFormat,
    Reading,
    plain_header,
    read_employers,
)
from services.employers.merging.views import likenesses, shown
from services.employers.model.duplicates import Likeness, known_of
from services.employers.model.incoming import Incoming
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToHub, SecuredRouter

PROBLEMS_SHOWN: Final = 100
"""Who has more rows to mend has one mistake in all of them."""
LONGEST_HEADER: Final = 60
"""Characters; more than any system's."""

router = SecuredRouter(SERVICE_NAME, PREFIX)


@router.put("/import", Permission.MANAGE_EMPLOYERS)
async def put_import(
    request: Request,
    caller: AdmittedToHub,
    format: Annotated[FileFormat, Query()] = "own",  # noqa: A002 - the query parameter's name
    column: Annotated[list[str] | None, Query(max_length=len(OWN_SHAPE.columns))] = None,
    preview: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter, always by name
) -> dict[str, Any]:
    """Bring a CSV file's employers into the directory, or with `preview` say what that would do.

    `column=Company name:name` says, for each header of the sender's own, which column it is. Usable rows go
    in; the receipt lists the others with row, column and reason, and the employers that may be there twice.
    """
    content, headers = await request.body(), _headers(column or [])
    # A year's file takes a second to read, and others should not wait for it.
    reading = await asyncio.to_thread(read_employers, content, format, headers)
    bring_in = preview_employers if preview else import_employers
    outcome = await bring_in(caller.context, caller.actor, reading.rows)
    found = await _possible_duplicates(caller.context, reading, outcome)
    return {
        "preview": preview,
        "employers": TallyAnswer.of(outcome.employers).model_dump(),
        "details_changed": outcome.details_changed,
        "rejected": len({problem.row for problem in reading.rejected}),
        "problems": _problems(reading.rejected),
        "left_out": {"cells": len(reading.left_out), "problems": _problems(reading.left_out)},
        "ignored_columns": list(reading.ignored_columns),
        "possible_duplicates": {
            "found": len(found),
            "duplicates": [shown(pair) for pair in found[:PROBLEMS_SHOWN]],
        },
    }


def _headers(columns: list[str]) -> dict[str, str]:
    """Read `header:column` pairs; a reason never repeats a header."""
    headers: dict[str, str] = {}
    for place, text in enumerate(columns):
        header, colon, column = text.rpartition(":")
        reason = None
        if not colon or not plain_header(header) or len(header) > LONGEST_HEADER:
            reason = f"write the file's header (at most {LONGEST_HEADER} characters), a colon and a column"
        elif column not in OWN_SHAPE.columns:
            reason = f"names none of the columns: {', '.join(OWN_SHAPE.columns)}"
        elif column in headers.values() or plain_header(header) in map(plain_header, headers):
            reason = "names a header or a column that was named before"
        if reason is not None:
            problem = FieldProblem(f"query.column.{place}", reason)
            raise InvalidError("The file's columns cannot be told.", (problem,))
        headers[header] = column
    return headers


async def _possible_duplicates(
    context: ServiceContext, reading: Reading, outcome: Outcome
) -> tuple[Likeness, ...]:
    """Compare what the file's rows are, or would be, with the whole directory."""
    rows: dict[EmployerId, Incoming] = {row.id: row for row in reading.rows}
    planned = [
        known_of(
            entry,
            {"postcode": rows[entry.id].postcode, "company_number": rows[entry.id].company_number},
        )
        for entry in outcome.entries
    ]
    return (await likenesses(context, planned)).of(rows)


def _problems(problems: tuple[FieldProblem, ...]) -> list[dict[str, object]]:
    return [problem.to_json() for problem in problems[:PROBLEMS_SHOWN]]
