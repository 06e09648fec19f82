"""A table as it goes out, to a page or a file: its rows, and what must stand beside them wherever they go.

Whoever may read a school's coverage sees its tables whole. Its governors and its Enterprise Adviser see of it
what the Hub sees: who is in care at a school is not theirs to know (domain §9.3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import (
    ACADEMIC_YEAR_PATTERN,
    AcademicYear,
    academic_year_days,
    academic_year_of,
)
from services.areas import ATTRIBUTION
from services.reporting.model.suppression import LEGEND, ROUNDED_TO
from services.reporting.reach.model.tables import TABLES, Layout, Table, select
from services.reporting.reach.model.world import Row, World
from services.reporting.reach.views import read_hub_world, read_own_world
from services.runtime import csv_export, xlsx_export
from services.runtime.context import ServiceContext
from services.runtime.errors import FieldProblem, InvalidError, NotFoundError
from services.runtime.permissions import Permission
from services.runtime.routing import SchoolCaller

LARGEST_PAGE: Final = 1_000
USUAL_PAGE: Final = 200
MOST_OFFSET: Final = 1_000_000
"""Beyond any table; a larger one is a slip."""
MOST_LETTERS: Final = 40
"""Of a filter; none has longer values."""


Text = Annotated[str, Field(max_length=MOST_LETTERS)]


class Filters(BaseModel):
    """What a table can be asked for; anything else is refused rather than passed over."""

    model_config = ConfigDict(extra="forbid")

    academic_year: Annotated[str, Field(pattern=ACADEMIC_YEAR_PATTERN)] | None = None
    school: Text | None = None
    year_group: Text | None = None
    group: Text | None = None
    benchmark: Text | None = None
    sector: Text | None = None

    def wanted(self) -> dict[str, str]:
        """Return the filters that were given, without the year."""
        return self.model_dump(
            exclude_none=True, include={"school", "year_group", "group", "benchmark", "sector"}
        )


class PageOfTable(Filters):
    """Filters, and which part of the rows."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = USUAL_PAGE
    offset: Annotated[int, Field(ge=0, le=MOST_OFFSET)] = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A table's rows, and what must stand beside them wherever they go."""

    table: Layout
    year: AcademicYear
    as_of: dt.datetime
    filters: Mapping[str, str]
    rows: list[Row]
    whole: bool
    schools: tuple[tuple[str, str], ...]
    """The URN and the name of each school that the whole table has."""

    def about(self) -> dict[str, Any]:
        """Say what the rows are, from when, of what, and how to read them."""
        rounding = "Pupils are counted whole." if self.whole else f"Pupils are rounded to {ROUNDED_TO}."
        return {
            "table": self.table.name,
            "title": self.table.title,
            "about": self.table.about,
            "academic_year": self.year,
            "as_of": self.as_of.isoformat(timespec="seconds"),
            "filters": dict(self.filters),
            "rounding": rounding,
            "legend": dict(LEGEND),
            "columns": dict(self.table.columns),
            "attribution": ATTRIBUTION,
        }

    def notes(self) -> list[tuple[str, str]]:
        """Return the same as lines."""
        said = self.about()
        chosen = ", ".join(f"{name}: {value}" for name, value in self.filters.items()) or "none"
        lines = [(name, str(said[name])) for name in ("title", "about", "academic_year", "as_of")]
        lines += [("filters", chosen), ("rounding", said["rounding"])]
        lines += [(symbol, meaning) for symbol, meaning in LEGEND.items()]
        lines += [(f"column {name}", meaning) for name, meaning in self.table.columns.items()]
        return [*lines, ("attribution", ATTRIBUTION)]

    @property
    def file_name(self) -> str:
        """What a file of it is called, without its ending."""
        return f"{self.table.name}-{self.year.replace('/', '-')}"

    def cells(self) -> list[list[csv_export.Cell]]:
        """Return the rows in the order of the columns."""
        return [[row[column] for column in self.table.columns] for row in self.rows]


