"""The Hub's schools and employers on a map, with the list behind it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response

from services.areas import ATTRIBUTION
from services.employers import views
from services.employers.pages.map_drawing import map_of
from services.employers.pages.site import pages
from services.runtime.permissions import Permission
from services.web.routing import HubVisitor, PageRouter

EMPLOYERS_A_PAGE: Final = 50
"""A screen or two; an area's register has some hundreds."""
MOST_OFFSET: Final = 1_000_000
"""Beyond any directory; a larger one is a slip."""

router = PageRouter("employers", "/employers", pages)


@router.get("/map", Permission.READ_DIRECTORY)
async def get_map(caller: HubVisitor, offset: Annotated[int, Query(ge=0, le=MOST_OFFSET)] = 0) -> Response:
    """Show where everybody is."""
    schools = await views.schools(caller.context)
    employers = await views.all_employers(caller.context)
    end = offset + EMPLOYERS_A_PAGE
    links: dict[str, object] = {"landmarkLabel": "Parts of the list of employers"}
    if offset:
        links["previous"] = {"href": f"/employers/map?offset={max(0, offset - EMPLOYERS_A_PAGE)}#employers"}
    if end < len(employers):
        links["next"] = {"href": f"/employers/map?offset={end}#employers"}
    values = {
        "map": map_of(schools, employers),
        "schools": schools,
        "employers": employers[offset:end],
        "offset": offset,
        "total": len(employers),
        "links": links if len(links) > 1 else None,
        "attribution": ATTRIBUTION,
    }
    return pages().page(caller.visit, "employers/map.html", values)
