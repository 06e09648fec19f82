"""Reads a table as it is shown now beside one of its last recounts; never writes.

Who may see what is decided where the table itself is read (`reach/answers.py`): the Hub's tables are for the
Hub, and a school's are whole for those who may see its coverage, and as the Hub sees them for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from services.reporting.attainment.model.terms import today_in_england
from services.reporting.attainment.views import own_school
from services.reporting.model.report_rows import HUB_REPORT, report_rows
from services.reporting.proof.layouts import OF_HUB, OF_SCHOOL, REPORT, layout_named
from services.reporting.proof.model.beside import RowBeside, Verdict, set_beside
from services.reporting.proof.model.cells import HUB, NO_ROW
from services.reporting.proof.store import Edition, read_edition
from services.reporting.reach.answers import Answer, PageOfTable, answer_of_hub, answer_of_school, year_of
from services.reporting.reach.model.tables import select
from services.reporting.recounts import RecountRun, kept_recounts, last_recount
from services.reporting.views import read_hub_report
from services.runtime.context import ServiceContext
from services.runtime.departures import departures
from services.runtime.errors import FieldProblem, InvalidError
from services.runtime.routing import SchoolCaller

NOT_YET: Final = (
    "There is no recount of this year yet. The Hub makes one every night; its operator can make one now "
    "with careers-hub recount --store."
)
NOT_THEN: Final = (
    "The recount has nothing of these figures: they came after it. The next one will count them."
)
_MOMENT_LENGTH: Final = 40
"""Letters; a moment has 25."""
_MATTERING: Final[dict[str, frozenset[Verdict]]] = {
    "differing": frozenset(
        {Verdict.DIFFERS, Verdict.SHOULD_BE_WITHHELD, Verdict.NEED_NOT_BE_WITHHELD},
    ),
    "moved": frozenset({Verdict.MOVED, Verdict.NOT_COUNTED_YET}),
}


class ProofAsked(PageOfTable):
    """What of a recount can be asked for: the table's own filters, which recount, and only some rows."""

    counted_at: Annotated[str, Field(max_length=_MOMENT_LENGTH)] | None = None
    only: Literal["differing", "moved"] | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A table beside a recount; without an edition there is none of it, and `message` says why."""

    answer: Answer
    run: RecountRun | None
    kept: Sequence[str]
    edition: Edition | None
    rows: Sequence[RowBeside]
    message: str | None

    @property
    def figures(self) -> int:
        """How many figures the rows asked for have."""
        return sum(len(row.cells) for row in self.rows)

    @property
    def differing(self) -> int:
        """How many of them differ."""
        return self._count("differing")

    @property
    def moved(self) -> int:
        """How many of them cannot be compared now."""
        return self._count("moved") + sum(
            cell.now is not None and cell.verdict.agrees is not None
            for row in self.rows
            for cell in row.cells
        )

    @property
    def without_row(self) -> int:
        """How many figures the recount counted that the whole table has no row for."""
        rows = {} if self.edition is None else self.edition.rows
        return sum(pair[0] == NO_ROW for pairs in rows.values() for pair in pairs.values())

    def chosen(self, only: str | None) -> list[RowBeside]:
        """Keep the rows that have a figure of a kind."""
        if only is None:
            return list(self.rows)
        return [row for row in self.rows if any(cell.verdict in _MATTERING[only] for cell in row.cells)]

    def _count(self, kind: str) -> int:
        return sum(cell.verdict in _MATTERING[kind] for row in self.rows for cell in row.cells)


async def proof_of_hub(context: ServiceContext, name: str, asked: ProofAsked) -> Proof:
    """Read a table of the Hub, or its report, beside its recount."""
    layout_named(name, OF_HUB)
    answer = await (_report(context, asked) if name == HUB_REPORT else answer_of_hub(context, name, asked))
    return await _proof(context, answer, asked, HUB)


async def proof_of_school(caller: SchoolCaller, name: str, asked: ProofAsked) -> Proof:
    """Read a school's own table beside its recount, as far as the caller may see it."""
    layout_named(name, OF_SCHOOL)
    answer = await answer_of_school(caller, name, asked)
    subject = (await own_school(caller.context, caller.urn)).urn if answer.whole else HUB
    return await _proof(caller.context, answer, asked, subject)


async def _report(context: ServiceContext, asked: ProofAsked) -> Answer:
    """Read the Hub report without scores: those are attainment's, and told to some."""
    year = year_of(context, asked.academic_year)
    report = await read_hub_report(context, year, readers=())
    schools = tuple((school["urn"], school["name"]) for school in report["schools"])
    rows: list[dict[str, Any]] = report_rows(report)
    chosen = select(REPORT, rows, asked.wanted(), [urn for urn, _ in schools])
    return Answer(REPORT, year, context.clock(), asked.wanted(), chosen, whole=False, schools=schools)


async def _proof(context: ServiceContext, answer: Answer, asked: ProofAsked, subject: str) -> Proof:
    database = context.database()
    kept = await kept_recounts(database, answer.year)
    if asked.counted_at is not None and asked.counted_at not in kept:
        reason = f"no recount of then is kept; there are: {', '.join(kept) or 'none'}"
        raise InvalidError(f"counted_at: {reason}", (FieldProblem("counted_at", reason),))
    edition = None
    if kept:
        counted_at = asked.counted_at or kept[0]
        edition = await read_edition(database, answer.year, subject, answer.table.name, counted_at)
    beside = [] if edition is None else set_beside(answer.rows, edition.rows, whole=answer.whole)
    message = (NOT_THEN if kept else NOT_YET) if edition is None else await _departed(context, asked)
    return Proof(answer, await last_recount(database, answer.year), kept, edition, beside, message)


async def _departed(context: ServiceContext, asked: ProofAsked) -> str | None:
    """Say so where the school asked for has left the Hub."""
    if asked.school in {None, HUB}:
        return None
    tenant = (await context.successions.lineage()).tenant_of(str(asked.school))
    departure = (await departures(context.tenancy)).get(tenant)
    if departure is None:
        return None
    left_on = today_in_england(departure.left_at).isoformat()
    return f"This school left the Hub on {left_on}: its figures are of what it had told until then."
