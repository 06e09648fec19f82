"""A student of Wonde becomes a row of our roll, or is counted as left out.

Only what the school chose to have held is read, and asked for: `includes` names the relations that the wanted
columns need. A column of which Wonde says nothing is left out of the row, so that the Hub keeps what it knows
of it. A value without a meaning here is left out too, and counted under its column. A student without a UPN
or a year group becomes a row with an empty one: the Hub refuses it, says why, and keeps the pupil if it knows
them.

Names are those that a student goes by (`forename`, `surname`), as schools' other vendors take them [e]: the
people who use the roll know pupils by these, and a legal name may tell what a pupil does not wish told. The
legal name stands in where there is no other. Pupils are matched by UPN, never by name.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from services.connectors.wonde import values
from services.connectors.wonde.pages import Record
from services.connectors.wonde.values import NotUnderstoodError

UNSCOPED: Final = (
    "upn",
    "surname",
    "forename",
    "year_group",
    "tutor_group",
    "former_upn",
    "admission_date",
    "leaving_date",
)
"""The columns that the Hub takes whatever a school's scopes are. Any other goes only if it is in them."""
WITH_EXTENDED_DETAILS: Final = "enrolment_status"
"""Sent where the relation that has it is read anyway: it also has all that is sensitive of everybody."""
LONGEST_TUTOR_GROUP: Final = 20
"""As the Hub takes it; a longer name would have the whole row refused."""
LONGEST_MIS_ID: Final = 40

OTHER_YEAR_GROUP: Final = "other_year_group"
"""Left out: a nursery, reception or primary year."""
LEFT_BEFORE: Final = "left_before"
"""Left out: left before the academic year began."""

Row = dict[str, str]


@dataclass(slots=True)
class Roll:
    """Rows for the Hub, and what did not become one."""

    rows: list[Row] = field(default_factory=list)
    mis_ids: list[str] = field(default_factory=list)
    """Of each row, the id by which the school finds the student in its own system; may be empty."""
    left_out: Counter[str] = field(default_factory=Counter)
    not_understood: Counter[str] = field(default_factory=Counter)
    """Values that were left out, by column."""


def includes(columns: Collection[str]) -> tuple[str, ...]:
    """Name the relations that hold these columns, and those that every row needs."""
    relations = {"education_details", "year"}
    relations |= {relation for column, (relation, _) in _READERS.items() if column in columns}
    return tuple(sorted(relations))


def columns_to_send(held: Collection[str]) -> tuple[str, ...]:
    """Name the columns that a school with these scopes is sent."""
    scoped = [column for column in _READERS if column not in UNSCOPED and column in held]
    read_anyway = any(_READERS[column][0] == _READERS[WITH_EXTENDED_DETAILS][0] for column in scoped)
    return (*UNSCOPED, *scoped, *((WITH_EXTENDED_DETAILS,) if read_anyway else ()))


def to_roll(students: Iterable[Record], columns: Collection[str], first_day: dt.date) -> Roll:
    """Turn students into rows of an academic year that begins on a day."""
    roll = Roll()
    for student in students:
        year_group = _year_group(student)
        if year_group is not None and year_group < values.FIRST_YEAR:
            roll.left_out[OTHER_YEAR_GROUP] += 1
        elif _left_before(student, first_day):
            roll.left_out[LEFT_BEFORE] += 1
        else:
            row = {
                "upn": _text_or_nothing(nested(student, "education_details").get("upn")),
                "surname": _name(student, "surname"),
                "forename": _name(student, "forename"),
                "year_group": "" if year_group is None else str(year_group),
            }
            roll.rows.append(row | _said(student, columns, roll.not_understood))
            roll.mis_ids.append(_mis_id(student))
    return roll


def nested(student: Record, relation: str) -> Mapping[str, Any]:
    """Return what a relation to one thing holds; empty if there is none, however that is written."""
    found = many(student, relation)
    return found[0] if found else {}


def many(student: Record, relation: str) -> list[Mapping[str, Any]]:
    """Return what a relation holds, as a list; what is no object is left out."""
    wrapper = student.get(relation)
    data = wrapper.get("data") if isinstance(wrapper, Mapping) else None
    return [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, Mapping)]


