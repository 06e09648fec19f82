"""Where departments, the rounds of their audit and their returns are kept, with their earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from contracts.vocabulary import AcademicYear
from services.audit.model.department import AuditRound, Department, Return
from services.runtime.mongo import Index
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

DEPARTMENTS: Final = Kind("departments", TypeAdapter(Department))
AUDIT_ROUNDS: Final = Kind("department_rounds", TypeAdapter(AuditRound))
RETURNS: Final = Kind("department_returns", TypeAdapter(Return))

DEPARTMENT_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {
    **DEPARTMENTS.indexes,
    **AUDIT_ROUNDS.indexes,
    **RETURNS.indexes,
    RETURNS.name: (Index((("content.academic_year", 1),)),),
}


async def departments_of(database: Database) -> list[Kept[Department]]:
    """Read a school's departments by title, those that no longer exist too."""
    return await find_all(database, DEPARTMENTS, sort=(("content.title", 1), ("_id", 1)))


async def returns_of(database: Database, year: AcademicYear) -> dict[str, Kept[Return]]:
    """Read the returns of an academic year by department."""
    found = await find_all(database, RETURNS, {"content.academic_year": year})
    return {kept.content.department: kept for kept in found}
