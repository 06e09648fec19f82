"""Routes of the roll: import it, and read its counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query, Request
from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from contracts.vocabulary import AcademicYear
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.bodies import Body, RollBody, problems_of
from services.pupils.api.cells import ROLL_SHAPE, refused_columns, roll_items, roll_rows, table_format
from services.pupils.commands.roll import RollImport, import_roll
from services.pupils.commands.scopes import change_scopes
from services.pupils.model.facts import today_in_england
from services.pupils.model.groups import COLUMNS
from services.pupils.model.roll import RollRow, read_roll
from services.pupils.model.roll_change import RollChange
from services.pupils.rules import la_codes
from services.pupils.store.scopes import read_scopes
from services.pupils.views import roll as views
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.tables import read_table
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)


def _known_column(value: str) -> str:
    if value not in COLUMNS:
        raise PydanticCustomError("column", "is none of {columns}", {"columns": ", ".join(COLUMNS)})
    return value


ScopeColumn = Annotated[str, AfterValidator(_known_column)]

YEARS_AHEAD: Final = 1
"""Next September's roll is imported in summer; a later one is a slip of the keyboard."""


class ScopesBody(Body):
    """The columns that a school wants held."""

    columns: Annotated[list[ScopeColumn], Field(max_length=len(COLUMNS))]


@dataclass(frozen=True, slots=True)
class _Upload:
    rows: list[RollRow]
    problems: tuple[FieldProblem, ...]
    format: Document
    refused_columns: tuple[str, ...]


@router.put("/roll", Permission.IMPORT_ROLL)
async def put_roll(
    request: Request,
    caller: AdmittedToSchool,
    academic_year: Annotated[str, Query(max_length=10)],
    confirm_leavers: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter, always by name
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Import the whole roll of an academic year: CSV, or JSON `{"pupils": [...]}`.

    Valid rows go in; the receipt lists the others with row, column and reason. Pupils on roll who are in no
    row have left. Columns that the school does not want held are refused, and named in the receipt.
    """
    body = await request.body()
    year = _importable_year(academic_year, caller.context)
    scopes = await read_scopes(caller.context.school(caller.urn))
    upload = _read_upload(request.headers.get("content-type", ""), body, scopes)
    reading = read_roll(upload.rows, la_codes())
    rejected = _by_row([*upload.problems, *reading.rejected])
    if not reading.entries:
        raise InvalidError("No row of the roll can be used, so nothing was changed.", tuple(rejected))

    roll = RollImport(year, reading, len(upload.problems), confirm_leavers, scopes, upload.refused_columns)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def take() -> Document:
            change = await import_roll(unit, caller.context, roll)
            return _receipt(change, _by_row([*rejected, *change.refused]), upload)

        asked = fingerprint(b"PUT roll", year.encode(), str(confirm_leavers).encode(), body)
        return await answer_once(unit, idempotency_key, asked, take)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/roll/scopes", Permission.READ_ROLL)
async def get_scopes(caller: AdmittedToSchool) -> dict[str, Any]:
    """Name the columns that the school wants held, and those that it may choose."""
    held = await read_scopes(caller.context.school(caller.urn))
    return {"columns": list(held), "possible": list(COLUMNS)}


@router.put("/roll/scopes", Permission.IMPORT_ROLL)
async def put_scopes(caller: AdmittedToSchool, body: ScopesBody) -> dict[str, Any]:
    """Choose what the platform may hold of the pupils; what it holds of anything else goes at once."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await change_scopes(unit, frozenset(body.columns))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/roll", Permission.READ_ROLL)
async def get_roll(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Count the pupils on roll by year group."""
    return await views.roll(caller.context, caller.urn, academic_year_asked(academic_year, caller.context))


def _importable_year(text: str, context: ServiceContext) -> AcademicYear:
    year = academic_year_asked(text, context)
    latest = today_in_england(context.clock()).year + YEARS_AHEAD
    if int(year.partition("/")[0]) > latest:
        problem = FieldProblem("academic_year", "is more than a year ahead")
        raise InvalidError("A roll of such a late academic year cannot be imported yet.", (problem,))
    return year


def _read_upload(content_type: str, body: bytes, scopes: tuple[str, ...]) -> _Upload:
    if content_type.partition(";")[0].strip().casefold() == "application/json":
        try:
            items = RollBody.model_validate_json(body).pupils
        except ValidationError as invalid:
            raise InvalidError("The roll cannot be read.", problems_of(invalid)) from None
        rows, problems = roll_items(items, scopes)
        names = (name for item in items if isinstance(item, dict) for name in item)
        return _Upload(rows, tuple(problems), {"format": "json"}, refused_columns(names, scopes))
    table = read_table(body, ROLL_SHAPE)
    refused = refused_columns(table.columns, scopes)
    return _Upload(roll_rows(table, scopes), table.problems, table_format(table), refused)


def _by_row(problems: list[FieldProblem]) -> list[FieldProblem]:
    return sorted(problems, key=lambda problem: problem.row or 0)


def _receipt(change: RollChange, rejected: list[FieldProblem], upload: _Upload) -> Document:
    return {
        "outcome": "imported" if change.new + change.changed + change.left else "unchanged",
        "academic_year": change.year,
        "rows": len(upload.rows) + len(upload.problems),
        "new": change.new,
        "changed": change.changed,
        "moved": change.moved,
        "unchanged": change.unchanged,
        "left": change.left,
        "missing_kept": change.missing_kept,
        "rejected": [problem.to_json() for problem in rejected],
        "refused_columns": list(upload.refused_columns),
        "year_groups": [figures.model_dump() for figures in change.rolls],
        **upload.format,
    }
