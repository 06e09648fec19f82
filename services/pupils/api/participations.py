"""The route that takes a table of participations: one row a pupil and activity."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.cells import PARTICIPATIONS_SHAPE, read_bundles, table_format
from services.pupils.commands.participations import ImportCounts, import_participations
from services.pupils.model.participations import bundle
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.idempotency import answer_once, fingerprint
from services.runtime.mongo import Document
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, IdempotencyKey, SecuredRouter
from services.runtime.tables import Table, read_table
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)


@router.post("/activities/import", Permission.RECORD_ACTIVITY)
async def post_participations(
    request: Request, caller: AdmittedToSchool, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Import a CSV of participations: valid rows go in, the receipt lists the others.

    Rows that are recorded already change nothing, so a file can be mended and sent again.
    """
    body = await request.body()
    table = read_table(body, PARTICIPATIONS_SHAPE)
    bundled, contradicting = bundle(table.rows)
    bundles, senseless = read_bundles(bundled)
    unreadable = [*table.problems, *contradicting, *senseless]
    if not bundles:
        raise InvalidError(
            "No row of the file can be used, so nothing was changed.", tuple(_by_row(unreadable))
        )

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def take() -> Document:
            counts = await import_participations(unit, caller.context, bundles)
            return _receipt(counts, unreadable, table)

        return await answer_once(unit, idempotency_key, fingerprint(b"POST import", body), take)

    return await caller.context.in_school(caller.actor, caller.urn, work)


def _receipt(counts: ImportCounts, unreadable: list[FieldProblem], table: Table) -> Document:
    rejected = _by_row([*unreadable, *counts.rejected])
    return {
        "outcome": "imported" if counts.rows_recorded else "unchanged",
        "rows": len(table.rows) + len(table.problems),
        "recorded": counts.rows_recorded,
        "unchanged": counts.rows_unchanged,
        "activities": {
            "recorded": counts.activities_recorded,
            "extended": counts.activities_extended,
            "unchanged": counts.activities_unchanged,
        },
        "rejected": [problem.to_json() for problem in rejected],
        **table_format(table),
    }


def _by_row(problems: list[FieldProblem]) -> list[FieldProblem]:
    return sorted(problems, key=lambda problem: problem.row or 0)
