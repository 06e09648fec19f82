"""What the school reads back. Views never write; the routes note reads of pupils in the access log first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary import (
    CREDITED_BENCHMARKS,
    FIRST_YEAR_GROUP,
    LAST_YEAR_GROUP,
    AcademicYear,
    ActivityId,
)
from services.pupils.model.activity import Activity
from services.pupils.model.attendance import STATUSES
from services.pupils.model.pupil import Pupil
from services.pupils.model.sheets import PupilRef
from services.pupils.model.upn import Upn, is_temporary
from services.pupils.store import ACTIVITIES, PUPILS, YEAR_GROUPS
from services.pupils.store.documents import read_activity, read_pupil
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.tenancy import SchoolDatabase

View = dict[str, Any]

YEAR_GROUP_KEYS: Final = range(FIRST_YEAR_GROUP, LAST_YEAR_GROUP + 1)
_SHEET_FIGURES: Final = ("year_group", "on_roll", "reached", "tutor_groups")
_ACTIVITY_SUMMARY: Final = (
    "version",
    "status",
    "academic_year",
    "reference",
    "activity_type",
    "title",
    "held_on",
    "mode",
    "hours",
    "employer_id",
    "provider_type",
    "tests_met",
    "figures",
)


@dataclass(frozen=True, slots=True)
class PupilsAsked:
    """Which page of which pupils."""

    year: AcademicYear
    year_group: int | None
    offset: int
    limit: int


async def roll(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Count the pupils on roll by year group, with the names of the tutor groups."""
    sheets = await _sheet_figures(context.school(urn), year)
    return {
        "academic_year": year,
        "on_roll": sum(sheet["on_roll"] for sheet in sheets),
        "year_groups": [
            {
                "year_group": sheet["year_group"],
                "on_roll": sheet["on_roll"],
                "tutor_groups": sheet["tutor_groups"],
            }
            for sheet in sheets
        ],
    }