def _said(student: Record, columns: Collection[str], not_understood: Counter[str]) -> Row:
    said: Row = {}
    for column, (_, read) in _READERS.items():
        if column in columns:
            try:
                found = read(student)
            except NotUnderstoodError:
                not_understood[column] += 1
            else:
                if found is not None:
                    said[column] = found
    return said


def _year_group(student: Record) -> int | None:
    """Find the first of the places for a year group that can be read."""
    year = nested(student, "year")
    for value in (
        nested(student, "education_details").get("current_nc_year"),
        year.get("code"),
        year.get("name"),
    ):
        try:
            found = values.year_group(value)
        except NotUnderstoodError:
            continue
        if found is not None:
            return found
    return None


def _left_before(student: Record, first_day: dt.date) -> bool:
    try:
        left = values.day(nested(student, "education_details").get("leaving_date"))
    except NotUnderstoodError:
        return False
    return left is not None and left < first_day


def _name(student: Record, part: str) -> str:
    return _text_or_nothing(student.get(part)) or _text_or_nothing(student.get(f"legal_{part}"))


def _mis_id(student: Record) -> str:
    found = _text_or_nothing(student.get("mis_id"))
    return found if found.isprintable() and len(found) <= LONGEST_MIS_ID else ""


def _text_or_nothing(value: object) -> str:
    """Read text for a column that the Hub must see: what makes no sense is shown to it as empty."""
    try:
        return values.text(value) or ""
    except NotUnderstoodError:
        return ""


def _tutor_group(student: Record) -> str | None:
    group = nested(student, "registration")
    names = [name for name in (values.text(group.get("name")), values.text(group.get("code"))) if name]
    short = [name for name in names if len(name) <= LONGEST_TUTOR_GROUP]
    if names and not short:
        raise NotUnderstoodError
    return short[0] if short else None


def _sen_needs(student: Record) -> str | None:
    """Read the needs, the primary one first, as `ASD;SLCN`."""
    ranked: list[tuple[int, str]] = []
    for item in many(student, "sen_needs"):
        code = values.sen_need(item.get("code") or item.get("type") or item.get("name"))
        rank = item.get("rank")
        if code is not None:
            ranked.append((rank if isinstance(rank, int) else len(ranked) + 1, code))
    return ";".join(dict.fromkeys(code for _, code in sorted(ranked, key=lambda need: need[0]))) or None


def _day(relation: str, name: str, student: Record) -> str | None:
    found = values.day(nested(student, relation).get(name))
    return None if found is None else found.isoformat()


def _value(read: Callable[[object], str | None], relation: str, name: str, student: Record) -> str | None:
    return read(nested(student, relation).get(name))


def _eal(student: Record) -> str | None:
    """Read the indicator; where there is none, a status that is a plain yes or no."""
    details = nested(student, "extended_details")
    return values.yes_or_no(details.get("english_as_additional_language")) or values.yes_or_no(
        details.get("english_as_additional_language_status")
    )


_Reader = Callable[[Record], str | None]


def _of(relation: str, name: str, read: Callable[[object], str | None]) -> tuple[str, _Reader]:
    return relation, partial(_value, read, relation, name)


# Column of our roll: the relation that holds it, and how it is read.
_READERS: Final[Mapping[str, tuple[str, _Reader]]] = {
    "tutor_group": ("registration", _tutor_group),
    "former_upn": _of("education_details", "former_upn", values.former_upns),
    "admission_date": ("education_details", partial(_day, "education_details", "admission_date")),
    "leaving_date": ("education_details", partial(_day, "education_details", "leaving_date")),
    "enrolment_status": _of("extended_details", "enrolment_status", values.enrolment_status),
    "sen_provision": _of("extended_details", "sen_status", values.sen_provision),
    "sen_needs": ("sen_needs", _sen_needs),
    "fsm": _of("extended_details", "free_school_meals", values.yes_or_no),
    "fsm6": _of("extended_details", "free_school_meals_6", values.yes_or_no),
    "pupil_premium": _of("extended_details", "premium_pupil_indicator", values.yes_or_no),
    "eal": ("extended_details", _eal),
    "in_care": _of("extended_details", "in_lea_care", values.yes_or_no),
    "young_carer": _of("extended_details", "young_carer", values.young_carer),
    "service_child": _of("extended_details", "service_children_indicator", values.yes_or_no),
}
