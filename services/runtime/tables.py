"""Reads an uploaded table: bytes in, rows with the numbers that a spreadsheet shows out.

What is wrong with the file as a whole (no header, a column missing or twice, not text, too large) is raised
at once. What is wrong with one row is listed with row, column and reason, and the other rows go on.

Every line of the file is one row: the header is row 1, blank lines count and hold nothing. A cell may be
quoted but may not contain a line break, so a quotation mark that is never closed costs its own row only, and
cannot swallow the rows behind it. Cells are trimmed; nothing that was in a cell is ever repeated in a reason.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple

from services.runtime.errors import FieldProblem, InvalidError, TooLargeError

Encoding = Literal["utf-8", "windows-1252"]

HEADER_ROW: Final = 1
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
DEFAULT_MAX_BYTES: Final = 10 * 1024 * 1024
"""A year of a large school's participations is some 36,000 rows of 200 bytes."""
DEFAULT_MAX_ROWS: Final = 50_000
DEFAULT_MAX_CELL_CHARACTERS: Final = 500
"""More than any title or list of codes; the csv module itself gives up at 131,072."""
_NAME_CHARACTERS_SHOWN: Final = 60
_LONGEST_HEADER: Final = 20_000
"""Some hundreds of columns, which is more than any system exports."""
_NO_BREAK_SPACE: Final = "\u00a0"

_IGNORED_IN_NAMES: Final = dict.fromkeys(map(ord, f" _-\t\r\n{_NO_BREAK_SPACE}"))

_SPECIAL: Final = frozenset('"\r\n')
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ZIP_MARK: Final = b"PK\x03\x04"


NameColumns = Callable[[Sequence[str]], Sequence[str | None]]
"""Says of each cell of a header which of a shape's columns it names; None for one that names none."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """The columns that a table must and may have, and its limits.

    The cells of `filled` columns may not be empty; without it, those of all required columns.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    filled: tuple[str, ...] | None = None
    max_bytes: int = DEFAULT_MAX_BYTES
    max_rows: int = DEFAULT_MAX_ROWS
    max_cell_characters: int = DEFAULT_MAX_CELL_CHARACTERS

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which a row's cells come."""
        return self.required + self.optional

    def may_be_empty(self, column: str) -> bool:
        """Whether a cell of this column may be empty."""
        return column not in (self.required if self.filled is None else self.filled)


class TableRow(NamedTuple):
    """One row: its number, and a cell for each of the shape's columns (empty where the file has none)."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What could be read, what could not, and how the file was understood."""

    rows: tuple[TableRow, ...]
    problems: tuple[FieldProblem, ...]
    encoding: Encoding
    delimiter: str
    ignored_columns: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """Those of the shape's columns that the file has."""


def row_problem(number: int, column: str | None, reason: str) -> FieldProblem:
    """Name what is wrong with a row, or with one column of it."""
    where = f"row {number}" if column is None else f"row {number}, column {column}"
    return FieldProblem(where, reason, row=number, column=column)


def read_table(content: bytes, shape: TableShape, name_columns: NameColumns | None = None) -> Table:
    """Read CSV (comma, semicolon or tab; UTF-8 or Windows-1252) of a known shape.

    Without `name_columns` a header cell names the column that is written like it, but for case, spaces,
    underscores and hyphens. Raises TooLargeError for a file over the shape's limits and InvalidError for one
    that is no such table; the problems of single rows are in the answer.
    """
    _refuse_other_formats(content, shape)
    text, encoding = _decode(content)
    header = _read_header(_first_line(text, shape), shape, name_columns or _names_of(shape))
    plain = _plain_lines(text, header.delimiter, shape)
    lines = list(io.StringIO(text, newline="")) if plain is None else plain
    rows, problems = _read_rows(lines, header, shape, plain=plain is not None)
    there = tuple(name for name, place in zip(shape.columns, header.places, strict=True) if place is not None)
    return Table(tuple(rows), tuple(problems), encoding, header.delimiter, header.ignored, there)