async def coverage(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Count pupils reached for each benchmark by year group: the school's own figures, not suppressed.

    Percentages are floored, so nothing short of everybody shows as 100 (domain rule 2).
    """
    sheets = await _sheet_figures(context.school(urn), year)
    return {
        "academic_year": year,
        "year_groups": [
            {
                "year_group": sheet["year_group"],
                "on_roll": sheet["on_roll"],
                "benchmarks": {
                    benchmark: _share(sheet["reached"].get(benchmark, 0), sheet["on_roll"])
                    for benchmark in CREDITED_BENCHMARKS
                },
            }
            for sheet in sheets
        ],
    }


async def pupils_page(context: ServiceContext, urn: str, asked: PupilsAsked) -> View:
    """List the pupils on roll by name."""
    return page_of(await pupils_on_roll(context.school(urn), asked.year, asked.year_group), asked)


async def pupils_on_roll(database: SchoolDatabase, year: AcademicYear, year_group: int | None) -> list[Pupil]:
    """Read the pupils on roll of an academic year, by name.

    Sorted here and not in the store: a school has a few thousand at most, and names sort without case.
    """
    place = f"years.{year}"
    where: Document = {f"{place}.year_group": {"$exists": True}, f"{place}.left_on": {"$exists": False}}
    if year_group is not None:
        where[f"{place}.year_group"] = year_group
    found = [read_pupil(document) for document in await database.collection(PUPILS).find(where)]
    return sorted(found, key=lambda pupil: (pupil.surname.casefold(), pupil.forename.casefold(), pupil.ref))


def page_of(pupils: list[Pupil], asked: PupilsAsked) -> View:
    """Show the part of a list that was asked for."""
    end = asked.offset + asked.limit
    return {
        "academic_year": asked.year,
        "total": len(pupils),
        "pupils": [
            {
                "pupil": pupil.ref,
                "surname": pupil.surname,
                "forename": pupil.forename,
                "year_group": pupil.years[asked.year].year_group,
                "tutor_group": pupil.years[asked.year].tutor_group,
            }
            for pupil in pupils[asked.offset : end]
        ],
        "next_offset": end if end < len(pupils) else None,
    }


async def pupil(context: ServiceContext, urn: str, ref: str) -> View:
    """Show one pupil with the activities of every year, newest first."""
    database = context.school(urn)
    document = await database.collection(PUPILS).get(ref)
    if document is None:
        raise NotFoundError("There is no such pupil at this school.")
    found = read_pupil(document)
    upn = Upn(context.sealer.unseal(urn, found.upn_sealed))
    return {
        "pupil": found.ref,
        "upn": upn,
        "upn_is_temporary": is_temporary(upn),
        "surname": found.surname,
        "forename": found.forename,
        "years": [
            {
                "academic_year": year,
                "year_group": place.year_group,
                "tutor_group": place.tutor_group,
                "left_on": None if place.left_on is None else place.left_on.isoformat(),
            }
            for year, place in sorted(found.years.items())
        ],
        "activities": [_taken_part(activity, found) for activity in await _activities_of(database, found)],
    }


async def activities_page(
    context: ServiceContext, urn: str, year: AcademicYear, after: str | None, limit: int
) -> View:
    """List an academic year's activities, newest first, without who was there."""
    where: Document = {"academic_year": year}
    if after is not None:
        held_on, _, identity = after.partition(".")
        if not identity:
            problem = FieldProblem("after", "is not the `next` of an earlier page")
            raise InvalidError("There is no such page.", (problem,))
        where["$or"] = [{"held_on": {"$lt": held_on}}, {"held_on": held_on, "_id": {"$gt": identity}}]
    found = (
        await context.school(urn)
        .collection(ACTIVITIES)
        .find(where, sort=[("held_on", -1), ("_id", 1)], limit=limit + 1, fields=_ACTIVITY_SUMMARY)
    )
    page = found[:limit]
    return {
        "academic_year": year,
        "activities": [_summary(document) for document in page],
        "next": f"{page[-1]['held_on']}.{page[-1]['_id']}" if len(found) > limit else None,
    }


async def activity(context: ServiceContext, urn: str, identity: ActivityId) -> View:
    """Show one activity with its attendance, by the pupils' ids."""
    document = await context.school(urn).collection(ACTIVITIES).get(identity)
    if document is None:
        raise NotFoundError("There is no such activity at this school.")
    found = read_activity(document)
    return {
        **_summary({name: document[name] for name in ("_id", *_ACTIVITY_SUMMARY)}),
        "counts_for": {"everyone": list(found.grant.everyone), "listed": list(found.grant.named)},
        "rules_version": found.rules_version,
        "retraction": found.retraction,
        "attendance": {
            "year_groups": list(found.attendance.groups.year_groups),
            "tutor_groups": list(found.attendance.groups.tutor_groups),
            "pupils": [
                {
                    "pupil": ref,
                    "year_group": year_group,
                    "status": status,
                    "listed": ref in found.attendance.listed,
                }
                for ref, year_group, status in found.attendance
            ],
        },
    }


async def _sheet_figures(database: SchoolDatabase, year: AcademicYear) -> list[Document]:
    found = await database.collection(YEAR_GROUPS).find({"academic_year": year}, fields=_SHEET_FIGURES)
    sheets = sorted((sheet for sheet in found if sheet["on_roll"]), key=lambda sheet: sheet["year_group"])
    if not sheets:
        raise NotFoundError(f"No roll of {year} has been imported for this school.")
    return sheets


def _share(reached: int, on_roll: int) -> View:
    return {"reached": reached, "percent": 100 * reached // on_roll}


def _summary(document: Document) -> View:
    summary = {name: document[name] for name in _ACTIVITY_SUMMARY if name != "figures"}
    return {"activity_id": document["_id"], **summary, "year_groups": document["figures"]}


async def _activities_of(database: SchoolDatabase, pupil: Pupil) -> list[Activity]:
    """Find the activities that a pupil was concerned in; the year group is that of the activity's day."""
    found: list[Document] = []
    for year in pupil.years:
        activities = await database.collection(ACTIVITIES).find(
            {"academic_year": year, "status": "recorded", "$or": _anywhere(pupil.ref)}
        )
        found += activities
    return sorted(map(read_activity, found), key=lambda a: (a.facts.held_on, a.id), reverse=True)


def _anywhere(ref: PupilRef) -> list[Document]:
    return [
        {f"attendance.{year_group}.{status}": ref} for year_group in YEAR_GROUP_KEYS for status in STATUSES
    ]


def _taken_part(activity: Activity, pupil: Pupil) -> View:
    facts = activity.facts
    status = activity.attendance.status_of()[pupil.ref]
    counts_for = activity.grant.of(listed=pupil.ref in activity.attendance.listed)
    return {
        "activity_id": activity.id,
        "academic_year": activity.academic_year,
        "activity_type": facts.activity_type,
        "title": facts.title,
        "held_on": facts.held_on.isoformat(),
        "mode": facts.mode,
        "hours": facts.hours,
        "employer_id": facts.employer_id,
        "provider_type": facts.provider_type,
        "status": status,
        "counts_for": list(counts_for) if status == "attended" else [],
    }
