"""Routes of resources: a year's time, money and materials; training; and what is missing."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from services.audit.api import PREFIX, SERVICE_NAME
from services.audit.api.fields import (
    AcademicYearQuery,
    Line,
    Link,
    Pence,
    academic_year_asked,
)
from services.audit.commands import resources as commands
from services.audit.model.resources import (
    BudgetLine,
    BudgetSource,
    Course,
    Material,
    Resources,
    StaffRole,
    StaffTime,
    TrainedRole,
    Training,
)
from services.audit.views import resources as views
from services.runtime.bodies import (
    Body,
    Day,
    SeenVersion,
)
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter
from services.runtime.uow import UnitOfWork

router = SecuredRouter(SERVICE_NAME, PREFIX)

MOST_HOURS_A_WEEK: Final = 60
"""More is hours a month, or a slip of the keyboard."""
QUARTER_OF_AN_HOUR: Final = 0.25
MOST_ROWS: Final = 100
"""Of each kind: time, budget lines, materials, courses."""
LOWEST_LEVEL: Final = 1
HIGHEST_LEVEL: Final = 8
"""Levels of the regulated qualifications framework."""

Hours = Annotated[float, Field(strict=True, ge=0, le=MOST_HOURS_A_WEEK, multiple_of=QUARTER_OF_AN_HOUR)]


class StaffTimeBody(Body):
    """Hours a week of a role."""

    role: StaffRole
    hours_a_week: Hours
    note: Line | None = None


class BudgetLineBody(Body):
    """Money, in pence."""

    title: Line
    pence: Pence
    source: BudgetSource


class MaterialBody(Body):
    """Something to teach with."""

    title: Line
    url: Link | None = None


class ResourcesBody(Body):
    """A year's resources, all of them."""

    version: SeenVersion
    staff_time: Annotated[list[StaffTimeBody], Field(max_length=MOST_ROWS)]
    budget: Annotated[list[BudgetLineBody], Field(max_length=MOST_ROWS)]
    materials: Annotated[list[MaterialBody], Field(max_length=MOST_ROWS)]

    def resources(self) -> Resources:
        """Return the model's value."""
        return Resources(
            staff_time=tuple(StaffTime(one.role, one.hours_a_week, one.note) for one in self.staff_time),
            budget=tuple(BudgetLine(line.title, line.pence, line.source) for line in self.budget),
            materials=tuple(Material(one.title, one.url) for one in self.materials),
        )


class CourseBody(Body):
    """A qualification, certificate or course; `level` is null where it has none."""

    role: TrainedRole
    title: Line
    level: Annotated[int, Field(strict=True, ge=LOWEST_LEVEL, le=HIGHEST_LEVEL)] | None = None
    provider: Line
    completed_on: Day
    expires_on: Day | None = None
    certificate_url: Link | None = None

    def course(self) -> Course:
        """Return the model's value."""
        return Course(
            role=self.role,
            title=self.title,
            level=self.level,
            provider=self.provider,
            completed_on=self.completed_on,
            expires_on=self.expires_on,
            certificate_url=self.certificate_url,
        )


class TrainingBody(Body):
    """All training, of the Careers Leader and the advisers."""

    version: SeenVersion
    courses: Annotated[list[CourseBody], Field(max_length=MOST_ROWS)]


@router.put("/resources", Permission.MANAGE_RESOURCES)
async def put_resources(
    caller: AdmittedToSchool, body: ResourcesBody, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Record an academic year's resources; the version before is kept."""
    year = academic_year_asked(academic_year, caller.context)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return await commands.record_resources(unit, year, body.version, body.resources())

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/resources", Permission.READ_RESOURCES)
async def get_resources(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Show an academic year's resources."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.resources(caller.context, caller.urn, year)


@router.get("/resources/versions", Permission.READ_RESOURCES)
async def get_resource_versions(
    caller: AdmittedToSchool, academic_year: AcademicYearQuery = None
) -> dict[str, Any]:
    """Show every version of an academic year's resources."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.versions_of_resources(caller.context, caller.urn, year)


@router.get("/resources/gaps", Permission.READ_RESOURCES)
async def get_gaps(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Name what is missing."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.gaps(caller.context, caller.urn, year)


@router.put("/training", Permission.MANAGE_RESOURCES)
async def put_training(caller: AdmittedToSchool, body: TrainingBody) -> dict[str, Any]:
    """Record all training; the version before is kept."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        told = Training(tuple(course.course() for course in body.courses))
        return await commands.record_training(unit, body.version, told)

    return await caller.context.in_school(caller.actor, caller.urn, work)


@router.get("/training", Permission.READ_RESOURCES)
async def get_training(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show all training."""
    await caller.context.read_logged(caller.actor, caller.urn, "training.read", "training")
    return await views.training(caller.context, caller.urn)


@router.get("/training/versions", Permission.READ_RESOURCES)
async def get_training_versions(caller: AdmittedToSchool) -> dict[str, Any]:
    """Show every version of the training."""
    await caller.context.read_logged(caller.actor, caller.urn, "training.read", "training/versions")
    return await views.versions_of_training(caller.context, caller.urn)
