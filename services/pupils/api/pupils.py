"""Routes that show pupils. Every read is in the school's access log before it is answered."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query

from contracts.vocabulary import FIRST_YEAR_GROUP, LAST_YEAR_GROUP
from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.model.conversation import Reader
from services.pupils.views import pupils as views
from services.pupils.views.pages import PupilsAsked
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter

router = SecuredRouter(SERVICE_NAME, PREFIX)

LARGEST_PAGE: Final = 500

YearGroupQuery = Annotated[int | None, Query(ge=FIRST_YEAR_GROUP, le=LAST_YEAR_GROUP)]
Ref = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.get("/pupils", Permission.READ_PUPILS)
async def get_pupils(
    caller: AdmittedToSchool,
    academic_year: AcademicYearQuery = None,
    year_group: YearGroupQuery = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
) -> dict[str, Any]:
    """List pupils on roll by name, a page at a time."""
    year = academic_year_asked(academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", f"roll/{year}/pupils")
    return await views.pupils_page(caller.context, caller.urn, PupilsAsked(year, year_group, offset, limit))


@router.get("/pupils/{ref}", Permission.READ_PUPILS)
async def get_pupil(caller: AdmittedToSchool, ref: Ref) -> dict[str, Any]:
    """Show one pupil with the UPN and all activities."""
    shown = await views.pupil(caller.context, caller.urn, ref, reader_of(caller))
    await caller.context.read_logged(caller.actor, caller.urn, "pupil.read", f"pupils/{ref}")
    return shown


def reader_of(caller: AdmittedToSchool) -> Reader:
    """Say as whom a caller reads about pupils."""
    return Reader(
        caller.actor.subject,
        reads_all=Permission.READ_ALL_CONVERSATIONS in caller.granted,
        answers_for_rights=Permission.EXPORT_RECORD in caller.granted,
    )
