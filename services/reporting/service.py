"""Reporting, assembled."""

from __future__ import annotations

from typing import Final

from services.reporting.api import hub, schools
from services.reporting.pages import hub_page, school_page
from services.reporting.stream import PROJECTIONS, REACTIONS
from services.runtime.service import Service
from services.web.front import front_door
from services.web.pages import static_files

SERVICE: Final = Service(
    name="reporting",
    routers=(hub, schools, hub_page.router, school_page.router),
    open_routes=front_door("reporting"),
    static_files=static_files,
    projections=PROJECTIONS,
    reactions=REACTIONS,
)
