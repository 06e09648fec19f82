"""What a school reads of its resources, and what is missing."""

from __future__ import annotations

from contracts.vocabulary import AcademicYear, Urn
from services.audit.facts import resource_facts
from services.audit.model.days import today_in_england
from services.audit.model.resources import gaps_of, hours_by_role
from services.audit.store.resources import RESOURCES, THE_TRAINING, TRAINING
from services.audit.views.versions import View, history, kept_view, not_yet_view
from services.runtime.context import ServiceContext
from services.runtime.version_store import find_kept


async def resources(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """Show a year's resources with their sums; version 0 if none are recorded."""
    found = await find_kept(context.school(urn), RESOURCES, year)
    if found is None:
        return {"academic_year": year, **not_yet_view()}
    return {
        "academic_year": year,
        **kept_view(RESOURCES, found),
        "total_pence": found.content.total_pence,
        "hours_by_role": hours_by_role(found.content),
    }


async def versions_of_resources(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """Show every version of a year's resources, the current one first."""
    return await history(context.school(urn), RESOURCES, year)


async def training(context: ServiceContext, urn: Urn) -> View:
    """Show all training, and of each course whether it is valid; version 0 if none is recorded."""
    found = await find_kept(context.school(urn), TRAINING, THE_TRAINING)
    if found is None:
        return not_yet_view()
    shown, today = kept_view(TRAINING, found), today_in_england(context.clock())
    shown["courses"] = [
        {**fields, "valid": course.is_valid(today)}
        for fields, course in zip(shown["courses"], found.content.courses, strict=True)
    ]
    return shown


async def versions_of_training(context: ServiceContext, urn: Urn) -> View:
    """Show every version of the training, the current one first."""
    return await history(context.school(urn), TRAINING, THE_TRAINING)


async def gaps(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """Name what is missing, with the criteria that it bears on and what it is compared with."""
    database, facts = context.school(urn), resource_facts()
    recorded = await find_kept(database, RESOURCES, year)
    trained = await find_kept(database, TRAINING, THE_TRAINING)
    found = gaps_of(
        None if recorded is None else recorded.content,
        None if trained is None else trained.content,
        facts,
        today_in_england(context.clock()),
    )
    return {
        "academic_year": year,
        "facts": facts.version,
        "gaps": [
            {
                "gap": gap.code,
                "text": facts.gaps[gap.code].text,
                "criteria": list(facts.gaps[gap.code].criteria),
                "course": gap.course,
            }
            for gap in found
        ],
        "compared_with": {
            "careers_leader_hours_a_week": facts.careers_leader_day.model_dump(mode="json"),
            "adviser_level": facts.adviser_level.model_dump(mode="json"),
        },
    }
