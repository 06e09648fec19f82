"""What a recount reads of the ledgers: every row as plain JSON, and which events no reader has come to yet.

A ledger in which a sequence is missing is refused: figures counted from it would prove nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from services.reporting.stream import PROJECTIONS
from services.runtime.context import ServiceContext
from services.runtime.ledger import LEDGER, SEQUENCES
from services.runtime.mongo import Document
from services.runtime.parking import PARKED, WAITING
from services.runtime.projection import Projection
from services.runtime.tenancy import Tenancy

Row = dict[str, Any]
_PAGE: Final = 1_000


async def read_rows(tenancy: Tenancy, service: str) -> list[Row]:
    """Read a whole ledger, each key in order; raises RuntimeError if a sequence is missing."""
    database = tenancy.service(service)
    rows: list[Row] = []
    for counter in await database.collection(SEQUENCES).find({}, sort=[("_id", 1)]):
        key, head = counter["_id"], counter["head"]
        of_key: list[Row] = []
        for after in range(0, head, _PAGE):
            where = {"key": key, "last": {"$gt": after, "$lte": after + _PAGE}}
            for batch in await database.collection(LEDGER).find(where, sort=[("last", 1)]):
                of_key += rows_of(batch)
        if [row["sequence"] for row in of_key] != list(range(1, head + 1)):
            message = f"the ledger of {service} is damaged at key {key}: {len(of_key)} rows for head {head}"
            raise RuntimeError(message)
        rows += of_key
    return rows


def rows_of(batch: Document) -> list[Row]:
    """Take a stored batch of events apart: a row an event, with its key and sequence."""
    return [
        {"key": batch["key"], "sequence": batch["first"] + place, **event}
        for place, event in enumerate(batch["events"])
    ]


async def unsettled(reporting: ServiceContext, tenancy: Tenancy) -> dict[str, int]:
    """Events acknowledged but neither applied nor parked (promise P6), by stream: of the worst reader."""
    missing: dict[str, int] = {}
    for projection in PROJECTIONS:
        for stream, left in (await _left_of(reporting, tenancy, projection)).items():
            missing[stream] = max(left, missing.get(stream, 0))
    return missing


async def _left_of(reporting: ServiceContext, tenancy: Tenancy, projection: Projection) -> dict[str, int]:
    applied = {
        document["_id"]: document["sequence"]
        for document in await (await reporting.projection(projection)).find({}, fields=["sequence"])
    }
    parked: dict[str, int] = defaultdict(int)
    reader = f"{reporting.service}.{await reporting.generations.active_collection(projection)}"
    where = {"status": WAITING, "reader": reader}
    for row in await reporting.database().collection(PARKED).find(where, fields=["service", "key"]):
        parked[f"{row['service']}/{row['key']}"] += 1
    missing: dict[str, int] = {}
    for card in projection.topics:
        for counter in await tenancy.service(card.owner).collection(SEQUENCES).find({}):
            stream = f"{card.owner}/{counter['_id']}"
            left = counter["head"] - applied.get(stream, 0) - parked[stream]
            if left:
                missing[stream] = left
    return missing
