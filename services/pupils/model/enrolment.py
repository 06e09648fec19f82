"""How a pupil is on roll: since when, until when, and whether another school is the main one (domain §8.3).

Dates are ISO or British. A leaving date is the first day off the roll. One in the future takes nobody off
yet: the first import after it does, so that a leaver who stays after all needs no correction.

The status is the school census's: C current, M current at the main school of a dual registration, S current
at the subsidiary school, G guest. A guest comes for part of the education and is on roll elsewhere, so is
counted as a subsidiary registration: this school plans for and counts the pupil, and a total over schools can
count the pupil once (domain §8.5).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from contracts.vocabulary import AcademicYear, academic_year_days

EnrolmentStatus = Literal["C", "M", "S", "G"]
CURRENT: Final[EnrolmentStatus] = "C"
SUBSIDIARY: Final[frozenset[EnrolmentStatus]] = frozenset({"S", "G"})
"""The statuses of pupils whose main registration is at another school."""
LONGEST_SCHOOLING_YEARS: Final = 25
"""From a nursery at 2 to an EHC plan's end at 25, with room to spare; an earlier admission is a slip."""
YEARS_OF_LEAVING_AHEAD: Final = 1
"""A leaving date is known for this year and perhaps the next; a later one is a forecast or a slip."""

_STATUS_OF: Final[Mapping[str, EnrolmentStatus]] = MappingProxyType(
    {
        "c": "C",
        "current": "C",
        "single": "C",
        "single registration": "C",
        "current single registration": "C",
        "m": "M",
        "main": "M",
        "current main": "M",
        "main dual registration": "M",
        "s": "S",
        "subsidiary": "S",
        "current subsidiary": "S",
        "subsidiary dual registration": "S",
        "g": "G",
        "guest": "G",
    }
)
_ISO_DAY: Final = re.compile(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$")
_BRITISH_DAY: Final = re.compile(r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$")
_PUNCTUATION: Final = re.compile(r"[\s()\-–_/,]+")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a row says of a pupil's enrolment; None where it says nothing, and what is known stays."""

    admitted_on: dt.date | None = None
    leaving_on: dt.date | None = None
    status: EnrolmentStatus | None = None


NOTHING_SAID: Final = Enrolment()


def read_enrolment(cells: Mapping[str, str], year: AcademicYear) -> Enrolment | tuple[str, str]:
    """Read the three columns of enrolment; returns the column and the reason if one makes no sense."""
    admitted_on = read_day(cells["admission_date"])
    leaving_on = read_day(cells["leaving_date"])
    for column, day in (("admission_date", admitted_on), ("leaving_date", leaving_on)):
        if isinstance(day, str):
            return column, day
    word = _PUNCTUATION.sub(" ", cells["enrolment_status"]).strip().casefold()
    status = _STATUS_OF.get(word)
    if word and status is None:
        reason = "is none of C (current), M (current main), S (current subsidiary), G (guest)"
        return "enrolment_status", reason
    # Both are days here: texts were returned above.
    enrolment = Enrolment(
        admitted_on if isinstance(admitted_on, dt.date) else None,
        leaving_on if isinstance(leaving_on, dt.date) else None,
        status,
    )
    return _impossible(enrolment, year) or enrolment


def read_day(text: str) -> dt.date | str | None:
    """Read a day, None for an empty text; returns why it cannot be read as text."""
    if not text:
        return None
    iso, british = _ISO_DAY.match(text), _BRITISH_DAY.match(text)
    parts = iso.groups() if iso else british.groups()[::-1] if british else ()
    try:
        return dt.date(*map(int, parts))
    except (TypeError, ValueError):
        return "is not a date; write it like 2026-03-14 or 14/03/2026"


def _impossible(enrolment: Enrolment, year: AcademicYear) -> tuple[str, str] | None:
    first, last = academic_year_days(year)
    admitted_on, leaving_on = enrolment.admitted_on, enrolment.leaving_on
    if admitted_on is not None:
        if admitted_on > last:
            return "admission_date", f"is after the end of {year}; take the row out, or mend the date"
        if admitted_on < first.replace(year=first.year - LONGEST_SCHOOLING_YEARS):
            return "admission_date", f"is more than {LONGEST_SCHOOLING_YEARS} years before {year}"
    if leaving_on is not None:
        if leaving_on < first:
            return "leaving_date", f"is before {year} began; take the row out, or mend the date"
        if leaving_on > last.replace(year=last.year + YEARS_OF_LEAVING_AHEAD):
            return "leaving_date", f"is more than a year after the end of {year}"
        if admitted_on is not None and leaving_on < admitted_on:
            return "leaving_date", "is before the admission date"
    return None
