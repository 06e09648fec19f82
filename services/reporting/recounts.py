"""The last recount of each academic year, figure by figure: what the badge and the side-by-side show.

The ledgers belong to other services, so reporting does not count again by itself: the operator's tool does
(`careers-hub recount --store`, nightly), and keeps here what was published then, what it counted, and when.
A document a year and whose figures they are; the cells of tables are in `proof/store.py`. The run's own
document is written last, and names the recounts whose cells are kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from services.reporting.proof.model.cells import Cells
from services.reporting.proof.store import INDEXES as CELL_INDEXES
from services.reporting.proof.store import KEPT, forget_cells, keep_cells
from services.runtime.mongo import Index, Replace
from services.runtime.tenancy import ServiceDatabase

RECOUNTS: Final = "recounts"
RECOUNTED: Final = "recounted_figures"
INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {
    RECOUNTED: (Index((("academic_year", 1),)),),
    **CELL_INDEXES,
}
FRESH_FOR: Final = dt.timedelta(hours=36)
"""A nightly run that is missed once shows by the next noon."""


@dataclass(frozen=True, slots=True)
class RecountRun:
    """One recount as a whole; `unsettled` are events neither applied nor parked."""

    academic_year: str
    counted_at: str
    agrees: bool
    events: int
    figures: int
    differing: int
    unsettled: int

    def is_fresh(self, now: dt.datetime) -> bool:
        """Whether it is recent enough to say something of what is shown now."""
        return now - dt.datetime.fromisoformat(self.counted_at) <= FRESH_FOR


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure as it was published at a recount, and as it was counted again."""

    published: Any
    recounted: Any
    counted_at: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a recount found, by whose it is: figures by name, cells of tables, and the last events read."""

    figures: Mapping[str, Mapping[str, tuple[Any, Any]]]
    cells: Mapping[str, Cells]
    heads: Mapping[str, Mapping[str, int]]


async def keep_recount(database: ServiceDatabase, run: RecountRun, counted: Counted) -> None:
    """Store a run as the year's last one; cells of the runs before it are kept for a while."""
    await _keep_figures(database, run, counted.figures)
    await keep_cells(database, (run.academic_year, run.counted_at), counted.cells, counted.heads)
    before = await kept_recounts(database, run.academic_year)
    kept = [run.counted_at, *(one for one in before if one != run.counted_at)][:KEPT]
    document = {"_id": run.academic_year, **asdict(run), "kept": kept}
    await database.collection(RECOUNTS).write(Replace({"_id": run.academic_year}, document, upsert=True))
    await forget_cells(database, run.academic_year, kept)


async def _keep_figures(
    database: ServiceDatabase, run: RecountRun, compared: Mapping[str, Mapping[str, tuple[Any, Any]]]
) -> None:
    figures = database.collection(RECOUNTED)
    await figures.write(
        *(
            Replace(
                {"_id": f"{run.academic_year} {subject}"},
                {
                    "_id": f"{run.academic_year} {subject}",
                    "academic_year": run.academic_year,
                    "counted_at": run.counted_at,
                    # Pairs, because the store takes the dots of a figure's name for a path.
                    "figures": [[name, *pair] for name, pair in sorted(pairs.items())],
                },
                upsert=True,
            )
            for subject, pairs in compared.items()
        )
    )
    await figures.delete({"academic_year": run.academic_year, "counted_at": {"$ne": run.counted_at}})


async def kept_recounts(database: ServiceDatabase, academic_year: str) -> list[str]:
    """Name the recounts of a year whose cells are kept by when they were counted, the last one first."""
    found = await database.collection(RECOUNTS).get(academic_year)
    return [] if found is None else list(found["kept"])


async def last_recount(database: ServiceDatabase, academic_year: str) -> RecountRun | None:
    """Read a year's last run, or None before the first."""
    found = await database.collection(RECOUNTS).get(academic_year)
    if found is None:
        return None
    return RecountRun(**{name: found[name] for name in found if name not in {"_id", "kept"}})


async def recounted_figures(database: ServiceDatabase, academic_year: str, subject: str) -> dict[str, Pair]:
    """Read what was counted again of a school or of the Hub, by the figures' names."""
    found = await database.collection(RECOUNTED).get(f"{academic_year} {subject}")
    if found is None:
        return {}
    return {
        name: Pair(published, recounted, found["counted_at"])
        for name, published, recounted in found["figures"]
    }
