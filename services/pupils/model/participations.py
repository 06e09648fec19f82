"""Reads a table of participations: one row a pupil and activity.

Rows with the same reference are one activity, as are rows without one that agree in all that they say about
it. The first row of an activity tells the facts; a later one that differs is refused. What is already
recorded is never changed by a row: rows of known pupils with the known status are unchanged, rows of further
pupils are added to the activity, and a row that contradicts what is recorded is refused. So a file can be
mended and sent again as often as it takes. Rows of an activity that was recorded in another way already are
merged with it (`merging.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from contracts.vocabulary import ActivityId
from services.pupils.model.activity import Activity, Post, merged_advice
from services.pupils.model.attendance import STATUSES, Given, Status
from services.pupils.model.draft import Identifying, unknown_upn_reason
from services.pupils.model.duplicates import Recorded
from services.pupils.model.facts import Facts
from services.pupils.model.merging import Fresh, TakenIn, take_in
from services.pupils.model.pupil import absence_in
from services.pupils.model.recording import Decided, Desk, correct
from services.pupils.model.sheets import PupilRef
from services.pupils.model.upn import normalised
from services.runtime.errors import FieldProblem
from services.runtime.tables import TableRow, row_problem

ACTIVITY_COLUMNS: Final = (
    "reference",
    "activity_type",
    "title",
    "held_on",
    "mode",
    "hours",
    "employer_id",
    "provider_type",
    "tests_met",
    "in_school_day",
    "learning_areas",
    "learning_outcomes",
    "preparation",
    "reflection",
    "match_id",
    "separate",
)
REQUIRED_COLUMNS: Final = ("activity_type", "title", "held_on", "mode", "upn", "status")
OPTIONAL_COLUMNS: Final = tuple(column for column in ACTIVITY_COLUMNS if column not in REQUIRED_COLUMNS)
COLUMNS: Final = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
"""The order in which a table row's cells come."""
_activity_cells: Final = itemgetter(*map(COLUMNS.index, ACTIVITY_COLUMNS))
_UPN_PLACE: Final = COLUMNS.index("upn")
_STATUS_PLACE: Final = COLUMNS.index("status")


class Attendee(NamedTuple):
    """One row's pupil and status."""

    row: int
    upn: str
    status: Status


@dataclass(slots=True)
class Bundle:
    """The rows of one activity: its cells by `ACTIVITY_COLUMNS`, its first row, and who was there."""

    cells: tuple[str, ...]
    first_row: int
    attendees: list[Attendee] = field(default_factory=list)

    def refuse(self, column: str, reason: str) -> list[FieldProblem]:
        """Refuse every row, for what is wrong with the activity."""
        return refuse_rows(self.attendees, column, reason)


def bundle(rows: Iterable[TableRow]) -> tuple[list[Bundle], list[FieldProblem]]:
    """Put the rows of each activity together; rows that contradict their activity's first are refused."""
    bundles: dict[str | tuple[str, ...], Bundle] = {}
    problems: list[FieldProblem] = []
    for row in rows:
        cells = _activity_cells(row.cells)
        found = bundles.get(cells[0] or cells)
        if found is None:
            found = bundles[cells[0] or cells] = Bundle(cells, row.number)
        status = row.cells[_STATUS_PLACE].casefold()
        if cells != found.cells:
            pairs = zip(ACTIVITY_COLUMNS, cells, found.cells, strict=True)
            column = next(name for name, mine, first in pairs if mine != first)
            reason = f"differs from row {found.first_row}, which has the same reference"
            problems.append(row_problem(row.number, column, reason))
        elif status not in STATUSES:
            problems.append(row_problem(row.number, "status", f"is none of: {', '.join(STATUSES)}"))
        else:
            found.attendees.append(Attendee(row.number, row.cells[_UPN_PLACE], status))
    return [found for found in bundles.values() if found.attendees], problems


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """The rows of one activity whose facts make sense."""

    facts: Facts
    attendees: Sequence[Attendee]
    separate: bool = False

    def refuse(self, column: str, reason: str) -> list[FieldProblem]:
        """Refuse every row, for what is wrong with the activity."""
        return refuse_rows(self.attendees, column, reason)


