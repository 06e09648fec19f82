"""What the read model of pupils' events (`projections.py`) holds of one school and academic year."""

from __future__ import annotations

from contracts.vocabulary import AcademicYear, Urn
from services.audit.model.derived import Records
from services.audit.stream import SCHOOL_RECORDS
from services.runtime.context import ServiceContext


async def records_of(context: ServiceContext, urn: Urn, year: AcademicYear) -> Records:
    """Read a school's records of a year; empty before anything was told."""
    document = await (await context.projection(SCHOOL_RECORDS)).get(f"pupils/{urn}")
    state = {} if document is None else document["state"].get(year, {})
    return Records(
        on_roll={int(group): number for group, number in state.get("on_roll", {}).items()},
        reached={
            benchmark: {int(group): number for group, number in groups.items()}
            for benchmark, groups in state.get("reached", {}).items()
        },
        intended={int(group): (of, known) for group, (of, known) in state.get("intended", {}).items()},
    )
