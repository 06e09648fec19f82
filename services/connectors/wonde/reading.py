"""One whole read of a school: every page of its students, less those deleted since the read began.

Deletions come last, so that nobody whom the pages still showed and whom the school has deleted since goes on
the roll. A record that came back (`restored_at` at or after `deleted_at`) stays. Where the API numbers its
pages, a deletion moves everybody behind it up by one, and the next page skips somebody, who would then look
like a leaver; such a read is thrown away and begun again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.connectors.wonde.pages import Listing, Record, Tell, WondePages
from services.connectors.wonde.values import NotUnderstoodError, moment

STUDENTS: Final = "students"
DELETIONS: Final = "deletions"
READS: Final = 3
"""A read takes seconds; a school in which somebody is deleted during each of three is being rebuilt."""
ASK_EARLIER: Final = dt.timedelta(hours=1)
"""Nobody documents the time zone of `updated_after`; Greenwich and British Summer Time differ by so much."""


@dataclass(frozen=True, slots=True)
class SchoolRead:
    """Everybody whom a school has, once each, and what was left out on the way."""

    students: Sequence[Record]
    pages: int
    deleted: int
    """Whom the pages showed, and who was deleted while they were read."""
    repeated: int
    """Students who were on two pages."""


async def read_school(pages: WondePages, include: Iterable[str], tell: Tell) -> SchoolRead:
    """Read everybody; raises WondeError unless every page and the deletions were read."""
    for reads in range(1, READS + 1):
        pages.first_answer_at = None
        listing = await pages.read(STUDENTS, {"include": ",".join(include)})
        since = (pages.first_answer_at or dt.datetime.now(dt.UTC)) - ASK_EARLIER
        deletions = await pages.read(DELETIONS, _deleted_since(since))
        students = {str(student["id"]): student for student in listing.records}
        gone = _gone(deletions.records, students, since)
        if not gone or listing.by_cursor or reads == READS:
            break
        tell("Wonde: somebody was deleted meanwhile, so pages may have skipped somebody; reading again")
    return _school(listing, students, gone)


async def changed_since(pages: WondePages, since: dt.datetime) -> bool:
    """Whether anybody was added, changed or deleted since a moment, as far as Wonde says."""
    earlier = since - ASK_EARLIER
    return await pages.has_any(STUDENTS, {"updated_after": _moment_text(earlier)}) or await pages.has_any(
        DELETIONS, _deleted_since(earlier)
    )


def _school(listing: Listing, students: dict[str, Record], gone: frozenset[str]) -> SchoolRead:
    return SchoolRead(
        students=[student for name, student in students.items() if name not in gone],
        pages=listing.pages,
        deleted=len(gone),
        repeated=len(listing.records) - len(students),
    )


def _gone(deletions: Iterable[Record], students: dict[str, Record], since: dt.datetime) -> frozenset[str]:
    """Name the students of the pages who were deleted and did not come back."""
    return frozenset(
        str(deletion["id"])
        for deletion in deletions
        if _is_student(deletion)
        and deletion["id"] in students
        and not _came_back(deletion, students[str(deletion["id"])], since)
    )


def _is_student(deletion: Record) -> bool:
    """Whether it is about a student; we ask for no others, but a filter may be ignored."""
    return deletion.get("type") in {None, "student", "students", "STUDENT"}


def _came_back(deletion: Record, student: Record, since: dt.datetime) -> bool:
    deleted = _moment(deletion.get("deleted_at")) or since
    restored = (_moment(record.get("restored_at")) for record in (deletion, student))
    return any(at is not None and at >= deleted for at in restored)


def _moment(value: object) -> dt.datetime | None:
    """Read a moment; one that makes no sense says nothing, which never brings anybody back."""
    try:
        return moment(value)
    except NotUnderstoodError:
        return None


def _deleted_since(at: dt.datetime) -> dict[str, str]:
    return {"type": "student", "updated_after": _moment_text(at)}


def _moment_text(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
