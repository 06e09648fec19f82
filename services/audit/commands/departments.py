"""Lists departments, opens their audit, and takes what their heads return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import AcademicYear
from services.audit.commands.versions import identity_of, refuse, store_change, store_telling
from services.audit.facts import department_facts
from services.audit.model.days import today_in_england
from services.audit.model.department import (
    MOST_DEPARTMENTS,
    AuditRound,
    Department,
    Return,
    return_problems,
    round_problems,
)
from services.audit.store.departments import AUDIT_ROUNDS, DEPARTMENTS, RETURNS, departments_of
from services.runtime.context import ServiceContext
from services.runtime.errors import ConflictError, ForbiddenError, NotFoundError
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import find_kept
from services.runtime.versions import NOT_YET, Telling

NO_SUCH_DEPARTMENT: Final = "There is no such department at this school."


@dataclass(frozen=True, slots=True)
class Answering:
    """Who returns: by which subject, and whether for every department."""

    subject: str
    for_all: bool


async def list_department(unit: UnitOfWork, context: ServiceContext, department: Department) -> Document:
    """List a department; the same one again changes nothing.

    Raises ConflictError for another one of the same title, or one too many.
    """
    identity = identity_of(context, unit.urn, f"department:{department.title.casefold()}")
    listed = {kept.id: kept for kept in await departments_of(unit)}
    if identity not in listed:
        _refuse_taken(department, [kept.content for kept in listed.values()])
        if len(listed) >= MOST_DEPARTMENTS:
            raise ConflictError(f"A school can list {MOST_DEPARTMENTS} departments.")
    telling = Telling(identity, NOT_YET, department)
    return await store_change(unit, DEPARTMENTS, listed.get(identity), telling, f"departments/{identity}")


async def change_department(unit: UnitOfWork, telling: Telling[Department]) -> Document:
    """Change a department's title, head or champion, or say that it no longer exists."""
    listed = {kept.id: kept for kept in await departments_of(unit)}
    before = listed.pop(telling.id, None)
    if before is None:
        raise NotFoundError(NO_SUCH_DEPARTMENT)
    _refuse_taken(telling.content, [kept.content for kept in listed.values()])
    return await store_change(unit, DEPARTMENTS, before, telling, f"departments/{telling.id}")


async def open_round(unit: UnitOfWork, year: AcademicYear, seen: int, told: AuditRound) -> Document:
    """Say when an academic year's returns are due, and for which year groups."""
    refuse("The department audit makes no sense.", round_problems(told, year))
    return await store_telling(unit, AUDIT_ROUNDS, Telling(year, seen, told), f"department-rounds/{year}")


async def return_answers(unit: UnitOfWork, answering: Answering, seen: int, told: Return) -> Document:
    """Take a department's return; raises ForbiddenError for another head's department."""
    department = await find_kept(unit, DEPARTMENTS, told.department)
    if department is None:
        raise NotFoundError(NO_SUCH_DEPARTMENT)
    if not answering.for_all and department.content.head != answering.subject:
        raise ForbiddenError("You return for your own department only. Ask its head, or your Careers Leader.")
    if not department.content.active:
        raise ConflictError("This department no longer exists, so nothing is returned for it.")
    refuse(
        "The return makes no sense.", return_problems(told, department_facts(), today_in_england(unit.now))
    )
    # In another order it is the same return.
    told = replace(told, year_groups=tuple(sorted(told.year_groups, key=lambda answer: answer.year_group)))
    return await store_telling(unit, RETURNS, Telling(told.id, seen, told), f"department-returns/{told.id}")


def _refuse_taken(department: Department, others: list[Department]) -> None:
    if any(other.title.casefold() == department.title.casefold() for other in others):
        raise ConflictError("Another department of this school has this title.")
