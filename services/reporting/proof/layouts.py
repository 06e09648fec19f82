"""Which tables have a recount beside them: those of reach, and the Hub report."""

from __future__ import annotations

from typing import Final

from services.reporting.model.report_rows import COLUMNS, HUB_REPORT
from services.reporting.reach.model.tables import TABLES, Layout
from services.runtime.errors import NotFoundError

REPORT: Final = Layout(
    HUB_REPORT,
    "The Hub's report",
    "Rolls, activities, encounters and pupils reached: all that the Hub's page shows besides scores.",
    COLUMNS,
    ("school", "year_group"),
)
OF_HUB: Final[tuple[Layout, ...]] = (REPORT, *TABLES.values())
OF_SCHOOL: Final[tuple[Layout, ...]] = tuple(TABLES.values())
"""A school's own report is recounted figure by figure (`attainment/recount_api.py`)."""


def layout_named(name: str, layouts: tuple[Layout, ...]) -> Layout:
    """Find a table; raises NotFoundError that says which there are."""
    for layout in layouts:
        if layout.name == name:
            return layout
    message = f"There is no such table. There are: {', '.join(layout.name for layout in layouts)}."
    raise NotFoundError(message)
