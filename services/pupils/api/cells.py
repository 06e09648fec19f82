"""What callers send as tables, or as lists of rows: cells to the model's values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from services.pupils.api.bodies import LONGEST_NOTE, FactsBody, problems_of
from services.pupils.model.groups import COLUMNS as GROUP_COLUMNS
from services.pupils.model.groups import YES_OR_NO as YES_OR_NO_COLUMNS
from services.pupils.model.participations import (
    ACTIVITY_COLUMNS,
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    Bundle,
    ReadBundle,
)
from services.pupils.model.roll import ENROLMENT_COLUMNS, RollRow
from services.runtime.errors import FieldProblem
from services.runtime.tables import DELIMITERS, Table, TableShape

ROLL_SHAPE: Final = TableShape(
    required=("upn", "surname", "forename", "year_group"),
    optional=("tutor_group", "former_upn", *ENROLMENT_COLUMNS, *GROUP_COLUMNS),
    filled=("upn",),
    max_rows=10_000,
)
"""Empty names are left to `read_roll`, which still learns from the UPN whom the row means."""
PARTICIPATIONS_SHAPE: Final = TableShape(
    required=REQUIRED_COLUMNS, optional=OPTIONAL_COLUMNS, max_cell_characters=LONGEST_NOTE
)
_ROLL_FIELDS: Final = ROLL_SHAPE.columns
_NUMBERED: Final = frozenset({"year_group", "tutor_group"})
_LISTS: Final = ("tests_met", "learning_areas", "learning_outcomes")
_YES_OR_NO: Final = {"yes": True, "no": False}
_UK_DAY: Final = re.compile(r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$")


def table_format(table: Table) -> dict[str, object]:
    """Say in a receipt how a file was understood."""
    return {
        "format": "csv",
        "encoding": table.encoding,
        "delimiter": DELIMITERS[table.delimiter],
        "ignored_columns": list(table.ignored_columns),
    }


def roll_rows(table: Table, scopes: Collection[str]) -> list[RollRow]:
    """Name the cells of a roll's table; cells outside the school's scopes are left where they are."""
    held = frozenset(GROUP_COLUMNS).intersection(scopes)
    places = [(column, _ROLL_FIELDS.index(column)) for column in table.columns]
    rows = []
    for row in table.rows:
        there = {column: row.cells[place] for column, place in places}
        rows.append(_roll_row(row.number, f"row {row.number}", there, held))
    return rows


def _roll_row(number: int, label: str, cells: Mapping[str, str], held: Collection[str]) -> RollRow:
    return RollRow(
        number=number,
        label=label,
        upn=cells.get("upn", ""),
        surname=cells.get("surname", ""),
        forename=cells.get("forename", ""),
        year_group=cells.get("year_group", ""),
        tutor_group=cells.get("tutor_group", ""),
        groups={column: text for column, text in cells.items() if column in held},
        former_upn=cells.get("former_upn", ""),
        admission_date=cells.get("admission_date", ""),
        leaving_date=cells.get("leaving_date", ""),
        enrolment_status=cells.get("enrolment_status", ""),
    )


def refused_columns(names: Iterable[str], scopes: Collection[str]) -> tuple[str, ...]:
    """Name the columns that were sent and are outside the school's scopes."""
    sent = set(names)
    return tuple(column for column in GROUP_COLUMNS if column in sent and column not in scopes)


def roll_items(items: Sequence[object], scopes: Collection[str]) -> tuple[list[RollRow], list[FieldProblem]]:
    """Read a roll's rows from JSON objects of text (numbers, yes and no as such); rows count from 1."""
    held = frozenset(GROUP_COLUMNS).intersection(scopes)
    rows: list[RollRow] = []
    problems: list[FieldProblem] = []
    for place, item in enumerate(items):
        label = f"pupils[{place}]"
        if not isinstance(item, dict):
            problems.append(FieldProblem(label, "is not an object", row=place + 1))
            continue
        wrong = _wrong_field(item)
        if wrong is not None:
            column, reason = wrong
            problems.append(FieldProblem(f"{label}, column {column}", reason, row=place + 1, column=column))
            continue
        cells = {name: "" if item[name] is None else str(item[name]).strip() for name in item}
        rows.append(_roll_row(place + 1, label, cells, held))
    return rows, problems


def _wrong_field(item: dict[Any, Any]) -> tuple[str, str] | None:
    unknown = [name for name in item if name not in _ROLL_FIELDS]
    if unknown:
        return "other", f"has a field that is none of: {', '.join(_ROLL_FIELDS)}"
    for name in _ROLL_FIELDS:
        value = item.get(name)
        whole_number = isinstance(value, int) and not isinstance(value, bool) and name in _NUMBERED
        yes_or_no = isinstance(value, bool) and name in YES_OR_NO_COLUMNS
        if value is not None and not isinstance(value, str) and not whole_number and not yes_or_no:
            return name, "is not text"
    return None


def read_bundles(bundles: Iterable[Bundle]) -> tuple[list[ReadBundle], list[FieldProblem]]:
    """Read what each activity's rows say about it; rows of one that makes no sense are all refused."""
    good: list[ReadBundle] = []
    problems: list[FieldProblem] = []
    for bundle in bundles:
        fields = _fields(bundle.cells)
        if isinstance(fields, FieldProblem):
            problems += bundle.refuse(fields.where, fields.reason)
            continue
        separate = bool(fields.pop("separate", False))
        try:
            facts = FactsBody.model_validate(fields).facts()
        except ValidationError as invalid:
            wrong = problems_of(invalid)[0]
            problems += bundle.refuse(wrong.where.partition(".")[0], wrong.reason)
        else:
            good.append(ReadBundle(facts, bundle.attendees, separate))
    return good, problems


def _fields(cells: Sequence[str]) -> dict[str, object] | FieldProblem:
    """Turn the cells of an activity into the fields of a body."""
    texts = dict(zip(ACTIVITY_COLUMNS, cells, strict=True))
    hours = texts.pop("hours")
    said = {name: texts.pop(name).casefold() for name in ("in_school_day", "separate")}
    lists = {name: _codes(texts.pop(name)) for name in _LISTS}
    fields: dict[str, object] = {name: text for name, text in texts.items() if text}
    fields |= lists
    fields["held_on"] = _UK_DAY.sub(_iso_day, texts["held_on"])
    for name, word in said.items():
        if word and word not in _YES_OR_NO:
            return FieldProblem(name, "is neither yes nor no")
        if word:
            fields[name] = _YES_OR_NO[word]
    if hours:
        try:
            fields["hours"] = float(hours)
        except ValueError:
            return FieldProblem("hours", "is not a number; write it like 1.5")
    return fields


def _codes(cell: str) -> list[str]:
    return [code for part in cell.split(";") if (code := part.strip())]


def _iso_day(found: re.Match[str]) -> str:
    """Write a British date, as spreadsheets save it, as an ISO date."""
    day, month, year = found.groups()
    return f"{year}-{int(month):02d}-{int(day):02d}"
