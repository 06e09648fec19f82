"""The route that takes a table of participations: one row a pupil and activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from services.pupils.api import PREFIX, SERVICE_NAME
from services.pupils.api.cells import PARTICIPATIONS_SHAPE, read_bundles, table_format
from services.pupils.commands.participations import ImportCounts, import_participations
from services.pupils.model.participations import ReadBundle, bundle
from services.pupils.store.imported_files import keep_file, recognise_file
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

    Rows that are recorded already change nothing, so a file can be mended and sent again. Activities that
    were certainly recorded in another way are merged with those, unless the column `separate` says yes.
    """
    body = await request.body()
    digest = fingerprint(b"POST import", body)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        async def take() -> Document:
            receipt = await recognise_file(unit, digest)
            if receipt is not None:
                return receipt
            upload = _read(body)
            counts = await import_participations(unit, caller.context, upload.bundles)
            receipt = _receipt(counts, upload)
            if not receipt["rejected"]:
                await keep_file(unit, digest, counts.versions, _again(receipt))
            return receipt

        return await answer_once(unit, idempotency_key, digest, take)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@dataclass(frozen=True, slots=True)
class _Upload:
    table: Table
    bundles: list[ReadBundle]
    unreadable: list[FieldProblem]


def _read(body: bytes) -> _Upload:
    table = read_table(body, PARTICIPATIONS_SHAPE)
    bundled, contradicting = bundle(table.rows)
    bundles, senseless = read_bundles(bundled)
    unreadable = [*table.problems, *contradicting, *senseless]
    if not bundles:
        raise InvalidError(
            "No row of the file can be used, so nothing was changed.", tuple(_by_row(unreadable))
        )
    return _Upload(table, bundles, unreadable)


def _receipt(counts: ImportCounts, upload: _Upload) -> Document:
    rejected = _by_row([*upload.unreadable, *counts.rejected])
    return {
        "outcome": "imported" if counts.rows_recorded else "unchanged",
        "rows": len(upload.table.rows) + len(upload.table.problems),
        "recorded": counts.rows_recorded,
        "unchanged": counts.rows_unchanged,
        "activities": {
            "recorded": counts.activities_recorded,
            "extended": counts.activities_extended,
            "merged": len(counts.merged),
            "unchanged": counts.activities_unchanged,
        },
        "merged": counts.merged,
        "possible_duplicates": counts.possible_duplicates,
        "rejected": [problem.to_json() for problem in rejected],
        **table_format(upload.table),
    }


def _again(receipt: Document) -> Document:
    """Say of a file what it says when it comes again: everything is there."""
    activities = receipt["activities"]
    return {
        **receipt,
        "outcome": "unchanged",
        "recorded": 0,
        "unchanged": receipt["rows"],
        "activities": {**dict.fromkeys(activities, 0), "unchanged": sum(activities.values())},
        "merged": [],
        "possible_duplicates": [],
    }


def _by_row(problems: list[FieldProblem]) -> list[FieldProblem]:
    return sorted(problems, key=lambda problem: problem.row or 0)
