"""Reads what callers send as a roll, and says what became of it: the same for an import and its preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from contracts.vocabulary import AcademicYear
from services.pupils.api import academic_year_asked
from services.pupils.api.bodies import RollBody, problems_of
from services.pupils.api.cells import ROLL_SHAPE, refused_columns, roll_items, roll_rows, table_format
from services.pupils.commands.roll import RollImport
from services.pupils.model.facts import today_in_england
from services.pupils.model.roll import RollReading, RollRow, read_roll
from services.pupils.model.roll_change import RollChange
from services.pupils.model.roll_columns import HeaderUse, use_headers
from services.pupils.rules import la_codes, roll_columns
from services.pupils.store.roll_mapping import read_mapping
from services.pupils.store.scopes import read_scopes
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.mongo import Document
from services.runtime.routing import AdmittedToSchool
from services.runtime.tables import read_header, read_table

YEARS_AHEAD: Final = 1
"""Next September's roll is imported in summer; a later one is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A roll as it came, and what the school has said about reading it."""

    content_type: str
    body: bytes
    scopes: tuple[str, ...]
    own_headers: Mapping[str, str]

    @property
    def is_json(self) -> bool:
        """Whether it is JSON; anything else is read as a table."""
        return self.content_type.partition(";")[0].strip().casefold() == "application/json"

    def columns_of(self, headers: Sequence[str]) -> list[str | None]:
        """Say which column each header of a table names."""
        return [use.column for use in self.uses_of(headers)]

    def uses_of(self, headers: Sequence[str]) -> list[HeaderUse]:
        """Say what each header of a table is taken for."""
        return use_headers(headers, ROLL_SHAPE.columns, self.own_headers, roll_columns())


@dataclass(frozen=True, slots=True)
class Upload:
    """A roll's rows as text, what is wrong with those that are none, and how it was understood."""

    rows: list[RollRow]
    problems: tuple[FieldProblem, ...]
    format: Document
    columns: tuple[str, ...]
    """Those that were sent, also those that the school does not want held."""
    refused_columns: tuple[str, ...]

    def read(self, year: AcademicYear) -> RollReading:
        """Check every row."""
        return read_roll(self.rows, la_codes(), year)

    def as_import(
        self, year: AcademicYear, reading: RollReading, sent: Sent, *, leavers_confirmed: bool
    ) -> RollImport:
        """Put together what the command needs."""
        lost = len(self.problems)
        return RollImport(year, reading, lost, leavers_confirmed, sent.scopes, self.refused_columns)


@dataclass(frozen=True, slots=True)
class Ready:
    """A roll that can be imported: it has a row that can be used."""

    roll: RollImport
    upload: Upload
    rejected: Sequence[FieldProblem]

    def receipt(self, change: RollChange) -> Document:
        """Say what became of it."""
        return receipt_of(change, by_row([*self.rejected, *change.refused]), self.upload)


def ready_to_import(sent: Sent, year: AcademicYear, *, leavers_confirmed: bool) -> Ready:
    """Read a roll; raises InvalidError with what is wrong in each row if none can be used."""
    upload = read_upload(sent)
    reading = upload.read(year)
    rejected = by_row([*upload.problems, *reading.rejected])
    if not reading.entries:
        raise InvalidError("No row of the roll can be used, so nothing was changed.", tuple(rejected))
    return Ready(upload.as_import(year, reading, sent, leavers_confirmed=leavers_confirmed), upload, rejected)


async def roll_sent(caller: AdmittedToSchool, content_type: str, body: bytes) -> Sent:
    """Find what the school has said about reading its rolls."""
    database = caller.context.school(caller.urn)
    return Sent(content_type, body, await read_scopes(database), await read_mapping(database))


def importable_year(text: str, context: ServiceContext) -> AcademicYear:
    """Read the academic year of a roll; raises InvalidError for none and for one too far ahead."""
    year = academic_year_asked(text, context)
    latest = today_in_england(context.clock()).year + YEARS_AHEAD
    if int(year.partition("/")[0]) > latest:
        problem = FieldProblem("academic_year", "is more than a year ahead")
        raise InvalidError("A roll of such a late academic year cannot be imported yet.", (problem,))
    return year


def read_upload(sent: Sent) -> Upload:
    """Read a roll; raises InvalidError for one that cannot be read as a whole."""
    if sent.is_json:
        items = _items(sent)
        rows, problems = roll_items(items, sent.scopes)
        names = tuple(_names(items))
        return Upload(rows, tuple(problems), {"format": "json"}, names, refused_columns(names, sent.scopes))
    table = read_table(sent.body, ROLL_SHAPE, sent.columns_of)
    refused = refused_columns(table.columns, sent.scopes)
    return Upload(roll_rows(table, sent.scopes), table.problems, table_format(table), table.columns, refused)


def headers_of(sent: Sent) -> list[HeaderUse]:
    """Say of each header of a table, or field of JSON, what it is taken for."""
    if sent.is_json:
        # JSON is written by programs: its fields have the columns' names, and others are refused by row.
        names = _names(_items(sent))
        uses = [
            HeaderUse(name, name, "name") if name in ROLL_SHAPE.columns else _ignored(name) for name in names
        ]
    else:
        uses = sent.uses_of(read_header(sent.body, ROLL_SHAPE, sent.columns_of))
    refused = refused_columns((use.column for use in uses if use.column is not None), sent.scopes)
    return [HeaderUse(use.header, use.column, "refused") if use.column in refused else use for use in uses]


def by_row(problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    """Put problems in the order of the file."""
    return sorted(problems, key=lambda problem: problem.row or 0)


def receipt_of(change: RollChange, rejected: Sequence[FieldProblem], upload: Upload) -> Document:
    """Say what became of a roll."""
    return {
        "outcome": "imported" if change.new + change.changed + change.left else "unchanged",
        "academic_year": change.year,
        "rows": len(upload.rows) + len(upload.problems),
        "new": change.new,
        "changed": change.changed,
        "moved": change.moved,
        "unchanged": change.unchanged,
        "left": change.left,
        "missing_kept": change.missing_kept,
        "rejected": [problem.to_json() for problem in rejected],
        "refused_columns": list(upload.refused_columns),
        "year_groups": [figures.model_dump() for figures in change.rolls],
        **upload.format,
    }


def _ignored(name: str) -> HeaderUse:
    return HeaderUse(name, None, "ignored")


def _items(sent: Sent) -> list[Any]:
    try:
        return RollBody.model_validate_json(sent.body).pupils
    except ValidationError as invalid:
        raise InvalidError("The roll cannot be read.", problems_of(invalid)) from None


def _names(items: Iterable[object]) -> list[str]:
    """Name the fields that any of the objects has, in the order in which they come."""
    return list(dict.fromkeys(name for item in items if isinstance(item, dict) for name in item))
