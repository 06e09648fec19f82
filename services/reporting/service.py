"""Reporting, assembled."""

from __future__ import annotations

from typing import Final

from services.reporting.api import hub, schools
from services.reporting.attainment import api as attainment
from services.reporting.attainment import recount_api
from services.reporting.attainment.freezing import freeze_due
from services.reporting.pages import (
    cells_page,
    hub_page,
    live_page,
    pages,
    recount_page,
    school_page,
    snapshots_page,
    tables_page,
)
from services.reporting.proof import api as proof
from services.reporting.reach import api as reach
from services.reporting.recounts import INDEXES as RECOUNT_INDEXES
from services.reporting.stream import PROJECTIONS, REACTIONS
from services.runtime.service import Service
from services.web.front import front_door
from services.web.pages import static_files
from services.web.routing import refusals

SERVICE: Final = Service(
    name="reporting",
    routers=(
        *(hub, schools),
        *(attainment.hub, attainment.schools, recount_api.hub, recount_api.schools),
        *(reach.hub, reach.schools, proof.hub, proof.schools),
        *(hub_page.router, live_page.router, school_page.router),
        *(recount_page.hub, recount_page.schools, snapshots_page.hub, snapshots_page.schools),
        *(tables_page.hub, tables_page.schools, cells_page.hub, cells_page.schools),
    ),
    open_routes=front_door("reporting"),
    static_files=static_files,
    show_refusal=refusals(pages),
    projections=PROJECTIONS,
    reactions=REACTIONS,
    indexes=RECOUNT_INDEXES,
    hub_daily=freeze_due,
)
