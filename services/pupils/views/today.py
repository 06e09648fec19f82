"""What a Careers Leader or a teacher sees first: how the year goes on, and what nobody has evaluated yet."""

from __future__ import annotations

from collections import Counter
from typing import Final

from contracts.vocabulary import AcademicYear
from services.pupils.store import ACTIVITIES, YEAR_GROUPS
from services.pupils.store.activity_evaluations import evaluated_in
from services.pupils.views.activities import ACTIVITY_SUMMARY, summary_of
from services.pupils.views.pages import View
from services.runtime.context import ServiceContext

SHOWN: Final = 5
"""Activities that a list of the day names; their own page has them all."""


async def activities_today(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Show the last activities of a year, and those that nobody has evaluated, the newest first."""
    database = context.school(urn)
    # The store uses an index only for conditions that are all in it, so the status is looked at here.
    found = await database.collection(ACTIVITIES).find(
        {"academic_year": year}, sort=[("held_on", -1), ("_id", 1)], fields=ACTIVITY_SUMMARY
    )
    counting = [document for document in found if document["status"] == "recorded"]
    evaluated = await evaluated_in(database, year)
    waiting = [document for document in counting if document["_id"] not in evaluated]
    return {
        "total": len(counting),
        "latest": [summary_of(document) for document in counting[:SHOWN]],
        "unevaluated": [summary_of(document) for document in waiting[:SHOWN]],
        "unevaluated_total": len(waiting),
    }


async def kinds_used(context: ServiceContext, urn: str, year: AcademicYear) -> Counter[str]:
    """Count a year's activities by type."""
    found = (
        await context.school(urn)
        .collection(ACTIVITIES)
        .find({"academic_year": year}, fields=("activity_type", "status"))
    )
    return Counter(document["activity_type"] for document in found if document["status"] == "recorded")


async def groups_on_roll(context: ServiceContext, urn: str, year: AcademicYear) -> list[View]:
    """List a year's year groups with somebody on roll, and their tutor groups; empty without a roll."""
    found = (
        await context.school(urn)
        .collection(YEAR_GROUPS)
        .find({"academic_year": year}, fields=("year_group", "on_roll", "tutor_groups"))
    )
    return [
        {name: sheet[name] for name in ("year_group", "on_roll", "tutor_groups")}
        for sheet in sorted(found, key=lambda sheet: int(sheet["year_group"]))
        if sheet["on_roll"]
    ]
