"""Reads a roll row by row: what each row says, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP, AcademicYear
from services.pupils.model.enrolment import NOTHING_SAID, Enrolment, read_enrolment
from services.pupils.model.groups import EHC_PLAN, SEN, read_cell
from services.pupils.model.upn import Upn, normalised, reason_of, upn_faults
from services.runtime.errors import FieldProblem

LONGEST_NAME: Final = 100
LONGEST_TUTOR_GROUP: Final = 20
MOST_FORMER_UPNS: Final = 10
"""More than the schools that a pupil goes to."""
ENROLMENT_COLUMNS: Final = ("admission_date", "leaving_date", "enrolment_status")
_BEYOND_SIXTH_FORM: Final = 14
_NO_YEAR_14: Final = (
    "Year 14 is for learners with an EHC plan alone: mend the year group, or send sen_provision E (a column "
    "that the school must want held)"
)
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
    former_upn: str = ""
    """UPNs separated by semicolons."""
    admission_date: str = ""
    leaving_date: str = ""
    enrolment_status: str = ""

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
    former_upns: tuple[Upn, ...] = ()
    enrolment: Enrolment = NOTHING_SAID

    @property
    def upns(self) -> tuple[Upn, ...]:
        """Every UPN that the row names the pupil by."""
        return (self.upn, *self.former_upns)


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


def read_roll(rows: Iterable[RollRow], la_codes: Collection[str], year: AcademicYear) -> RollReading:
    """Check every row; of several rows that mean one pupil the first counts and the others are refused.

    Rows mean one pupil if they share a UPN, present or former.
    """
    entries: dict[Upn, RollEntry] = {}
    first_rows: dict[Upn, RollRow] = {}
    taken: dict[Upn, RollRow] = {}
    rejected: list[FieldProblem] = []
    refused: set[Upn] = set()
    unreadable = 0
    for row in rows:
        named = _read_upns(row, la_codes)
        if isinstance(named, FieldProblem):
            unreadable += 1
            rejected.append(named)
            continue
        same = _taken(row, named, taken)
        entry = same or _read_entry(row, named, year)
        if isinstance(entry, FieldProblem):
            rejected.append(entry)
            refused.update(named)
        else:
            entries[entry.upn] = entry
            first_rows[entry.upn] = row
            taken.update(dict.fromkeys(named, row))
    return RollReading(
        tuple(entries.values()), tuple(rejected), frozenset(refused - taken.keys()), unreadable, first_rows
    )


def _read_upns(row: RollRow, la_codes: Collection[str]) -> tuple[Upn, ...] | FieldProblem:
    """Read the UPN and the former ones; a row of which one cannot be read may mean anybody."""
    upn = normalised(row.upn)
    faults = upn_faults(upn, la_codes)
    if faults:
        return row.problem("upn", reason_of(faults))
    if not row.former_upn:
        return (Upn(upn),)
    formers = [normalised(text) for text in row.former_upn.split(";") if text.strip()]
    if len(formers) > MOST_FORMER_UPNS:
        reason = f"names {len(formers)} former UPNs; at most {MOST_FORMER_UPNS} are read"
        return row.problem("former_upn", reason)
    for former in formers:
        faults = upn_faults(former, la_codes)
        if faults:
            reason = f"{reason_of(faults)}; write former UPNs separated by semicolons"
            return row.problem("former_upn", reason)
    # Some systems list the present UPN among the former ones.
    return tuple(dict.fromkeys(map(Upn, (upn, *formers))))


def _taken(row: RollRow, named: tuple[Upn, ...], taken: Mapping[Upn, RollRow]) -> FieldProblem | None:
    for upn in named:
        other = taken.get(upn)
        if other is not None:
            column = "upn" if upn == named[0] else "former_upn"
            return row.problem(column, f"the same UPN is in row {other.number}, which was taken")
    return None


def _read_entry(row: RollRow, named: tuple[Upn, ...], year: AcademicYear) -> RollEntry | FieldProblem:
    wrong = _wrong_text(row)
    if wrong is not None:
        return wrong
    groups = _read_groups(row)
    if isinstance(groups, FieldProblem):
        return groups
    year_group = _read_year_group(row, groups)
    if isinstance(year_group, FieldProblem):
        return year_group
    enrolment = NOTHING_SAID
    if row.admission_date or row.leaving_date or row.enrolment_status:
        read = read_enrolment({column: getattr(row, column) for column in ENROLMENT_COLUMNS}, year)
        if isinstance(read, tuple):
            return row.problem(*read)
        enrolment = read
    return RollEntry(
        named[0], row.surname, row.forename, year_group, row.tutor_group, groups, named[1:], enrolment
    )


def _read_year_group(row: RollRow, groups: Mapping[str, tuple[str, ...]]) -> int | FieldProblem:
    found = _YEAR_GROUP.match(row.year_group)
    if found is None:
        return row.problem("year_group", "is not a year group; write a number such as 10")
    year_group = int(found.group(1))
    if not FIRST_YEAR_GROUP <= year_group <= LAST_YEAR_GROUP:
        reason = f"is not a year group from {FIRST_YEAR_GROUP} to {LAST_YEAR_GROUP}"
        return row.problem("year_group", reason)
    if year_group == _BEYOND_SIXTH_FORM and EHC_PLAN not in groups.get(SEN, ()):
        return row.problem("year_group", _NO_YEAR_14)
    return year_group


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
