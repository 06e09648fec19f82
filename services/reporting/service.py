"""Reporting, assembled."""

from __future__ import annotations

from typing import Final

from services.reporting.api import hub, schools
from services.reporting.stream import PROJECTIONS, REACTIONS
from services.runtime.service import Service

SERVICE: Final = Service(
    name="reporting", routers=(hub, schools), projections=PROJECTIONS, reactions=REACTIONS
)
