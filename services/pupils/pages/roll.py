"""The roll from a file: look at how it is read, then import it.

Between the two steps the file stays with whoever sent it, in the page itself: nothing of a roll that nobody
has imported yet is kept here.
"""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from contracts.vocabulary import AcademicYear, academic_year_of
from services.pupils.api import SERVICE_NAME
from services.pupils.api.roll_columns import preview_of
from services.pupils.api.roll_upload import importable_year, ready_to_import, roll_sent
from services.pupils.commands.roll import import_roll
from services.pupils.model.facts import today_in_england
from services.pupils.pages import pages
from services.pupils.pages.forms import KEY, PREFIX, Filled, new_key, once, request_of
from services.pupils.views.today import groups_on_roll
from services.runtime.errors import FieldProblem, InvalidError, TooLargeError
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.uow import UnitOfWork
from services.web.forms import Form
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

TEMPLATE: Final = "pupils/roll.html"
MOST_FILE_BYTES: Final = 3 * 1024 * 1024
"""10,000 pupils of 300 bytes each. Larger files go through the API, which takes 10 MB."""
MOST_FORM_BYTES: Final = MOST_FILE_BYTES * 4 // 3 + 64 * 1024
"""The same file in base 64, and the rest of the form."""
MOST_FIELDS: Final = 10
MOST_SHOWN: Final = 50
"""Rows with something wrong that a page lists; who has more has one mistake in all of them."""
FILE: Final = "file"
KEPT: Final = "kept"
COUNTS: Final = {
    "new": "New pupils",
    "changed": "Changed",
    "moved": "Moved to another year group",
    "unchanged": "As they were",
    "left": "No longer on roll",
    "missing_kept": "Not in the file, and kept",
}


@router.get("/roll", Permission.IMPORT_ROLL)
async def get_roll(caller: SchoolVisitor) -> Response:
    """Show who is on roll by year group, and ask for a file."""
    return await _show(caller, Filled(), {})


@router.post("/roll", Permission.IMPORT_ROLL)
async def post_roll(request: Request, caller: SchoolVisitor) -> Response:
    """Show how a file would be read, or import the one that was shown."""
    form, body = await _read(request)
    key = form.text(KEY) or new_key()
    try:
        body = body or _kept(form)
        year = importable_year(form.text("academic_year"), caller.context)
        sent = await roll_sent(caller, "text/csv", body)
        if form.text("do") != "import":
            found = await preview_of(caller, sent, year)
            kept = base64.b64encode(body).decode("ascii")
            return await _show(
                caller, Filled(), {"preview": found, "kept": kept, "importable": found["importable"]}
            )
        request_of(form, b"page: roll")
        ready = ready_to_import(sent, year, leavers_confirmed=form.text("leavers") == "yes")

        async def work(unit: UnitOfWork) -> Document:
            return ready.receipt(await import_roll(unit, caller.context, ready.roll))

        receipt = await once(caller, form, b"page: roll", work)
    except (InvalidError, TooLargeError) as error:
        problems = [(FILE, _line(problem)) for problem in error.problems[:MOST_SHOWN]]
        again = Filled(Form(), problems or [(FILE, error.detail)], key)
        return await _show(caller, again, {}, HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _show(caller, Filled(), {"receipt": receipt})


async def _read(request: Request) -> tuple[Form, bytes]:
    """Read the form's texts and its file; raises TooLargeError before more than a file is read."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST_FORM_BYTES:
        raise TooLargeError(f"A file has {MOST_FILE_BYTES // 1024 // 1024} MB at most.")
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_FORM_BYTES) as parts:
            texts = [(name, value.strip()) for name, value in parts.multi_items() if isinstance(value, str)]
            files = [value for _, value in parts.multi_items() if isinstance(value, UploadFile)]
            body = await files[0].read() if files else b""
    except MultiPartException:
        problem = FieldProblem("form", "is not a form with one file")
        raise InvalidError("What was sent cannot be read.", (problem,)) from None
    return Form(texts), body


def _kept(form: Form) -> bytes:
    """Take the file that the page before kept; raises InvalidError if somebody has changed it."""
    try:
        return base64.b64decode(form.text(KEPT), validate=True)
    except (binascii.Error, ValueError):
        problem = FieldProblem("file", "is not what the page before showed: choose it again")
        raise InvalidError("The file cannot be read.", (problem,)) from None


def _line(problem: FieldProblem) -> str:
    if problem.row is None:
        return f"{problem.where}: {problem.reason}"
    where = f"Row {problem.row}" + (f", {problem.column}" if problem.column else "")
    return f"{where}: {problem.reason}"


async def _show(
    caller: SchoolVisitor, form: Filled, told: dict[str, Any], status: int = HTTPStatus.OK
) -> Response:
    this_year = academic_year_of(today_in_england(caller.context.clock()))
    start = int(this_year.partition("/")[0]) + 1
    found = told.get("preview") or told.get("receipt")
    values: dict[str, Any] = {
        "form": form,
        "years": [this_year, AcademicYear(f"{start}/{(start + 1) % 100:02}")],
        "academic_year": this_year,
        "groups": await groups_on_roll(caller.context, caller.urn, this_year),
        "preview": None,
        "receipt": None,
        "kept": "",
        "importable": False,
        "counts": COUNTS,
        "rejected": [] if found is None else [_row(one) for one in found.get("rejected", [])[:MOST_SHOWN]],
        "rejected_total": 0 if found is None else found.get("rejected_total", len(found.get("rejected", []))),
        **told,
    }
    return pages().page(caller.visit, TEMPLATE, values, status)


def _row(problem: Document) -> str:
    where, row, column = problem["where"], problem.get("row"), problem.get("column")
    return _line(FieldProblem(where, problem["reason"], row, column))
