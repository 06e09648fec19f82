"""Reads a file of employers: which columns it has, and what each row says.

The Gender Pay Gap Service writes addresses and lists of codes over several lines of a quoted cell. A cell of
ours may not (`services/runtime/tables`), so its records are put on a line each first; row numbers are then
those of its records, as a spreadsheet shows them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.employers.imports.rows import RowReader
from services.employers.model.incoming import Incoming
from services.employers.rules import land
from services.employers.terms import import_terms, name_terms
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.tables import NameColumns, TableShape, read_table, row_problem

FileFormat = Literal["own", "gender_pay_gap"]

MOST_ROWS: Final = 15_000
"""The service's file of a year has some 11,000 employers, the large ones of Great Britain."""
OWN_SHAPE: Final = TableShape(
    required=("name",),
    optional=(
        *("employer_id", "town", "postcode", "company_number", "sic_codes", "sic_section", "size_band"),
        *("latitude", "longitude"),
    ),
    max_rows=MOST_ROWS,
)
_GPG_REQUIRED: Final = ("reported_name", "employer_id", "sic_codes", "size")
_GPG_SHAPE: Final = TableShape(
    required=_GPG_REQUIRED,
    optional=("name", "postcode", "company_number"),
    filled=("reported_name", "employer_id"),
    max_rows=MOST_ROWS,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: usable rows, why others are not, what a usable one lost, columns not read."""

    rows: tuple[Incoming, ...]
    rejected: tuple[FieldProblem, ...]
    left_out: tuple[FieldProblem, ...]
    ignored_columns: tuple[str, ...]


def read_employers(content: bytes, form: FileFormat, headers: Mapping[str, str]) -> Reading:
    """Read a file; `headers` are the sender's own names of columns.

    Raises InvalidError or TooLargeError for what is no such file, and InvalidError if no row can be used.
    """
    reader = RowReader(import_terms(), name_terms(), land())
    if form == "gender_pay_gap":
        shape, read_row = _GPG_SHAPE, reader.gender_pay_gap
        table = read_table(
            _one_line_a_record(content), shape, _published(import_terms().gender_pay_gap.columns)
        )
    else:
        shape, read_row = OWN_SHAPE, reader.own
        table = read_table(content, shape, _named_by(headers))
    rows: list[Incoming] = []
    first_row: dict[str, int] = {}
    for number, cells in table.rows:
        incoming = read_row(number, dict(zip(shape.columns, cells, strict=True)))
        if incoming is None:
            continue
        if incoming.id in first_row:
            reason = f"is the same employer as row {first_row[incoming.id]}"
            reader.problems.append(row_problem(number, None, reason))
            continue
        first_row[incoming.id] = number
        rows.append(incoming)
    rejected = tuple(sorted((*table.problems, *reader.problems), key=lambda problem: problem.row or 0))
    if not rows:
        raise InvalidError("No row of the file can be used, so nothing was changed.", rejected)
    return Reading(tuple(rows), rejected, tuple(reader.left_out), table.ignored_columns)


def plain_header(header: str) -> str:
    """Compare headers by their letters and digits."""
    return "".join(letter for letter in header.casefold() if letter.isalnum())


def _named_by(headers: Mapping[str, str]) -> NameColumns:
    """Name columns by the sender's headers, and otherwise by their own names."""
    known = {plain_header(column): column for column in OWN_SHAPE.columns}
    # A column that the sender names otherwise goes by that name alone.
    own = {name: column for name, column in known.items() if column not in headers.values()}
    own |= {plain_header(header): column for header, column in headers.items()}
    return lambda cells: [own.get(plain_header(cell)) for cell in cells]


def _published(columns: Mapping[str, str]) -> NameColumns:
    known = {plain_header(header): column for header, column in columns.items()}

    def name(cells: Sequence[str]) -> Sequence[str | None]:
        return [known.get(plain_header(cell)) for cell in cells]

    return name


def _one_line_a_record(content: bytes) -> bytes:
    """Put a record that was written over several lines on one; what is no text is left as it is."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    try:
        for record in csv.reader(io.StringIO(text, newline=""), strict=True):
            writer.writerow([" ".join(cell.split()) for cell in record])
    except csv.Error:
        raise InvalidError(
            "The file has a quotation mark that is not closed. Download it again, and send it unchanged."
        ) from None
    return lines.getvalue().encode()
