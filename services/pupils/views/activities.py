"""What the school reads back of its activities."""

from __future__ import annotations

from typing import Final

from contracts.vocabulary import AcademicYear, ActivityId
from services.pupils.store import ACTIVITIES
from services.pupils.store.activity_documents import (
    read_activity,
)
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.mongo import Document

ACTIVITY_SUMMARY: Final = (
    "version",
    "status",
    "merged_into",
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
    "in_school_day",
    "match_id",
    "figures",
)
LEARNING: Final = ("learning_areas", "learning_outcomes")
"""Of a document only where somebody named some."""


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
        .find(
            where,
            sort=[("held_on", -1), ("_id", 1)],
            limit=limit + 1,
            fields=(*ACTIVITY_SUMMARY, *LEARNING),
        )
    )
    page = found[:limit]
    return {
        "academic_year": year,
        "activities": [summary_of(document) for document in page],
        "next": f"{page[-1]['held_on']}.{page[-1]['_id']}" if len(found) > limit else None,
    }


async def activity(context: ServiceContext, urn: str, identity: ActivityId) -> View:
    """Show one activity with its attendance, by the pupils' ids."""
    document = await context.school(urn).collection(ACTIVITIES).get(identity)
    if document is None:
        raise NotFoundError("There is no such activity at this school.")
    found = read_activity(document)
    return {
        **summary_of(document),
        "merged": list(found.merged),
        "preparation": found.facts.preparation,
        "reflection": found.facts.reflection,
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


def summary_of(document: Document) -> View:
    """Say of an activity what the lists say, without who was there."""
    summary = {name: document.get(name) for name in ACTIVITY_SUMMARY if name != "figures"}
    learning = {name: document.get(name, []) for name in LEARNING}
    return {"activity_id": document["_id"], **summary, **learning, "year_groups": document["figures"]}
