"""A school's position on the three days of the year that count (domain §2.1, rule 15).

On 31 December, 31 March and 31 July the position is the latest evaluation completed on or before the day. If
it was not completed within the term, the school has not reported this term: an old score is not carried on.
The position is a function of the evaluations alone, so one that arrives late, or corrects another, restates
it; told as of an earlier moment, it is what was known then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contracts.vocabulary import AcademicYear, academic_year_days
from services.audit.model.evaluation import Evaluation

Term = Literal["autumn", "spring", "summer"]
SnapshotStatus = Literal["reported", "not_reported_this_term", "not_due_yet"]
_TERMS: Final[tuple[tuple[Term, tuple[int, int], tuple[int, int]], ...]] = (
    ("autumn", (9, 1), (12, 31)),
    ("spring", (1, 1), (3, 31)),
    ("summer", (4, 1), (7, 31)),
)
"""Term, and its first and last day as month and day. August belongs to none."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The position on one day; `evaluation` only if reported, `last_completed_on` of the latest there is.

    `restated`: the evaluation was recorded after the day, or replaces one that was reported then.
    """

    term: Term
    on: dt.date
    status: SnapshotStatus
    evaluation: Evaluation | None
    last_completed_on: dt.date | None
    restated: bool


def snapshots(
    evaluations: Sequence[Evaluation], year: AcademicYear, today: dt.date, as_known_at: dt.datetime | None
) -> list[Snapshot]:
    """Take the three snapshots of an academic year."""
    known = [e for e in evaluations if as_known_at is None or e.recorded_at <= as_known_at]
    first_day, last_day = academic_year_days(year)
    found = []
    for term, begins, ends in _TERMS:
        calendar_year = first_day.year if term == "autumn" else last_day.year
        found.append(
            _snapshot(term, known, (dt.date(calendar_year, *begins), dt.date(calendar_year, *ends)), today)
        )
    return found


def _snapshot(
    term: Term, evaluations: Sequence[Evaluation], days: tuple[dt.date, dt.date], today: dt.date
) -> Snapshot:
    begins, on = days
    latest = _latest(evaluations, on)
    last = None if latest is None else latest.submission.completed_on
    if on > today:
        return Snapshot(term, on, "not_due_yet", None, last, restated=False)
    then = _latest([e for e in evaluations if e.recorded_at.date() <= on], on)
    if latest is None or latest.submission.completed_on < begins:
        return Snapshot(term, on, "not_reported_this_term", None, last, restated=False)
    return Snapshot(term, on, "reported", latest, last, restated=latest != then)


def _latest(evaluations: Sequence[Evaluation], on: dt.date) -> Evaluation | None:
    return max(
        (e for e in evaluations if e.submission.completed_on <= on),
        key=lambda e: (e.submission.completed_on, e.recorded_at, e.number),
        default=None,
    )
