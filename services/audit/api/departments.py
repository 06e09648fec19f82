"""Routes of the department audit: departments and champions, the round, returns, and what they add up to."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Response, status
from pydantic import Field

from contracts.vocabulary import AcademicYear
from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.fields import (
    AcademicYearQuery,
    Id,
    Line,
    Link,
    Subject,
    YearGroup,
    academic_year_asked,
)
from services.audit.commands import departments as commands
from services.audit.model.department import (
    AuditRound,
    Champion,
    CurriculumLink,
    Department,
    Development,
    Return,
    YearGroupAnswer,
)
from services.audit.views import departments as views
from services.runtime.bodies import (
    Body,
    Day,
    Flag,
    SeenVersion,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_YEAR_GROUPS: Final = 8
"""Years 7 to 14."""
MOST_LINKS: Final = 100
MOST_DEVELOPMENT: Final = 50
MOST_STAFF: Final = 1_000
Code = Annotated[str, Field(min_length=1, max_length=40)]


class ChampionBody(Body):
    """A Careers Champion, as the school chooses to name them."""

    name: Line
    subject: Subject | None = None


class DepartmentBody(Body):
    """A department; `head` is the access token's subject of whoever returns for it."""

    title: Line
    head: Subject
    champion: ChampionBody | None = None
    active: Flag = True

    def department(self) -> Department:
        """Return the model's value."""
        champion = None if self.champion is None else Champion(self.champion.name, self.champion.subject)
        return Department(self.title, self.head, champion, self.active)


class DepartmentChangeBody(DepartmentBody):
    """What a department is to be."""

    version: SeenVersion


class RoundBody(Body):
    """When an academic year's returns are due, and for which year groups."""

    version: SeenVersion
    due_on: Day
    year_groups: Annotated[list[YearGroup], Field(min_length=1, max_length=MOST_YEAR_GROUPS)]


class YearGroupBody(Body):
    """The answer for one year group; `band` may be `not_taught`."""

    year_group: YearGroup
    band: Code
    areas: Annotated[list[Code], Field(max_length=20)] = Field(default_factory=list)


class CurriculumLinkBody(Body):
    """A page that shows how a lesson or scheme is linked to careers."""

    title: Line
    url: Link
    year_group: YearGroup


class DevelopmentBody(Body):
    """Professional development on careers, and how many of the department's staff took part."""

    title: Line
    held_on: Day
    staff: Annotated[int, Field(strict=True, ge=1, le=MOST_STAFF)]


class ReturnBody(Body):
    """A department's return."""

    version: SeenVersion
    year_groups: Annotated[list[YearGroupBody], Field(min_length=1, max_length=MOST_YEAR_GROUPS)]
    links: Annotated[list[CurriculumLinkBody], Field(max_length=MOST_LINKS)] = Field(default_factory=list)
    development: Annotated[list[DevelopmentBody], Field(max_length=MOST_DEVELOPMENT)] = Field(
        default_factory=list
    )

    def returned(self, department: str, year: AcademicYear) -> Return:
        """Return the model's value."""
        return Return(
            department=department,
            academic_year=year,
            year_groups=tuple(
                YearGroupAnswer(answer.year_group, answer.band, tuple(dict.fromkeys(answer.areas)))
                for answer in self.year_groups
            ),
            links=tuple(CurriculumLink(link.title, link.url, link.year_group) for link in self.links),
            development=tuple(Development(one.title, one.held_on, one.staff) for one in self.development),
        )


@router.post("/departments", Permission.MANAGE_DEPARTMENTS, status_code=status.HTTP_201_CREATED)
async def post_department(
    response: Response, caller: AdmittedToSchool, body: DepartmentBody
) -> dict[str, Any]:
    """List a department: 201, or 200 if it is listed just so."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.list_department(unit, caller.context, body.department())

    receipt = await caller.context.in_school(caller.actor, caller.urn, work)
    if receipt["outcome"] == "unchanged":
        response.status_code = status.HTTP_200_OK
    return receipt


@router.get("/departments", Permission.READ_DEPARTMENTS)
async def get_departments(caller: AdmittedToSchool) -> dict[str, Any]:
    """List the departments."""
    await _logged(caller, "departments")
    return await views.departments(caller.context, caller.urn)


@router.put("/departments/{department_id}", Permission.MANAGE_DEPARTMENTS)
async def put_department(
    caller: AdmittedToSchool, department_id: Id, body: DepartmentChangeBody
) -> dict[str, Any]:
    """Change a department; the version before is kept."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.change_department(unit, Telling(department_id, body.version, body.department()))

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.put("/departments/{department_id}/return", Permission.RETURN_FOR_DEPARTMENT)
async def put_return(
    caller: AdmittedToSchool, department_id: Id, body: ReturnBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Return for a department: its head for the own one, the Careers Leader for all."""
    year = academic_year_asked(academic_year, caller.context)
    answering = commands.Answering(
        caller.actor.subject, for_all=Permission.MANAGE_DEPARTMENTS in caller.granted
    )

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        told = body.returned(department_id, year)
        return await commands.return_answers(unit, answering, body.version, told)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/departments/{department_id}/return", Permission.READ_DEPARTMENTS)
async def get_return(
    caller: AdmittedToSchool, department_id: Id, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Show a department's return of an academic year."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.return_of(caller.context, caller.urn, department_id, year)


@router.get("/departments/{department_id}/return/versions", Permission.READ_DEPARTMENTS)
async def get_return_versions(
    caller: AdmittedToSchool, department_id: Id, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Show every version of a department's return."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.versions_of_return(caller.context, caller.urn, department_id, year)


@router.put("/department-audit", Permission.MANAGE_DEPARTMENTS)
async def put_round(
    caller: AdmittedToSchool, body: RoundBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Open an academic year's department audit, or change when it is due."""
    year = academic_year_asked(academic_year, caller.context)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        told = AuditRound(body.due_on, tuple(sorted(body.year_groups)))
        return await commands.open_round(unit, year, body.version, told)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/department-audit", Permission.READ_DEPARTMENTS)
async def get_round(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show when an academic year's returns are due."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.round_of(caller.context, caller.urn, year)


@router.get("/department-audit/matrix", Permission.READ_DEPARTMENTS)
async def get_matrix(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show subject by year group, with the gaps."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.matrix(caller.context, caller.urn, year)


@router.get("/department-audit/missing", Permission.READ_DEPARTMENTS)
async def get_missing(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """List who has not returned, and how long that is overdue."""
    year = academic_year_asked(academic_year, caller.context)
    await _logged(caller, "department-audit/missing")
    return await views.missing_returns(caller.context, caller.urn, year)


@router.get("/department-audit/champions", Permission.READ_DEPARTMENTS)
async def get_champions(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show the network of Careers Champions."""
    await _logged(caller, "department-audit/champions")
    return await views.champions(caller.context, caller.urn)


async def _logged(caller: AdmittedToSchool, resource: str) -> None:
    """Note a read that shows who heads or champions a department: these are people."""
    await caller.context.read_logged(caller.actor, caller.urn, "departments.listed", resource)
