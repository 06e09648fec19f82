"""What summaries are made of, and what was told of them last.

`sectors_named` is one document with one field of bytes (orjson): by pupil, the sectors that each has named
with the last day of saying so. A school's thousands of statements are not read when one pupil says another.
`told_summaries` has the last event of each summary, so that nothing is told twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import orjson

from contracts.vocabulary import Payload
from services.pupils.model.sectors import SaidBy, SicSection
from services.pupils.model.sheets import PupilRef
from services.runtime.mongo import Replace
from services.runtime.uow import UnitOfWork

SECTORS_NAMED: Final = "sectors_named"
TOLD_SUMMARIES: Final = "told_summaries"
_EVERYBODY: Final = "everybody"


async def read_sectors_named(unit: UnitOfWork) -> dict[PupilRef, Mapping[SicSection, dt.date]]:
    """Read who has named which sectors."""
    document = await unit.collection(SECTORS_NAMED).get(_EVERYBODY)
    said: dict[str, dict[str, str]] = {} if document is None else orjson.loads(document["said"])
    return {
        PupilRef(ref): {section: dt.date.fromisoformat(day) for section, day in named.items()}
        for ref, named in said.items()
    }


async def keep_sectors_named(unit: UnitOfWork, said: SaidBy) -> None:
    """Write down who has named which sectors."""
    document = {"_id": _EVERYBODY, "said": orjson.dumps(said)}
    await unit.collection(SECTORS_NAMED).write(Replace({"_id": _EVERYBODY}, document, upsert=True))


async def tell_if_new(unit: UnitOfWork, name: str, summary: Payload, unsaid: Payload | None) -> None:
    """Tell a summary unless it is what was told last under this name.

    `unsaid` is what a reader assumes who has been told nothing yet; None if that is nothing like this.
    """
    value = summary.model_dump_json()
    last = await unit.collection(TOLD_SUMMARIES).get(name)
    before = last["value"] if last is not None else unsaid and unsaid.model_dump_json()
    if value == before:
        return
    document = {"_id": name, "value": value}
    await unit.collection(TOLD_SUMMARIES).write(Replace({"_id": name}, document, upsert=True))
    unit.tell(summary)
