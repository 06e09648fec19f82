"""Reads the lines behind a table's header.

A file of nothing but plain lines, which nearly every file is, is split and no more; any other is looked at
line by line. What either gives is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from services.runtime.errors import FieldProblem
from services.runtime.tables.cells import split_cells
from services.runtime.tables.header import Header
from services.runtime.tables.shape import HEADER_ROW, NO_BREAK_SPACE, TableRow, TableShape, row_problem


def plain_lines(text: str, delimiter: str, shape: TableShape) -> list[str] | None:
    """Split a text of nothing but short, printable, unquoted lines of trimmed cells; None for any other.

    Nearly every file that a system exports is one. These tests run over the whole text at once, and reading
    36,000 lines that need no more than a split takes a third of the time.
    """
    body = text.replace("\r\n", "\n")
    odd = ('"', "\r", NO_BREAK_SPACE, f" {delimiter}", f"{delimiter} ", " \n", "\n ")
    visible = body.replace("\n", "").replace(delimiter, "")
    if body.endswith(" ") or any(part in body for part in odd) or not visible.isprintable():
        return None
    lines = body.split("\n")
    return lines if max(map(len, lines)) <= shape.max_cell_characters else None


def read_rows(
    lines: Sequence[str], header: Header, shape: TableShape, *, plain: bool
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


def _picker(header: Header) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Put cells into the order of the shape; the cell behind the last stands for columns not there."""
    places = [header.width if place is None else place for place in header.places]
    if len(places) == 1:
        return lambda cells: (cells[places[0]],)
    pick: Any = itemgetter(*places)
    chosen: Callable[[Sequence[str]], tuple[str, ...]] = pick
    return chosen


def _read_row(number: int, line: str, header: Header, shape: TableShape) -> TableRow | FieldProblem | None:
    """Read one line; None for a blank one."""
    # Spreadsheets write no-break spaces, which a person cannot tell from spaces.
    line = line.rstrip("\r\n").replace(NO_BREAK_SPACE, " ")
    cells = split_cells(line, header.delimiter)
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


def _first_wrong_cell(number: int, values: Sequence[str], shape: TableShape) -> FieldProblem | None:
    for column, value in zip(shape.columns, values, strict=True):
        if len(value) > shape.max_cell_characters:
            reason = f"has {len(value):,} characters; at most {shape.max_cell_characters} are allowed"
            return row_problem(number, column, reason)
        if not value.isprintable():
            return row_problem(number, column, "contains a control or invisible character")
    return None
