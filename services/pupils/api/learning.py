"""The route of what activities teach: the learning areas of the CDI framework, by year group."""

from __future__ import annotations

from typing import Any

from services.pupils.api import PREFIX, SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.views import learning as views
from services.runtime.permissions import Permission
from services.runtime.routing import AdmittedToSchool, SecuredRouter

router = SecuredRouter(SERVICE_NAME, PREFIX)


@router.get("/activities/learning", Permission.READ_ACTIVITIES)
async def get_learning(caller: AdmittedToSchool, academic_year: AcademicYearQuery = None) -> dict[str, Any]:
    """Count, by year group and learning area, activities and pupils reached: the school's own figures."""
    year = academic_year_asked(academic_year, caller.context)
    return await views.learning(caller.context, caller.urn, year)
