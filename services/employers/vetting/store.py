"""Where decisions about employers are kept: `employer_vetting`, one document each, the latest last."""

from __future__ import annotations

import datetime as dt
from typing import Final

from contracts.vocabulary import EmployerId
from services.employers.details.store import Database, mark_document, read_mark
from services.employers.merging.store import read_merges
from services.employers.model.vetting import Decision, Marked, Vetting
from services.runtime.mongo import Document, Index, Replace

EMPLOYER_VETTING: Final = "employer_vetting"
VETTING_INDEXES: Final = {EMPLOYER_VETTING: (Index((("state", 1),)),)}


async def vetted_employers(database: Database) -> frozenset[EmployerId]:
    """Name the employers that may be matched: vetted, and not merged into another one."""
    found = await database.collection(EMPLOYER_VETTING).find({"state": "vetted"}, fields=["state"])
    return frozenset(EmployerId(one["_id"]) for one in found) - (await read_merges(database)).keys()


async def read_vetting(database: Database, employer: EmployerId) -> Vetting:
    """Read all decisions about an employer; none if it is only listed."""
    document = await database.collection(EMPLOYER_VETTING).get(employer)
    return Vetting() if document is None else Vetting(tuple(map(_read, document["decisions"])))


def keeping_vetting(employer: EmployerId, vetting: Vetting) -> Replace:
    """Write the decisions about an employer."""
    document = {
        "_id": employer,
        "state": vetting.state,
        "decisions": [_document(marked) for marked in vetting.decisions],
    }
    return Replace({"_id": employer}, document, upsert=True)


def _document(marked: Marked) -> Document:
    decision = marked.decision
    return {
        "state": decision.state,
        "decided_on": decision.decided_on.isoformat(),
        "checked": list(decision.checked),
        "reason": decision.reason,
        **mark_document(marked.mark),
    }


def _read(document: Document) -> Marked:
    return Marked(
        Decision(
            document["state"],
            dt.date.fromisoformat(document["decided_on"]),
            tuple(document["checked"]),
            document["reason"],
        ),
        read_mark(document),
    )
