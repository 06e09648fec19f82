"""Compares every reach table that is published with its recount: each school's own, and the Hub's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from contracts.vocabulary import AcademicYear, Urn
from services.recount_reach import (
    OF_PUPILS,
    Figures,
    Told,
    count_hub,
    count_tables,
    counted,
    named,
    nearest_five,
    period,
    told,
)
from services.reporting.reach.model.tables import TABLES
from services.reporting.reach.model.world import HUB, World
from services.reporting.reach.views import read_hub_world, read_own_world
from services.runtime.context import ServiceContext

Rows = Sequence[dict[str, Any]]
WITHHELD: Final = frozenset({"c", "x", "z"})
LISTED: Final = "employers.employer.listed.v1"
RELATIONSHIP: Final = "employers.adviser-relationship.changed.v1"


class Difference(NamedTuple):
    """A figure that a table and the recount do not agree on."""

    school: str
    figure: str
    published: Any
    recounted: Any


class Compared(NamedTuple):
    """How many figures were compared, and those that differ."""

    figures: int
    differences: list[Difference]


async def recount_tables(
    reporting: ServiceContext, year: str, rows: Mapping[str, Rows], chains: Mapping[str, Sequence[str]]
) -> Compared:
    """Compare all tables; `rows` are the ledgers by service, `chains` each URN's back to its tenant."""
    directory = told(_of_type(rows["employers"], LISTED))
    advisers = told(_of_type(rows["employers"], RELATIONSHIP))
    days = period(year, reporting.clock().date())
    schools: dict[str, Told] = {}
    compared = Compared(0, [])
    exact: dict[str, Figures] = {}
    for urn, chain in chains.items():
        tenant = chain[-1]
        own = told(row for row in rows["employers"] if row["key"] == tenant)
        of_pupils = told(row for row in rows["pupils"] if row["key"] == tenant)
        schools[urn] = Told(of_pupils, [one for one in advisers if one["urn"] in chain], own)
        exact[urn] = count_tables(schools[urn], directory, year, days)
        world = await read_own_world(reporting, Urn(tenant), Urn(urn), AcademicYear(year))
        compared = _add(compared, compare_own(urn, world, exact[urn]))
    hub = await read_hub_world(reporting, AcademicYear(year))
    exact[HUB] = count_hub(list(schools.values()), directory, year, days)
    return _add(compared, compare_hub(hub, exact))


def compare_own(urn: str, world: World, exact: Figures) -> Compared:
    """Compare a school's own tables: all figures, in both directions."""
    published: Figures = {}
    for table in TABLES.values():
        published |= named(table.name, table.rows(world))
    published, recounted = counted(published), counted(exact)
    differences = [
        Difference(urn, "/".join(name), published.get(name, 0), recounted.get(name, 0))
        for name in sorted(published.keys() | recounted.keys())
        if published.get(name, 0) != recounted.get(name, 0)
    ]
    return Compared(len(published.keys() | recounted.keys()), differences)


def compare_hub(world: World, exact: Mapping[str, Figures]) -> Compared:
    """Compare the Hub's tables: every figure that is not withheld, of every school and of all together."""
    published: dict[str, Figures] = {}
    for table in TABLES.values():
        for row in table.rows(world):
            published.setdefault(str(row["school"]), {}).update(named(table.name, [row]))
    differences = [
        Difference(urn, "/".join(name), value, expected)
        for urn, figures in published.items()
        for name, value in figures.items()
        if value not in WITHHELD
        and (0 if value == "no" else value) != (expected := shown_of(published, exact, urn, name))
    ]
    return Compared(sum(len(figures) for figures in published.values()), differences)


def shown_of(
    published: Mapping[str, Figures], exact: Mapping[str, Figures], urn: str, name: tuple[str, ...]
) -> Any:  # noqa: ANN401 - a figure
    """Say what the Hub must see of a figure that is not withheld: rounded, totals added up of it."""
    number = exact[urn].get(name, 0)
    is_of_group = name[0] == "coverage" and name[2] != "all"
    if name[-1] == "coverage_percent":
        reached, on_roll = (published[urn][*name[:-1], column] for column in ("reached", "on_roll"))
        return 100 if reached == on_roll else min(99, 100 * reached // on_roll)
    if name[-1] not in OF_PUPILS and not (is_of_group and name[-1] == "on_roll"):
        return number
    visible = [
        (part, place)
        for part, place in _parts(published, urn, name)
        if published[part][place] not in WITHHELD
    ]
    if visible or urn == HUB or (name[1] == "all" and not is_of_group):
        rest = number - sum(exact[part].get(place, 0) for part, place in visible)
        return sum(published[part][place] for part, place in visible) + nearest_five(rest)
    everybody = name[-1] == "reached" and number == exact[urn][*name[:-1], "on_roll"] and not is_of_group
    return number if everybody else nearest_five(number)


def _parts(
    published: Mapping[str, Figures], urn: str, name: tuple[str, ...]
) -> list[tuple[str, tuple[str, ...]]]:
    """Name what a total is of: the schools, or a school's year groups; nothing for what is no total."""
    if urn == HUB:
        return [(part, name) for part in published if part != HUB and name in published[part]]
    if name[1] != "all" or (name[0] == "coverage" and name[2] != "all"):
        return []
    return [
        (urn, place)
        for place in published[urn]
        if place[0] == name[0] and place[1] != "all" and place[2:] == name[2:]
    ]


def _of_type(rows: Rows, event_type: str) -> Iterable[Any]:
    return (row for row in rows if row["type"] == event_type)


def _add(one: Compared, other: Compared) -> Compared:
    return Compared(one.figures + other.figures, [*one.differences, *other.differences])
