"""Reads a roll row by row: what each row says, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP
from services.pupils.model.groups import read_cell
from services.pupils.model.upn import Upn, normalised, reason_of, upn_faults
from services.runtime.errors import FieldProblem

LONGEST_NAME: Final = 100
LONGEST_TUTOR_GROUP: Final = 20
_YEAR_GROUP: Final = re.compile(r"^(?:year|yr|y)?\s*([0-9]{1,2})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RollRow:
    """One row as text; `label` names it in problems (`row 5` of a table, `pupils[3]` of JSON)."""

    number: int
    label: str
    upn: str
    surname: str
    forename: str
    year_group: str
    tutor_group: str
    groups: Mapping[str, str] = field(default_factory=dict)
    """Cells of the columns in scope that the file has (`groups.py`)."""

    def problem(self, column: str, reason: str) -> FieldProblem:
        """Name what is wrong with a column of this row; the reason never repeats the cell."""
        return FieldProblem(f"{self.label}, column {column}", reason, row=self.number, column=column)


@dataclass(frozen=True, slots=True)
class RollEntry:
    """A row that makes sense."""

    upn: Upn
    surname: str
    forename: str
    year_group: int
    tutor_group: str
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each column in scope says."""


@dataclass(frozen=True, slots=True)
class RollReading:
    """What a file says: its entries, what is wrong with the others, and whom the others may mean.

    `rows` has the row of each entry.
    """

    entries: tuple[RollEntry, ...]
    rejected: tuple[FieldProblem, ...]
    refused_upns: frozenset[Upn]
    unreadable_upns: int
    rows: Mapping[Upn, RollRow] = field(default_factory=dict, compare=False)


def read_roll(rows: Iterable[RollRow], la_codes: Collection[str]) -> RollReading:
    """Check every row; of several rows with one UPN the first counts and the others are refused."""
    entries: dict[Upn, RollEntry] = {}
    first_rows: dict[Upn, RollRow] = {}
    rejected: list[FieldProblem] = []
    refused: set[Upn] = set()
    unreadable = 0
    for row in rows:
        upn = normalised(row.upn)
        faults = upn_faults(upn, la_codes)
        if faults:
            unreadable += 1
            rejected.append(row.problem("upn", reason_of(faults)))
            continue
        known = Upn(upn)
        if known in first_rows:
            reason = f"the same UPN is in row {first_rows[known].number}, which was taken"
            rejected.append(row.problem("upn", reason))
            continue
        entry = _read_entry(row, known)
        if isinstance(entry, FieldProblem):
            rejected.append(entry)
            refused.add(known)
        else:
            entries[known] = entry
            first_rows[known] = row
    return RollReading(
        tuple(entries.values()), tuple(rejected), frozenset(refused - entries.keys()), unreadable, first_rows
    )


def _read_entry(row: RollRow, upn: Upn) -> RollEntry | FieldProblem:
    wrong = _wrong_text(row)
    if wrong is not None:
        return wrong
    found = _YEAR_GROUP.match(row.year_group)
    if found is None:
        return row.problem("year_group", "is not a year group; write a number such as 10")
    year_group = int(found.group(1))
    if not FIRST_YEAR_GROUP <= year_group <= LAST_YEAR_GROUP:
        reason = f"is not a year group from {FIRST_YEAR_GROUP} to {LAST_YEAR_GROUP}"
        return row.problem("year_group", reason)
    groups = _read_groups(row)
    if isinstance(groups, FieldProblem):
        return groups
    return RollEntry(upn, row.surname, row.forename, year_group, row.tutor_group, groups)


def _wrong_text(row: RollRow) -> FieldProblem | None:
    for column, text, longest in (
        ("surname", row.surname, LONGEST_NAME),
        ("forename", row.forename, LONGEST_NAME),
        ("tutor_group", row.tutor_group, LONGEST_TUTOR_GROUP),
    ):
        if not text and column != "tutor_group":
            return row.problem(column, "is empty")
        if len(text) > longest:
            return row.problem(column, f"has {len(text)} characters; at most {longest} are allowed")
        if not text.isprintable():
            return row.problem(column, "contains a control or invisible character")
    return None


def _read_groups(row: RollRow) -> dict[str, tuple[str, ...]] | FieldProblem:
    said: dict[str, tuple[str, ...]] = {}
    for column, text in row.groups.items():
        groups = read_cell(column, text)
        if isinstance(groups, str):
            return row.problem(column, groups)
        said[column] = groups
    return said
