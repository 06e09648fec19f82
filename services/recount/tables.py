"""Compares every cell of the reach tables with its recount: each school's own, and the Hub's.

A count that the Hub may not see is in neither half of what comes out: it stands there as `c`. Where a table
shows a number that must be withheld, or withholds one that need not be, the number is replaced by `#`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from contracts.vocabulary import AcademicYear, Urn
from services.recount.reach import (
    Figures,
    Told,
    count_hub,
    count_tables,
    default,
    is_of_pupils,
    named,
    period,
    told,
)
from services.recount.shown import WITHHELD, shown_to_hub
from services.recount.withheld import FEW, Name
from services.reporting.proof.model.cells import A_NUMBER, HUB, NO_ROW, Cells
from services.reporting.reach.model.tables import TABLES
from services.reporting.reach.model.world import World
from services.reporting.reach.views import read_hub_world, read_own_world
from services.runtime.context import ServiceContext

Rows = Sequence[dict[str, Any]]
SCHOOL: Final = "employers.school.listed.v1"
LISTED: Final = "employers.employer.listed.v1"
RELATIONSHIP: Final = "employers.adviser-relationship.changed.v1"


async def recount_tables(
    reporting: ServiceContext, year: str, rows: Mapping[str, Rows], chains: Mapping[str, Sequence[str]]
) -> dict[str, Cells]:
    """Compare all tables, by whose they are.

    `rows` are the ledgers by service, `chains` each URN's back to its tenant. In the Hub's tables a cell's
    name has the school's URN, or `hub`, behind the table's.
    """
    listed = {event["urn"]: event for event in told(_of_type(rows["employers"], SCHOOL))}
    directory = told(_of_type(rows["employers"], LISTED))
    advisers = told(_of_type(rows["employers"], RELATIONSHIP))
    days = period(year, reporting.clock().date())
    schools: dict[str, Told] = {}
    compared: dict[str, Cells] = {}
    exact: dict[str, Figures] = {}
    for urn, chain in chains.items():
        tenant = chain[-1]
        own = told(row for row in rows["employers"] if row["key"] == tenant)
        of_pupils = told(row for row in rows["pupils"] if row["key"] == tenant)
        of_advisers = [one for one in advisers if one["urn"] in chain]
        schools[urn] = Told(of_pupils, of_advisers, own, listed.get(urn, {}))
        exact[urn] = count_tables(schools[urn], directory, year, days)
        world = await read_own_world(reporting, Urn(tenant), Urn(urn), AcademicYear(year))
        compared[urn] = compare_own(world, exact[urn])
    hub = await read_hub_world(reporting, AcademicYear(year))
    exact[HUB] = count_hub(list(schools.values()), directory, year, days)
    compared[HUB] = compare_hub(hub, exact)
    return compared


def compare_own(world: World, exact: Figures) -> Cells:
    """Compare a school's own tables: all figures, in both directions."""
    published: Figures = {}
    for table in TABLES.values():
        published |= named(table.name, table.rows(world))
    cells = {name: (value, exact.get(name, default(name))) for name, value in published.items()}
    missing = {name: (NO_ROW, n) for name, n in exact.items() if name not in cells and _is_something(n)}
    return cells | missing


def compare_hub(world: World, exact: Mapping[str, Figures]) -> Cells:
    """Compare the Hub's tables: every cell of every school and of all together, in both directions."""
    published: dict[str, Figures] = {urn: {} for urn in exact}
    for table in TABLES.values():
        for row in table.rows(world):
            published.setdefault(str(row["school"]), {}).update(named(table.name, [row]))
    # A school that is published and that the Hub does not have, or no longer, has nothing to count.
    seen = shown_to_hub({urn: published[urn] for urn in exact}, exact)
    cells: Cells = {}
    for urn, figures in published.items():
        for name, value in figures.items():
            recounted = seen[urn][name] if urn in seen else NO_ROW
            cells[name[0], urn, *name[1:]] = kept(name, value, recounted)
        for name, number in exact.get(urn, {}).items():
            if name not in figures and _is_something(number) and _is_for_hub(name):
                cells[name[0], urn, *name[1:]] = (NO_ROW, A_NUMBER)
    return cells


def kept(name: Name, published: Any, recounted: Any) -> tuple[Any, Any]:  # noqa: ANN401 - figures
    """Say what may be kept of a cell of the Hub's: no number that either side withholds, and no small one."""
    small = isinstance(published, int) and published in FEW[:-1] and is_of_pupils(name)
    if WITHHELD in {published, recounted} or small:
        return _symbol(published), _symbol(recounted)
    return published, recounted


def _symbol(value: Any) -> Any:  # noqa: ANN401 - a figure
    return A_NUMBER if isinstance(value, int) else value


def _is_something(number: Any) -> bool:  # noqa: ANN401 - a figure
    return number not in {0, "x", "z", "no"}


def _is_for_hub(name: Name) -> bool:
    """Groups by year group are the school's own; the Hub gets each by itself (ADR 16)."""
    return name[0] != "coverage" or "all" in {name[1], name[2]}


def _of_type(rows: Rows, event_type: str) -> Iterable[Any]:
    return (row for row in rows if row["type"] == event_type)