def read_header(content: bytes, shape: TableShape, name_columns: NameColumns) -> Sequence[str]:
    """Read a file's first row alone, whichever columns it names; raises as `read_table` does otherwise."""
    _refuse_other_formats(content, shape)
    line = _first_line(_decode(content)[0], shape)
    return _header_cells(line, _delimiter(line, name_columns))


def _names_of(shape: TableShape) -> NameColumns:
    known = {_normal(name): name for name in shape.columns}
    return lambda cells: [known.get(_normal(cell)) for cell in cells]


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


@dataclass(frozen=True, slots=True)
class _Header:
    delimiter: str
    width: int
    places: tuple[int | None, ...]
    names: tuple[str, ...]
    ignored: tuple[str, ...]
    must_be_filled: tuple[int, ...]


def _delimiter(line: str, name_columns: NameColumns) -> str:
    """Find the delimiter that makes most sense of the header."""
    return max(
        DELIMITERS,
        key=lambda d: (sum(name is not None for name in name_columns(_header_cells(line, d))), line.count(d)),
    )


def _read_header(line: str, shape: TableShape, name_columns: NameColumns) -> _Header:
    """Find each column's place."""
    delimiter = _delimiter(line, name_columns)
    cells = _header_cells(line, delimiter)
    names = name_columns(cells)
    found: dict[str, list[int]] = {}
    ignored: list[str] = []
    for place, (cell, name) in enumerate(zip(cells, names, strict=True)):
        if name is not None:
            found.setdefault(name, []).append(place)
        elif cell:
            ignored.append(cell[:_NAME_CHARACTERS_SHOWN])
    _refuse_wrong_columns(found, shape)
    return _Header(
        delimiter=delimiter,
        width=len(cells),
        places=tuple(found[name][0] if name in found else None for name in shape.columns),
        names=tuple(name or "" for name in names),
        ignored=tuple(ignored),
        must_be_filled=tuple(
            place for place, name in enumerate(shape.columns) if not shape.may_be_empty(name)
        ),
    )


def _header_cells(line: str, delimiter: str) -> list[str]:
    """Split a header; an unreadable one has no columns, which are then named as missing."""
    cells = _cells(line.rstrip("\r\n"), delimiter)
    return [] if isinstance(cells, str) else cells


def _refuse_wrong_columns(found: dict[str, list[int]], shape: TableShape) -> None:
    """Name every missing and every repeated column; the cells of a wrong header are not shown.

    A file without a header begins with somebody's data.
    """
    problems = [
        FieldProblem("row 1", f"column {name} is missing", row=HEADER_ROW, column=name)
        for name in shape.required
        if name not in found
    ]
    problems += [
        FieldProblem(
            "row 1",
            f"column {name} is there {len(places)} times (fields {', '.join(str(p + 1) for p in places)})",
            row=HEADER_ROW,
            column=name,
        )
        for name, places in found.items()
        if len(places) > 1
    ]
    if problems:
        message = (
            f"The first row must name the columns {', '.join(shape.required)}"
            + (f" (and may name {', '.join(shape.optional)})" if shape.optional else "")
            + ", separated by commas, semicolons or tabs."
        )
        raise InvalidError(message, tuple(problems))


def _plain_lines(text: str, delimiter: str, shape: TableShape) -> list[str] | None:
    """Split a text of nothing but short, printable, unquoted lines of trimmed cells; None for any other.

    Nearly every file that a system exports is one. These tests run over the whole text at once, and reading
    36,000 lines that need no more than a split takes a third of the time.
    """
    body = text.replace("\r\n", "\n")
    odd = ('"', "\r", _NO_BREAK_SPACE, f" {delimiter}", f"{delimiter} ", " \n", "\n ")
    visible = body.replace("\n", "").replace(delimiter, "")
    if body.endswith(" ") or any(part in body for part in odd) or not visible.isprintable():
        return None
    lines = body.split("\n")
    return lines if max(map(len, lines)) <= shape.max_cell_characters else None


