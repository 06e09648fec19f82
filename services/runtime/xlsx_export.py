"""Writes a table for a spreadsheet as XLSX: the table on one sheet, what it says of itself on another.

Text is written as text, never as a formula or a link, whatever it begins with. XlsxWriter is loaded when the
first file is asked for. The same table at the same time makes the same file.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Final

from services.runtime.csv_export import Cell

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST: Final = 40
"""Characters; a column of long names is cut at what still fits beside the figures."""
_SPARE: Final = 2


def write_workbook(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    notes: Iterable[tuple[str, str]],
    made_at: dt.datetime,
) -> bytes:
    """Render a table with its header and its notes; None is an empty cell."""
    import xlsxwriter  # noqa: PLC0415 - nobody else waits for it at start

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("Table")
    widths = [len(column) for column in columns]
    sheet.write_row(0, 0, columns, bold)
    for place, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell)
            elif cell is not None:
                sheet.write_number(place, column, cell)
            widths[column] = max(widths[column], len(str(cell)))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, _WIDEST) + _SPARE)
    sheet.freeze_panes(1, 0)
    about = book.add_worksheet("About")
    about.set_column(0, 1, _WIDEST)
    for place, (name, text) in enumerate(notes):
        about.write_string(place, 0, name, bold)
        about.write_string(place, 1, text)
    book.close()
    return out.getvalue()
