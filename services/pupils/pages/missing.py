"""Who is missing what: the criteria by year group, the names behind each, and what would help."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from services.pupils.api import SERVICE_NAME, AcademicYearQuery, academic_year_asked
from services.pupils.api.criteria import MissingQuery
from services.pupils.pages import pages
from services.pupils.pages.forms import PREFIX
from services.pupils.views.criteria import MissingAsked, criteria_table, missing
from services.pupils.views.pages import PupilsAsked
from services.runtime.errors import NotFoundError
from services.runtime.permissions import Permission
from services.web.routing import PageRouter, SchoolVisitor

router = PageRouter(SERVICE_NAME, PREFIX, pages)

PAGE: Final = 100
"""Names on a page: a third of a large year group."""
CONFIDENCE: Final = {
    "H": "as the criterion says",
    "M": "our reading of the criterion",
    "L": "a rough sign only",
}


@router.get("/missing", Permission.READ_COVERAGE)
async def get_missing_table(caller: SchoolVisitor, academic_year: AcademicYearQuery = None) -> Response:
    """Count for each criterion and year group who does not meet it."""
    year = academic_year_asked(academic_year, caller.context)
    values: dict[str, Any] = {"academic_year": year, "may_name": Permission.READ_PUPILS in caller.granted}
    try:
        table = await criteria_table(caller.context, caller.urn, year)
    except NotFoundError:
        return pages().page(caller.visit, "pupils/missing.html", values | {"table": None})
    applied = {name for group in table["year_groups"] for name in group["criteria"]}
    values |= {
        "table": table,
        "criteria": {name: about for name, about in table["criteria"].items() if name in applied},
        "confidence": CONFIDENCE,
    }
    return pages().page(caller.visit, "pupils/missing.html", values)


@router.get("/missing/{criterion}", Permission.READ_PUPILS)
async def get_missing_names(
    caller: SchoolVisitor,
    criterion: Annotated[str, Path(pattern=r"^(gb[1-8]|pal|wex)\.[0-9]$")],
    query: Annotated[MissingQuery, Query()],
) -> Response:
    """Name the pupils of a year group who do not meet a criterion, with what each lacks."""
    year = academic_year_asked(query.academic_year, caller.context)
    await caller.context.read_logged(caller.actor, caller.urn, "pupils.listed", f"missing/{year}/{criterion}")
    page = PupilsAsked(year, query.year_group, query.offset, PAGE)
    asked = MissingAsked(criterion, query.year_group, query.tutor_group, query.group, page)
    values = {
        "found": await missing(caller.context, caller.urn, asked),
        "tutor_group": query.tutor_group,
        "offset": query.offset,
        "may_record": Permission.RECORD_ACTIVITY in caller.granted,
    }
    return pages().page(caller.visit, "pupils/missing_names.html", values)