def _read_rows(
    lines: Sequence[str], header: _Header, shape: TableShape, *, plain: bool
) -> tuple[list[TableRow], list[FieldProblem]]:
    """Read the lines after the header."""
    rows: list[TableRow] = []
    problems: list[FieldProblem] = []
    pick = _picker(header)
    filled = [place for column in header.must_be_filled if (place := header.places[column]) is not None]
    for number, line in enumerate(lines[HEADER_ROW:], start=HEADER_ROW + 1):
        cells = line.split(header.delimiter) if plain else []
        if len(cells) == header.width and ("" not in cells or all(cells[place] for place in filled)):
            cells.append("")
            rows.append(TableRow(number, pick(cells)))
            continue
        read = _read_row(number, line, header, shape)
        if isinstance(read, TableRow):
            rows.append(read)
        elif read is not None:
            problems.append(read)
    return rows, problems


def _picker(header: _Header) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Put cells into the order of the shape; the cell behind the last stands for columns not there."""
    places = [header.width if place is None else place for place in header.places]
    if len(places) == 1:
        return lambda cells: (cells[places[0]],)
    pick: Any = itemgetter(*places)
    chosen: Callable[[Sequence[str]], tuple[str, ...]] = pick
    return chosen


def _read_row(number: int, line: str, header: _Header, shape: TableShape) -> TableRow | FieldProblem | None:
    """Read one line; None for a blank one."""
    # Spreadsheets write no-break spaces, which a person cannot tell from spaces.
    line = line.rstrip("\r\n").replace(_NO_BREAK_SPACE, " ")
    cells = _cells(line, header.delimiter)
    if isinstance(cells, str):
        return row_problem(number, None, cells)
    if not any(cells):
        return None
    if len(cells) != header.width and (len(cells) < header.width or any(cells[header.width :])):
        column = header.names[len(cells)] or None if len(cells) < header.width else None
        fields = "1 field" if len(cells) == 1 else f"{len(cells)} fields"
        return row_problem(number, column, f"has {fields} where the header has {header.width}")
    values = tuple(["" if place is None else cells[place] for place in header.places])
    for place in header.must_be_filled:
        if not values[place]:
            return row_problem(number, shape.columns[place], "is empty")
    # A short printable line has no wrong character and no cell too long: nearly every line is one.
    shown = line.replace("\t", " ") if header.delimiter == "\t" else line
    short_and_printable = len(line) <= shape.max_cell_characters and shown.isprintable()
    wrong = None if short_and_printable else _first_wrong_cell(number, values, shape)
    return wrong or TableRow(number, values)


def _cells(line: str, delimiter: str) -> list[str] | str:
    """Split a line into trimmed cells, or say why that cannot be."""
    if "\0" in line:
        return "contains a NUL character"
    # Without quotation marks and line breaks nothing but delimiters means anything, as in nearly every line.
    if len(line) <= csv.field_size_limit() and _SPECIAL.isdisjoint(line):
        return [cell.strip() for cell in line.split(delimiter)]
    try:
        return [cell.strip() for cell in next(csv.reader((line,), delimiter=delimiter, strict=True), [])]
    except csv.Error as error:
        return _quote_reason(str(error))


def _first_wrong_cell(number: int, values: Sequence[str], shape: TableShape) -> FieldProblem | None:
    for column, value in zip(shape.columns, values, strict=True):
        if len(value) > shape.max_cell_characters:
            reason = f"has {len(value):,} characters; at most {shape.max_cell_characters} are allowed"
            return row_problem(number, column, reason)
        if not value.isprintable():
            return row_problem(number, column, "contains a control or invisible character")
    return None


def _quote_reason(driver_text: str) -> str:
    if "field limit" in driver_text:
        return f"has a field of more than {csv.field_size_limit():,} characters"
    if "unexpected end" in driver_text:
        return "a quotation mark is opened and not closed in the same line"
    return "a closing quotation mark is followed by something other than a delimiter"


def _normal(name: str) -> str:
    """Compare column names without case, spaces, underscores and hyphens: `Year Group` is `year_group`."""
    return name.casefold().translate(_IGNORED_IN_NAMES)