async def answer_of_hub(context: ServiceContext, name: str, asked: Filters) -> Answer:
    """Read a table of the Hub: protected as a whole, then filtered."""
    table, year = table_named(name), year_of(context, asked.academic_year)
    return _answer(context, table, year, await read_hub_world(context, year), asked.wanted())


async def answer_of_school(caller: SchoolCaller, name: str, asked: Filters) -> Answer:
    """Read a school's own table, as far as the caller may see it."""
    context, table, year = caller.context, table_named(name), year_of(caller.context, asked.academic_year)
    wanted = asked.wanted()
    if wanted.pop("school", caller.asked) != caller.asked:
        reason = "this is the table of the school in the path; leave it out"
        raise InvalidError(f"school: {reason}", (FieldProblem("school", reason),))
    if Permission.READ_COVERAGE in caller.granted:
        own = await read_own_world(context, caller.urn, caller.asked, year)
        return _answer(context, table, year, own, wanted)
    world = await read_hub_world(context, year)
    lineage = await context.successions.lineage()
    present = [s.urn for s in world.schools if lineage.tenant_of(s.urn) == caller.urn]
    if not present:
        message = "This school is not in the Hub's directory yet; ask the Hub's administrator to list it."
        raise NotFoundError(message)
    return _answer(context, table, year, world, wanted | {"school": present[0]})


def _answer(
    context: ServiceContext, table: Table, year: AcademicYear, world: World, wanted: Mapping[str, str]
) -> Answer:
    schools = tuple((school.urn, school.name) for school in world.schools)
    rows = select(table, table.rows(world), wanted, [urn for urn, _ in schools])
    return Answer(table, year, context.clock(), wanted, rows, world.whole, schools)


def table_named(name: str) -> Table:
    """Find a table; raises NotFoundError that says which there are."""
    if name not in TABLES:
        message = f"There is no such table. There are: {', '.join(TABLES)}."
        raise NotFoundError(message)
    return TABLES[name]


def year_of(context: ServiceContext, asked: str | None) -> AcademicYear:
    """Return the academic year asked for, or the present one; raises InvalidError for one that cannot be."""
    today = context.clock().date()
    if asked is None:
        return academic_year_of(today)
    try:
        first, _ = academic_year_days(AcademicYear(asked))
    except ValueError as wrong:
        raise InvalidError(str(wrong), (FieldProblem("academic_year", str(wrong)),)) from wrong
    if first > today:
        reason = f"{asked} has not begun; the year now is {academic_year_of(today)}"
        raise InvalidError(f"academic_year: {reason}", (FieldProblem("academic_year", reason),))
    return AcademicYear(asked)


def page_of(answer: Answer, asked: PageOfTable) -> dict[str, Any]:
    """Show a part of the rows."""
    end = asked.offset + asked.limit
    return {
        **answer.about(),
        "total": len(answer.rows),
        "offset": asked.offset,
        "limit": asked.limit,
        "next_offset": end if end < len(answer.rows) else None,
        "rows": answer.rows[asked.offset : end],
    }


def as_csv(answer: Answer) -> Response:
    """Answer with a table for a spreadsheet; what it says of itself stands below the rows."""
    columns = list(answer.table.columns)
    width = len(columns)
    notes = [[name, text, *[None] * (width - 2)] for name, text in answer.notes()]
    content = csv_export.write_table(columns, [*answer.cells(), [None] * width, *notes])
    return Response(content, media_type=csv_export.MEDIA_TYPE, headers=attached(f"{answer.file_name}.csv"))


def as_xlsx(answer: Answer) -> Response:
    """Answer with a workbook that has a sheet about the table."""
    columns = list(answer.table.columns)
    content = xlsx_export.write_workbook(
        answer.table.title, columns, answer.cells(), answer.notes(), answer.as_of
    )
    return Response(content, media_type=xlsx_export.MEDIA_TYPE, headers=attached(f"{answer.file_name}.xlsx"))


def attached(file_name: str) -> dict[str, str]:
    """Have a browser keep an answer as a file."""
    return {"Content-Disposition": f'attachment; filename="{file_name}"'}
