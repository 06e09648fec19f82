"""Writes a table for a spreadsheet, in which nothing that somebody typed can act as a formula.

A cell that begins like a formula gets an apostrophe before it (OWASP, "CSV injection"): spreadsheets show the
text and evaluate nothing. Numbers are written as they are, negative ones too. UTF-8 with a byte order mark,
because the usual spreadsheet takes a file without one for Windows-1252.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
BYTE_ORDER_MARK: Final = "\ufeff"
_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | float | None


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Render a table with its header; None is an empty cell. Lines end as RFC 4180 has it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGINNINGS) else cell
