"""What a table must and may have, and what reading one gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from services.runtime.errors import FieldProblem

Encoding = Literal["utf-8", "windows-1252"]

HEADER_ROW: Final = 1
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
DEFAULT_MAX_BYTES: Final = 10 * 1024 * 1024
"""A year of a large school's participations is some 36,000 rows of 200 bytes."""
DEFAULT_MAX_ROWS: Final = 50_000
DEFAULT_MAX_CELL_CHARACTERS: Final = 500
"""More than any title or list of codes; the csv module itself gives up at 131,072."""
NO_BREAK_SPACE: Final = "\u00a0"

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
