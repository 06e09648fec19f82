"""Reads a table's first row: which delimiter, and which cell names which column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.tables.cells import split_cells
from services.runtime.tables.shape import DELIMITERS, HEADER_ROW, NO_BREAK_SPACE, NameColumns, TableShape

_NAME_CHARACTERS_SHOWN: Final = 60
_IGNORED_IN_NAMES: Final = dict.fromkeys(map(ord, f" _-\t\r\n{NO_BREAK_SPACE}"))


@dataclass(frozen=True, slots=True)
class Header:
    """How the rows are laid out; `places` has each of the shape's columns' place, None where it has none."""

    delimiter: str
    width: int
    places: tuple[int | None, ...]
    names: tuple[str, ...]
    ignored: tuple[str, ...]
    must_be_filled: tuple[int, ...]


def names_of(shape: TableShape) -> NameColumns:
    """Name columns by what is written like them, but for case, spaces, underscores and hyphens."""
    known = {_normal(name): name for name in shape.columns}
    return lambda cells: [known.get(_normal(cell)) for cell in cells]


def read_header_line(line: str, shape: TableShape, name_columns: NameColumns) -> Header:
    """Find each column's place."""
    delimiter = delimiter_of(line, name_columns)
    cells = header_cells(line, delimiter)
    names = name_columns(cells)
    found: dict[str, list[int]] = {}
    ignored: list[str] = []
    for place, (cell, name) in enumerate(zip(cells, names, strict=True)):
        if name is not None:
            found.setdefault(name, []).append(place)
        elif cell:
            ignored.append(cell[:_NAME_CHARACTERS_SHOWN])
    _refuse_wrong_columns(found, shape)
    return Header(
        delimiter=delimiter,
        width=len(cells),
        places=tuple(found[name][0] if name in found else None for name in shape.columns),
        names=tuple(name or "" for name in names),
        ignored=tuple(ignored),
        must_be_filled=tuple(
            place for place, name in enumerate(shape.columns) if not shape.may_be_empty(name)
        ),
    )


def delimiter_of(line: str, name_columns: NameColumns) -> str:
    """Find the delimiter that makes most sense of the header."""
    return max(
        DELIMITERS,
        key=lambda d: (sum(name is not None for name in name_columns(header_cells(line, d))), line.count(d)),
    )


def header_cells(line: str, delimiter: str) -> list[str]:
    """Split a header; an unreadable one has no columns, which are then named as missing."""
    cells = split_cells(line.rstrip("\r\n"), delimiter)
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


def _normal(name: str) -> str:
    """Compare column names without case, spaces, underscores and hyphens: `Year Group` is `year_group`."""
    return name.casefold().translate(_IGNORED_IN_NAMES)
