"""Reads an uploaded table: bytes in, rows with the numbers that a spreadsheet shows out.

What is wrong with the file as a whole (no header, a column missing or twice, not text, too large) is raised
at once. What is wrong with one row is listed with row, column and reason, and the other rows go on.

Every line of the file is one row: the header is row 1, blank lines count and hold nothing. A cell may be
quoted but may not contain a line break, so a quotation mark that is never closed costs its own row only, and
cannot swallow the rows behind it. Cells are trimmed; nothing that was in a cell is ever repeated in a reason.

`shape.py`: limits and values; `header.py`, `rows.py`, `cells.py`: the parts of reading.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from services.runtime.errors import InvalidError, TooLargeError
from services.runtime.tables.header import delimiter_of, header_cells, names_of, read_header_line
from services.runtime.tables.rows import plain_lines, read_rows
from services.runtime.tables.shape import (
    DELIMITERS,
    HEADER_ROW,
    Encoding,
    NameColumns,
    Table,
    TableRow,
    TableShape,
    row_problem,
)

__all__ = [
    "DELIMITERS",
    "NameColumns",
    "Table",
    "TableRow",
    "TableShape",
    "read_header",
    "read_table",
    "row_problem",
]

_LONGEST_HEADER: Final = 20_000
"""Some hundreds of columns, which is more than any system exports."""
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ZIP_MARK: Final = b"PK\x03\x04"


def read_table(content: bytes, shape: TableShape, name_columns: NameColumns | None = None) -> Table:
    """Read CSV (comma, semicolon or tab; UTF-8 or Windows-1252) of a known shape.

    Without `name_columns` a header cell names the column that is written like it, but for case, spaces,
    underscores and hyphens. Raises TooLargeError for a file over the shape's limits and InvalidError for one
    that is no such table; the problems of single rows are in the answer.
    """
    _refuse_other_formats(content, shape)
    text, encoding = _decode(content)
    header = read_header_line(_first_line(text, shape), shape, name_columns or names_of(shape))
    plain = plain_lines(text, header.delimiter, shape)
    lines = list(io.StringIO(text, newline="")) if plain is None else plain
    rows, problems = read_rows(lines, header, shape, plain=plain is not None)
    there = tuple(name for name, place in zip(shape.columns, header.places, strict=True) if place is not None)
    return Table(tuple(rows), tuple(problems), encoding, header.delimiter, header.ignored, there)


def read_header(content: bytes, shape: TableShape, name_columns: NameColumns) -> Sequence[str]:
    """Read a file's first row alone, whichever columns it names; raises as `read_table` does otherwise."""
    _refuse_other_formats(content, shape)
    line = _first_line(_decode(content)[0], shape)
    return header_cells(line, delimiter_of(line, name_columns))


def _refuse_other_formats(content: bytes, shape: TableShape) -> None:
    if len(content) > shape.max_bytes:
        message = f"The file has more than {shape.max_bytes:,} bytes; split it and send the parts one by one."
        raise TooLargeError(message)
    if content.startswith(_ZIP_MARK):
        raise InvalidError(
            "This is a spreadsheet or archive file. Save the sheet as CSV (UTF-8) and send that."
        )
    if content.startswith(_UTF16_MARKS):
        raise InvalidError("The file is in UTF-16. Save it as CSV (UTF-8) and send that.")


def _decode(content: bytes) -> tuple[str, Encoding]:
    """Read as UTF-8, with or without its mark; else as what older spreadsheets on Windows write."""
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("windows-1252"), "windows-1252"
    except UnicodeDecodeError as wrong:
        row = content.count(b"\n", 0, wrong.start) + 1
        problem = row_problem(row, None, f"byte {wrong.start} is neither UTF-8 nor Windows-1252")
        raise InvalidError(
            "The file is not text. Save it as CSV (UTF-8) and send that.", (problem,)
        ) from None


def _first_line(text: str, shape: TableShape) -> str:
    """Find the header; lines are counted first, because ten million empty ones would fill the memory."""
    if not text.strip():
        raise InvalidError("The file is empty; its first row must name the columns.")
    ends = text.count("\n") + text.count("\r") - text.count("\r\n")
    if ends - HEADER_ROW > shape.max_rows:
        message = f"The file has more than {shape.max_rows:,} rows; split it and send the parts one by one."
        raise TooLargeError(message)
    line = next(io.StringIO(text, newline=""))
    if len(line) > _LONGEST_HEADER:
        problem = row_problem(HEADER_ROW, None, f"has more than {_LONGEST_HEADER:,} characters")
        raise InvalidError("The first row must name the columns.", (problem,))
    return line
