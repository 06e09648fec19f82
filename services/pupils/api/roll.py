"""Routes of the roll: import it, roll it over to the next year, and read its counts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.roll_upload import importable_year, ready_to_import, roll_sent
from services.pupils.commands.roll import import_roll
from services.pupils.commands.rollover import roll_over_to
from services.pupils.commands.scopes import change_scopes
from services.pupils.model.groups import COLUMNS
from services.pupils.store.scopes import read_scopes
from services.pupils.views import roll as views
from services.runtime.bodies import (
    Body,
)
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)


def _known_column(value: str) -> str:
    if value not in COLUMNS:
        raise PydanticCustomError("column", "is none of {columns}", {"columns": ", ".join(COLUMNS)})
    return value


ScopeColumn = Annotated[str, AfterValidator(_known_column)]


class ScopesBody(Body):
    """The columns that a school wants held."""

    columns: Annotated[list[ScopeColumn], Field(max_length=len(COLUMNS))]


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
    row have left, as have those whose leaving date has come. Columns that the school does not want held are
    refused, and named in the receipt. `POST roll/preview` says beforehand what would happen.
    """
    body = await request.body()
    year = importable_year(academic_year, caller.context)
    sent = await roll_sent(caller, request.headers.get("content-type", ""), body)
    ready = ready_to_import(sent, year, leavers_confirmed=confirm_leavers)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def take() -> Document:
            return ready.receipt(await import_roll(unit, caller.context, ready.roll))

        asked = fingerprint(b"PUT roll", year.encode(), str(confirm_leavers).encode(), body)
        return await answer_once(unit, idempotency_key, asked, take)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.post("/roll/rollover", Permission.IMPORT_ROLL)
async def post_rollover(
    caller: AdmittedToSchool,
    academic_year: Annotated[str, Query(max_length=10)],
    preview: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter, always by name
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Make the provisional roll of the next academic year out of the last one, until an import corrects it.

    With `preview` nothing is changed: the answer says what would be.
    """
    year = importable_year(academic_year, caller.context)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def take() -> Document:
            return await roll_over_to(unit, caller.context, year, preview=preview)

        asked = fingerprint(b"POST rollover", year.encode(), str(preview).encode())
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
