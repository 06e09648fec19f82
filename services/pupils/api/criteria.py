"""Routes of who is missing what."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.model.groups import GROUPS
from services.pupils.model.roll import LONGEST_TUTOR_GROUP
from services.pupils.views import criteria as views
from services.pupils.views.pages import PupilsAsked
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter

router = SecuredRouter(SERVICE_NAME, PREFIX)

LARGEST_PAGE: Final = 500

GroupName = Annotated[str, Field(pattern=f"^({'|'.join(GROUPS)})$")]
GroupQuery = Annotated[str | None, Query(pattern=f"^({'|'.join(GROUPS)})$")]


class MissingQuery(BaseModel):
    """Which pupils: a year group, or one of its tutor groups, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    year_group: Annotated[int, Field(ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]
    academic_year: Annotated[str, Field(max_length=10)] | None = None
    tutor_group: Annotated[str, Field(max_length=LONGEST_TUTOR_GROUP)] | None = None
    group: GroupName | None = None
    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100


@router.get("/criteria", Permission.READ_COVERAGE)
async def get_criteria(
    caller: AdmittedToSchool, academic_year: AcademicYearQuery = None, group: GroupQuery = None
) -> dict[str, Any]:
    """Count who meets each criterion that records can answer, by year group; of all, or of a group."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.criteria_table(caller.context, caller.urn, year, group)


@router.get("/missing/{criterion}", Permission.READ_PUPILS)
async def get_missing(
    caller: AdmittedToSchool,
    criterion: Annotated[str, Path(pattern=r"^(gb[1-8]|pal|wex)\.[0-9]$")],
    query: Annotated[MissingQuery, Query()],
) -> dict[str, Any]:
    """List the pupils of a year group who do not meet a criterion, by name, with what each lacks."""
    year = academic_year_asked(query.academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", f"missing/{year}/{criterion}")
    page = PupilsAsked(year, query.year_group, query.offset, query.limit)
    asked = views.MissingAsked(criterion, query.year_group, query.tutor_group, query.group, page)
    return await views.missing(caller.context, caller.urn, asked)