def refuse_rows(attendees: Iterable[Attendee], column: str, reason: str) -> list[FieldProblem]:
    """Refuse rows for the same reason."""
    return [row_problem(attendee.row, column, reason) for attendee in attendees]


@dataclass(slots=True)
class Listed:
    """The pupils whom the rows of one activity name: the status and the row of each."""

    statuses: dict[PupilRef, Status] = field(default_factory=dict)
    rows: dict[PupilRef, int] = field(default_factory=dict)
    problems: list[FieldProblem] = field(default_factory=list)


def list_pupils(read: ReadBundle, names: Identifying) -> Listed:
    """Name the pupils of a bundle by their ids; rows whose pupil cannot be are refused."""
    listed = Listed()
    year, held_on = read.facts.academic_year, read.facts.held_on
    for attendee in read.attendees:
        pupil = names.by_upn(attendee.upn)
        if pupil is None:
            reason: str | None = unknown_upn_reason(normalised(attendee.upn), names.la_codes)
        elif pupil.ref in listed.rows:
            reason = f"the same pupil is in row {listed.rows[pupil.ref]} for this activity"
        else:
            reason = absence_in(pupil, year, held_on)
        if reason is not None:
            listed.problems.append(row_problem(attendee.row, "upn", reason))
        elif pupil is not None:
            listed.statuses[pupil.ref] = attendee.status
            listed.rows[pupil.ref] = attendee.row
    return listed


@dataclass(slots=True)
class Taken:
    """What became of one activity's rows."""

    recorded: int = 0
    unchanged: int = 0
    problems: list[FieldProblem] = field(default_factory=list)
    changes: tuple[Decided, ...] = ()
    fresh: TakenIn | None = None
    """What the first rows of an activity became."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one activity, its pupils named."""

    identity: ActivityId
    facts: Facts
    listed: Listed
    separate: bool = False


def take(desk: Desk, rows: Rows, known: Activity | None, others: Recorded) -> Taken:
    """Record an activity's rows, or add those that are new to what is recorded; the rest is refused."""
    listed, facts = rows.listed, rows.facts
    taken = Taken(problems=list(listed.problems))
    fresh = dict(listed.statuses)
    if known is not None:
        contradictions = _contradictions(known, rows)
        taken.problems += contradictions
        recorded = known.attendance.status_of()
        refused = {problem.row for problem in contradictions}
        fresh = {ref: status for ref, status in fresh.items() if listed.rows[ref] not in refused}
        taken.unchanged = sum(ref in recorded for ref in fresh)
        fresh = {ref: status for ref, status in fresh.items() if ref not in recorded}
    taken.recorded = len(fresh)
    if fresh and known is None:
        post = Post(facts, Given(listed=fresh))
        taken.fresh = take_in(desk, Fresh(rows.identity, post, rows.separate), others)
        taken.changes = taken.fresh.changes
    elif fresh and known is not None:
        given = known.attendance.as_given()
        more = Given(given.groups, {**given.listed, **fresh})
        change = correct(desk, known, Post(facts, more))
        others.put(change.after)
        taken.changes = (change,)
    return taken


def _contradictions(known: Activity, rows: Rows) -> list[FieldProblem]:
    """Refuse the rows that do not agree with what is recorded."""
    facts, listed = rows.facts, rows.listed
    if known.status == "retracted":
        reason = "this activity was retracted; if it took place after all, give it another reference"
        return [row_problem(row, "reference", reason) for row in listed.rows.values()]
    if facts != known.facts:
        reason = f"the activity is recorded with other content; correct it (activity {known.id})"
        return [row_problem(row, "reference", reason) for row in listed.rows.values()]
    if known.status == "merged" and rows.separate:
        reason = f"is recorded already. {merged_advice(known.known)}"
        return [row_problem(row, "separate", reason) for row in listed.rows.values()]
    recorded = known.attendance.status_of()
    reason = f"another status is recorded for this pupil; correct the activity ({known.id})"
    problems = [
        row_problem(listed.rows[ref], "status", reason)
        for ref, status in listed.statuses.items()
        if recorded.get(ref, status) != status
    ]
    if known.status == "merged":
        reason = f"is not recorded for this activity. {merged_advice(known.known)}"
        problems += [
            row_problem(listed.rows[ref], "upn", reason) for ref in listed.statuses if ref not in recorded
        ]
    return problems
