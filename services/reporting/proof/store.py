"""The cells of the last recounts: what each table said, and what separate code counted.

A document a recount and whose tables they are; in it each table packed by itself, so that a page unpacks one.
A row whose recount says the same is kept once. The year's run (`../recounts.py`) names the recounts that are
kept and is written last, so half of one is never read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from services.reporting.proof.model.cells import Cells, Pair, Place
from services.runtime.mongo import Document, Index, Replace
from services.runtime.tenancy import ServiceDatabase

CELLS: Final = "recounted_cells"
INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {CELLS: (Index((("academic_year", 1),)),)}
KEPT: Final = 7
"""Recounts of a year: a week of nights, in which to see since when a figure is wrong."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One table as it was recounted, by which code; `heads` are how many events were read, by service."""

    counted_at: str
    code: str
    heads: Mapping[str, int]
    rows: Mapping[Place, Mapping[str, Pair]]


async def keep_cells(
    database: ServiceDatabase,
    run: tuple[str, str],
    cells: Mapping[str, Cells],
    heads: Mapping[str, Mapping[str, int]],
) -> None:
    """Store a recount's cells by whose they are; `run` is the academic year, and when it was counted."""
    year, counted_at = run
    documents = [
        {
            "_id": _identity(year, subject, counted_at),
            "academic_year": year,
            "counted_at": counted_at,
            "code": f"careers-hub {version('careers-hub')}",
            "heads": dict(heads[subject]),
            "tables": pack(of_subject),
        }
        for subject, of_subject in cells.items()
    ]
    changes = (Replace({"_id": document["_id"]}, document, upsert=True) for document in documents)
    await database.collection(CELLS).write(*changes)


async def forget_cells(database: ServiceDatabase, year: str, kept: Sequence[str]) -> None:
    """Delete the cells of a year's recounts but of those kept, named by when they were counted."""
    await database.collection(CELLS).delete({"academic_year": year, "counted_at": {"$nin": list(kept)}})


async def read_edition(
    database: ServiceDatabase, year: str, subject: str, table: str, counted_at: str
) -> Edition | None:
    """Read one table of a recount, or None if nothing of it is kept."""
    fields = ["counted_at", "code", "heads", f"tables.{table}"]
    found: list[Document] = await database.collection(CELLS).find(
        {"_id": _identity(year, subject, counted_at)}, fields=fields
    )
    if not found or table not in found[0]["tables"]:
        return None
    document = found[0]
    rows = unpack(document["tables"][table])
    return Edition(document["counted_at"], document["code"], document["heads"], rows)


def pack(cells: Cells) -> dict[str, bytes]:
    """Put each table into few bytes."""
    tables: dict[str, dict[Place, dict[str, Pair]]] = {}
    for name, pair in cells.items():
        tables.setdefault(name[0], {}).setdefault(name[1:-1], {})[name[-1]] = pair
    return {table: _pack(rows) for table, rows in tables.items()}


def _pack(rows: Mapping[Place, Mapping[str, Pair]]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    packed = []
    for place, row in rows.items():
        # A cell that is not there is a pair of nothing; no figure is null.
        pairs = [row.get(column, (None, None)) for column in columns]
        published, recounted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        packed.append([place, published] if published == recounted else [place, published, recounted])
    return zlib.compress(json.dumps([columns, packed], separators=(",", ":")).encode())


def unpack(packed: bytes) -> dict[Place, dict[str, Pair]]:
    """Take a packed table apart: rows by their place, each figure's pair by its column."""
    columns, rows = json.loads(zlib.decompress(packed))
    return {
        tuple(place): {
            column: (published, recounted)
            for column, published, recounted in zip(columns, row[0], row[-1], strict=True)
            if published is not None
        }
        for place, *row in rows
    }


def _identity(year: str, subject: str, counted_at: str) -> str:
    return f"{year} {subject} {counted_at}"
