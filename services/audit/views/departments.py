"""What a school reads of its department audit: the matrix, who has not returned, and the champions."""

from __future__ import annotations

from dataclasses import asdict

from contracts.vocabulary import AcademicYear, Urn
from services.audit.facts import department_facts
from services.audit.model.days import today_in_england
from services.audit.model.department import AuditRound, Department, Return, return_id
from services.audit.model.department_matrix import cells_of, columns_of, days_overdue, weakest_band
from services.audit.store.departments import AUDIT_ROUNDS, DEPARTMENTS, RETURNS, departments_of, returns_of
from services.audit.views.versions import View, history, kept_view, not_yet_view
from services.runtime.context import ServiceContext
from services.runtime.errors import NotFoundError
from services.runtime.version_store import find_kept
from services.runtime.versions import Kept


async def departments(context: ServiceContext, urn: Urn) -> View:
    """List the departments by title, those that no longer exist too."""
    found = await departments_of(context.school(urn))
    return {"departments": [_department_view(kept) for kept in found]}


async def round_of(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """Show an academic year's round; version 0 if none was opened."""
    found = await find_kept(context.school(urn), AUDIT_ROUNDS, year)
    shown = not_yet_view() if found is None else kept_view(AUDIT_ROUNDS, found)
    return {"academic_year": year, **shown}


async def return_of(context: ServiceContext, urn: Urn, department: str, year: AcademicYear) -> View:
    """Show a department's return, version 0 if there is none; raises NotFoundError for no department."""
    database = context.school(urn)
    found = await find_kept(database, RETURNS, return_id(year, department))
    if found is not None:
        return kept_view(RETURNS, found)
    if await find_kept(database, DEPARTMENTS, department) is None:
        raise NotFoundError("There is no such department at this school.")
    return {"department": department, "academic_year": year, **not_yet_view()}


async def versions_of_return(context: ServiceContext, urn: Urn, department: str, year: AcademicYear) -> View:
    """Show every version of a department's return, the current one first."""
    return await history(context.school(urn), RETURNS, return_id(year, department))


async def matrix(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """Lay all returns out, subject by year group, with the gaps; see `model/department_matrix.py`."""
    database, facts = context.school(urn), department_facts()
    returned = await returns_of(database, year)
    listed = [kept for kept in await departments_of(database) if kept.content.active]
    opened = await find_kept(database, AUDIT_ROUNDS, year)
    year_groups = _year_groups(opened, returned)
    rows = [cells_of(_content(returned.get(kept.id)), year_groups, facts) for kept in listed]
    contents = [returned[kept.id].content for kept in listed if kept.id in returned]
    return {
        "academic_year": year,
        "facts": facts.version,
        "covered_from": facts.covered_from.band,
        "year_groups": [asdict(column) for column in columns_of(rows, year_groups, facts)],
        "departments": [
            {"department_id": kept.id, "title": kept.content.title, "cells": [asdict(cell) for cell in cells]}
            for kept, cells in zip(listed, rows, strict=True)
        ],
        # Beside the answers that an evaluation declares, never instead of them.
        "gb4.1": {"weakest_band": weakest_band(rows, facts), "cells": sum(map(len, rows))},
        "gb4.2": {
            "departments_with_development": sum(bool(one.development) for one in contents),
            "staff": sum(part.staff for one in contents for part in one.development),
        },
    }


async def missing_returns(context: ServiceContext, urn: Urn, year: AcademicYear) -> View:
    """List the departments that have not returned, or not for all year groups, and since when it was due."""
    database = context.school(urn)
    returned = await returns_of(database, year)
    listed = [kept for kept in await departments_of(database) if kept.content.active]
    opened = await find_kept(database, AUDIT_ROUNDS, year)
    due_on = None if opened is None else opened.content.due_on
    today = today_in_england(context.clock())
    year_groups = _year_groups(opened, returned)
    chased = [
        {
            "department_id": kept.id,
            "title": kept.content.title,
            "head": kept.content.head,
            "returned": kept.id in returned,
            "year_groups_missing": _unanswered(returned.get(kept.id), year_groups),
        }
        for kept in listed
        if kept.id not in returned or _unanswered(returned.get(kept.id), year_groups)
    ]
    return {
        "academic_year": year,
        "due_on": None if due_on is None else due_on.isoformat(),
        "days_overdue": None if due_on is None else days_overdue(due_on, today),
        "departments": len(listed),
        "complete": len(listed) - len(chased),
        "missing": chased,
    }


async def champions(context: ServiceContext, urn: Urn) -> View:
    """List the departments with their Careers Champion, and those without one."""
    listed = [kept for kept in await departments_of(context.school(urn)) if kept.content.active]
    return {
        "with_champion": [_department_view(kept) for kept in listed if kept.content.champion is not None],
        "without_champion": [_department_view(kept) for kept in listed if kept.content.champion is None],
    }


def _department_view(kept: Kept[Department]) -> View:
    return {"department_id": kept.id, **kept_view(DEPARTMENTS, kept)}


def _year_groups(opened: Kept[AuditRound] | None, returned: dict[str, Kept[Return]]) -> list[int]:
    """Take the round's year groups; before one is opened, those that anybody has answered for."""
    if opened is not None:
        return sorted(opened.content.year_groups)
    return sorted({answer.year_group for kept in returned.values() for answer in kept.content.year_groups})


def _unanswered(kept: Kept[Return] | None, year_groups: list[int]) -> list[int]:
    answered = set() if kept is None else {answer.year_group for answer in kept.content.year_groups}
    return [year_group for year_group in year_groups if year_group not in answered]


def _content(kept: Kept[Return] | None) -> Return | None:
    return None if kept is None else kept.content
